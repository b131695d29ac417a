import { LOG_LEVELS, type Logger, type LogLevel } from "../../core/log.ts";
import { formatDuration, formatInstant, toLine } from "../format.ts";
import { colours, print, terminalWidth } from "../output.ts";

type Fields = Readonly<Record<string, unknown>>;

const SIGNS: Readonly<Record<string, string>> = {
  "task succeeded": colours.green("✓"),
  "task retrying": colours.yellow("↻"),
  "task failed": colours.red("✗"),
  "task cancelled": colours.gray("-"),
  "task started": colours.blue("▸"),
  "schedule fired": colours.cyan("⏱"),
};
const LEVEL_SIGNS = {
  debug: colours.dim("·"),
  info: colours.cyan("·"),
  warn: colours.yellow("!"),
  error: colours.red("!"),
};

/** A logger for whoever looks at the terminal: a line for each event, what matters first. */
export function terminalLogger(level: LogLevel): Logger {
  const writer = (own: Exclude<LogLevel, "none">) =>
    LOG_LEVELS.indexOf(own) < LOG_LEVELS.indexOf(level)
      ? () => {}
      : (message: string, fields: Fields = {}) => print(renderLine(own, message, fields, Date.now()));
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

function renderLine(level: keyof typeof LEVEL_SIGNS, message: string, fields: Fields, now: number): string {
  const { taskId, attempt, funcPath, queue, duration, error, retryAt, ...rest } = fields;
  const isTask = typeof funcPath === "string";
  const before = [
    isTask ? toLine(funcPath) : "",
    toLine(isTask ? message.replace(/^task /, "") : message),
    typeof duration === "number" ? formatDuration(duration) : "",
  ];
  const after = [
    typeof retryAt === "number" ? `again in ${formatDuration(Math.max(0, retryAt - now))}` : "",
    typeof attempt === "number" && attempt > 1 ? `attempt ${attempt}` : "",
    ...Object.entries(rest).map(([name, value]) => `${toLine(name)}=${write(value)}`),
    typeof queue === "string" && queue !== "default" ? `[${toLine(queue)}]` : "",
    typeof taskId === "string" ? taskId : "",
  ];
  const time = formatInstant(now).slice(11, 19);
  // The id is what one goes on with: what gives way to it is the error, which `show` has whole.
  const room = (terminalWidth() ?? Number.POSITIVE_INFINITY) - widthOf([time, "-", ...before, ...after]) - 1;
  const cause = typeof error === "string" ? cut(toLine(error), Math.max(room, LEAST_CAUSE)) : "";
  const [name = "", ...what] = before;
  const painted = [
    colours.bold(name),
    ...what,
    colours.red(cause),
    ...after.map((text) => colours.dim(text)),
  ];
  const plain = [...before, cause, ...after];
  const parts = painted.filter((_, index) => plain[index] !== "");
  return `${colours.dim(time)} ${SIGNS[message] ?? LEVEL_SIGNS[level]} ${parts.join(" ")}`;
}

const LEAST_CAUSE = 16;

function widthOf(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + (part === "" ? 0 : part.length + 1), -1);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** A handler may log what JSON cannot hold. */
function write(value: unknown): string {
  try {
    return toLine(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
  } catch {
    return String(value);
  }
}
