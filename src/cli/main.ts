import { CommanderError } from "commander";
import { EXIT } from "./failure.ts";
import { tellFailure } from "./output.ts";
import { makeProgram } from "./program.ts";

/**
 * Does what was typed.
 *
 * @param argv without `node` and the script
 * @returns how the process is to end; see {@link EXIT}
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    await makeProgram().parseAsync([...argv], { from: "user" });
    // A command that has told what it found says so by this, and goes on to its end.
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    // Commander has said by itself what is wrong with what was typed, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return tellFailure(error, argv.includes("--json")).exitCode;
  }
}
