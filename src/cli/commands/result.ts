import type { Client } from "../../client/client.ts";
import { CliError, EXIT } from "../failure.ts";
import { formatDuration } from "../format.ts";
import { duration } from "../options.ts";
import { printResult, tell } from "../output.ts";
import { renderResult } from "../output-task.ts";
import type { TargetOptions } from "../place.ts";
import { Interrupt } from "../progress.ts";
import { openTarget } from "../target.ts";

export interface ResultFlags extends TargetOptions {
  /** True: as long as it takes. */
  readonly wait?: string | true;
}

/** Prints how a task ended, waiting for that where it is told to. */
export async function showResult(id: string, flags: ResultFlags): Promise<void> {
  const wait = readWait(flags.wait);
  const { client } = await openTarget(flags);
  await waitForResult(client, id, wait, flags);
}

/** How long to wait, in milliseconds. @throws {CliError} where it is no duration */
export function readWait(text: string | true | undefined): number {
  if (text === true) return Number.POSITIVE_INFINITY;
  if (text === undefined) return 0;
  try {
    return duration(text);
  } catch {
    const hint = "what follows --wait is read as the time: put --wait last, or write --wait=30s";
    throw new CliError("usage", `expected --wait to be a duration such as 30s, got ${JSON.stringify(text)}`, {
      hint,
      exitCode: EXIT.usage,
    });
  }
}

/** Waits, prints, and has the command end as the task did. */
export async function waitForResult(
  client: Client,
  id: string,
  wait: number,
  flags: TargetOptions,
): Promise<void> {
  using interrupt = new Interrupt();
  const result = await client.result(id, { wait, signal: interrupt.signal });
  if (result === null) {
    const after = wait > 0 ? ` after ${formatDuration(wait)}` : "";
    const hint = wait > 0 ? `\`omniq show ${id}\` tells where it is` : "--wait waits for it";
    throw new CliError("not_ended", `the task ${id} has not ended${after}`, { hint, exitCode: EXIT.pending });
  }
  printResult(flags, result, () => renderResult(result));
  if (result.status === "SUCCESS") return;
  if (result.status === "FAILED")
    tell(`\`omniq show ${id}\` has the stack, \`omniq retry ${id}\` runs it again`);
  process.exitCode = EXIT.unwell;
}
