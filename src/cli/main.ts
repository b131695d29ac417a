import { CommanderError } from "commander";
import { type CliError, EXIT, refuseUsage } from "./failure.ts";
import { tellFailure } from "./output.ts";
import { makeProgram } from "./program.ts";

/**
 * Does what was typed.
 *
 * @param argv without `node` and the script
 * @returns how the process is to end; see {@link EXIT}
 */
export async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json");
  try {
    await makeProgram(json).parseAsync([...argv], { from: "user" });
    // A command that has told what it found says so by this, and goes on to its end.
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellFailure(error, json).exitCode;
    // Commander has said by itself what is wrong with what was typed, or shown the help that was asked for.
    if (error.exitCode === 0) return EXIT.ok;
    return json ? tellFailure(toUsage(error), json).exitCode : EXIT.usage;
  }
}

function toUsage({ code, message }: CommanderError): CliError {
  const detail = code === "commander.help" ? "expected a command, got none" : message.replace(/^error: /, "");
  return refuseUsage(detail, "`--help` tells what there is");
}
