import { LOG_LEVELS, type Logger, type LogLevel } from "../../core/log.ts";
import { formatDuration, formatInstant, toLine } from "../format.ts";
import { colours, print } from "../output.ts";

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
  const time = colours.dim(formatInstant(now).slice(11, 19));
  const { taskId, attempt, funcPath, queue, duration, error, retryAt, ...rest } = fields;
  const parts = [
    typeof funcPath === "string" ? colours.bold(toLine(funcPath)) : "",
    typeof funcPath === "string" ? toLine(message.replace(/^task /, "")) : toLine(message),
    typeof duration === "number" ? colours.dim(formatDuration(duration)) : "",
    typeof error === "string" ? colours.red(toLine(error)) : "",
    typeof retryAt === "number" ? colours.dim(`again in ${formatDuration(Math.max(0, retryAt - now))}`) : "",
    typeof attempt === "number" && attempt > 1 ? colours.dim(`attempt ${attempt}`) : "",
    ...Object.entries(rest).map(([name, value]) => colours.dim(`${toLine(name)}=${write(value)}`)),
    typeof queue === "string" && queue !== "default" ? colours.dim(`[${toLine(queue)}]`) : "",
    typeof taskId === "string" ? colours.dim(taskId) : "",
  ];
  return `${time} ${SIGNS[message] ?? LEVEL_SIGNS[level]} ${parts.filter((part) => part !== "").join(" ")}`;
}

/** A handler may log what JSON cannot hold. */
function write(value: unknown): string {
  try {
    return toLine(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)));
  } catch {
    return String(value);
  }
}
