import type { Logger, LogLevel } from "../core/log.ts";
import { ProgressBook } from "../core/progress.ts";
import type { ClaimedTask, Progress } from "../core/task.ts";

/** A line that a handler wrote to `ctx.log`. */
export interface LogLine {
  readonly level: Exclude<LogLevel, "none">;
  readonly message: string;
  /** With the id of the task, its `funcPath` and the attempt. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps each line, and passes it on. */
export function keepLines(lines: LogLine[], onward?: Logger): Logger {
  const write =
    (level: LogLine["level"]): Logger[LogLine["level"]] =>
    (message, fields = {}) => {
      lines.push({ level, message, fields });
      onward?.[level](message, fields);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Keeps all that a handler tells of its work, not the last alone. */
export class ProgressTape extends ProgressBook {
  readonly told: Progress[] = [];

  override note(task: ClaimedTask, value: unknown, message: unknown): void {
    super.note(task, value, message);
    const progress = this.of(task);
    if (progress !== null) this.told.push(progress);
  }
}
