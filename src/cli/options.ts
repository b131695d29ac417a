import { type Command, InvalidArgumentError, Option } from "commander";

/** Options of every command that speaks to a queue. Their values are never shown: a default of the environment would be, in the help. */
export function addTarget(command: Command): Command {
  return addJson(
    command
      .option("--url <url>", "the API, or a libSQL database (env: OMNIQ_URL)")
      .option("--key <key>", "a key of the API; better given as OMNIQ_KEY, which no list of processes shows")
      .option("--db <url>", "a libSQL database: file:, libsql:, https: (env: OMNIQ_DB_URL)")
      .option("--token <token>", "its token; better given as OMNIQ_DB_TOKEN")
      .option("--prefix <text>", "of a database: what stands before the name of each table")
      .option(
        "--tasks <module>",
        "of a database: the definitions of its tasks, for their settings and redaction",
      ),
  );
}

export function addJson(command: Command): Command {
  return command.option("--json", "print JSON, one document a line");
}

/** Which tasks: of `ls` and of everything that takes a filter. */
export function addFilter(command: Command): Command {
  return command
    .addOption(
      new Option("--status <status>", "PENDING, RUNNING, SUCCESS, FAILED, RETRYING or CANCELLED").argParser(
        (text) => text.toUpperCase(),
      ),
    )
    .option("--queue <name>", "the queue that they are in")
    .option("--func-path <name>", "name of the handler")
    .option("--schedule <name>", "firings of this schedule")
    .option("--parent <id>", "enqueued by the handler of this task");
}

/** Which tasks, of what looks through all of them. */
export function addBulkFilter(command: Command): Command {
  return addFilter(command)
    .option("--error-type <class>", "of the last error, such as TimeoutError")
    .option("--created-before <time>", "ISO 8601, or how long ago: 7d")
    .option("--created-after <time>", "the same");
}

export interface FilterFlags {
  readonly status?: string;
  readonly queue?: string;
  readonly funcPath?: string;
  readonly schedule?: string;
  readonly parent?: string;
  readonly errorType?: string;
  readonly createdBefore?: string;
  readonly createdAfter?: string;
}

/** Examples under the help of a command. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ omniq ${line}\n`).join("")}`);
}

/** Of a variable that is not set a shell makes an empty word, which would be asked for in vain. */
export function filled(text: string): string {
  if (text === "") throw new InvalidArgumentError("Expected a text, got an empty one.");
  return text;
}

/** The same of an argument that may be given several times. */
export function allFilled(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, filled(text)];
}

export function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected an integer.");
  return Number(text);
}

/** The same of what there must be one of. */
export function positive(text: string): number {
  if (!/^\d*[1-9]\d*$/.test(text)) throw new InvalidArgumentError("Expected an integer from 1 on.");
  return Number(text);
}

/** A duration as milliseconds, where the command itself keeps to it. */
export function duration(text: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text) ?? [];
  const size = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit];
  if (amount === undefined || size === undefined) {
    throw new InvalidArgumentError('Expected a duration such as "30s" or "5m".');
  }
  return Number(amount) * size;
}

export function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("Expected JSON.");
  }
}

/** Of an option that may be given several times, or with commas. */
export function list(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").filter((part) => part !== "")];
}
