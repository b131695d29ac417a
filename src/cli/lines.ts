import { refuseUsage } from "./failure.ts";
import { formatCount } from "./format.ts";

/** More than a task's line can have, however its payload is escaped. */
const LONGEST = 4_000_000;

/** The lines of a text that comes in parts. @throws {CliError} where one has no end: it would not fit into memory */
export async function* readTextLines(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let [rest, number] = ["", 1];
  for await (const part of parts) {
    const lines = `${rest}${part}`.split("\n");
    rest = lines.pop() ?? "";
    number += lines.length;
    yield* lines;
    if (rest.length > LONGEST)
      throw refuseUsage(
        `expected line ${number} to be at most ${formatCount(LONGEST)} characters long, got more`,
      );
  }
  yield rest;
}
