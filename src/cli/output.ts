import type { Writable } from "node:stream";
import { createColors } from "picocolors";
import { type Failure, toFailure } from "./failure.ts";
import { toLines } from "./format.ts";

/** How a command is to tell what it did. */
export interface OutputOptions {
  /** One JSON document a line instead of text for people. */
  readonly json?: boolean;
}

const wantsColour = (stream: Partial<NodeJS.WriteStream>): boolean => {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0";
  return stream.isTTY === true && TERM !== "dumb";
};

/** Colours for what is printed, and for what is told beside it. */
export const colours = createColors(wantsColour(process.stdout));
export const asideColours = createColors(wantsColour(process.stderr));

/** Data, on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A document on one line, on stdout. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** What is not data, on stderr: nothing that reads stdout meets it. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The one or the other, as it was asked for. */
export function printResult(options: OutputOptions, value: unknown, text: () => string): void {
  if (options.json === true) printJson(value);
  else print(text());
}

/** Width of the terminal in columns; null where stdout is none, and nothing need fit. */
export function terminalWidth(stream: Partial<NodeJS.WriteStream> = process.stdout): number | null {
  return stream.isTTY === true ? (stream.columns ?? 80) : null;
}

/** Tells of an error on stderr, without a stack trace, which says nothing to a user of the command. */
export function tellFailure(error: unknown, json: boolean): Failure {
  const failure = toFailure(error);
  const { code, message, hint, exitCode } = failure;
  if (json) tell(JSON.stringify({ error: { code, message, hint, exitCode } }));
  else {
    tell(`${asideColours.red(code)}: ${toLines(message)}`);
    if (hint !== null) tell(asideColours.dim(`hint: ${toLines(hint)}`));
  }
  return failure;
}

/** `omniq ls | head`: whoever reads has had enough, which is no error. */
export function endQuietlyOnClosedPipe(stream: Writable): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
