import { describe } from "../core/describe.ts";
import { type EventListener, guarded, type QueueEvent } from "../core/events.ts";
import { LOG_LEVELS, type Logger, type LogLevel } from "../core/log.ts";

/** A logger that writes one JSON object a line to the console: what Workers Logs and most collectors index. */
export function consoleLogger(level: LogLevel): Logger {
  const enabled = (own: LogLevel) => LOG_LEVELS.indexOf(own) >= LOG_LEVELS.indexOf(level);
  const writer = (own: Exclude<LogLevel, "none">) =>
    enabled(own)
      ? (message: string, fields?: Readonly<Record<string, unknown>>) =>
          console[own](toLine({ level: own, message, ...fields }))
      : () => {};
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

/** What JSON cannot hold is described, field by field, so that the rest of the line is kept. */
function toLine(fields: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(fields);
  } catch {
    return JSON.stringify(
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, writable(value)])),
    );
  }
}

function writable(value: unknown): unknown {
  try {
    JSON.stringify(value);
    return value;
  } catch {
    return describe(value);
  }
}

/**
 * Logs every event, then tells `onEvent`, whose errors, of a promise too, are logged and stop nothing. The wording is here; what happened is with
 * the engine.
 */
export function listen(log: Logger, onEvent?: EventListener): EventListener {
  return guarded((event) => {
    log[LEVELS[event.type]](event.type.replace(".", " "), fieldsOf(event));
    return onEvent?.(event);
  }, log);
}

const LEVELS = {
  "task.enqueued": "debug",
  "task.started": "debug",
  "task.succeeded": "info",
  "task.retrying": "warn",
  "task.failed": "error",
  "task.snoozed": "info",
  "task.released": "info",
  "task.cancelled": "warn",
  "task.retried": "info",
  "task.rescheduled": "info",
  "task.unknown": "warn",
  "task.lost": "warn",
  "task.rescued": "warn",
  "queue.configured": "info",
  "task.changed": "info",
  "task.deleted": "info",
  "tasks.changed": "info",
  "retry.failed": "error",
  "storage.failed": "error",
  "tasks.purged": "info",
  "schedule.fired": "info",
  "schedule.refused": "error",
} as const satisfies Record<QueueEvent["type"], Exclude<LogLevel, "none">>;

function fieldsOf(event: QueueEvent): Record<string, unknown> {
  const { type: _, ...rest } = event;
  if (!("task" in rest)) return "error" in rest ? { ...rest, error: describeError(rest.error) } : { ...rest };
  const { task, ...others } = rest;
  const subject = {
    ...("funcPath" in task ? { funcPath: task.funcPath } : {}),
    ...("queue" in task ? { queue: task.queue } : {}),
  };
  // Never the payload: it may hold what no log should.
  const details =
    "error" in others
      ? { ...others, error: `${others.error.type}: ${others.error.message}` }
      : "thrown" in others
        ? { during: others.during, error: describeError(others.thrown) }
        : others;
  return { taskId: task.id, attempt: task.attempts, ...subject, ...details };
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
