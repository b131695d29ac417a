import { describe } from "./describe.ts";
import { type Duration, type Instant, parseDuration, parseInstant } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS } from "./options.ts";
import { NO_EXTRAS, type OnSuccess, type TaskExtras } from "./task.ts";
import { parseTrace, type TraceHeaders } from "./trace.ts";
import type { UniqueOptions } from "./unique.ts";

/** What few tasks say; one that says none of it costs nothing more. */
export interface ExtraOptions {
  /** Not started from this moment on: it is then CANCELLED, with the reason `expired`. Defaults to never. */
  readonly expiresAt?: Instant;
  /** The same, counted from now: up to 10 years. Give one of the two. */
  readonly expiresIn?: Duration;
  /** How long it is kept, with its result, once it has ended. Defaults to what the queue's `retention` says. */
  readonly resultTtl?: Duration;
  /** False: its SUCCESS is kept without what the handler returned, which saves a row. Defaults to true. */
  readonly keepResult?: boolean;
  /** True: at SUCCESS it is deleted, which saves that row and those of its purge. Defaults to false. */
  readonly deleteOnSuccess?: boolean;
  /** Headers of the trace that it is enqueued in, such as `traceparent`; the handler finds them in `ctx.task.trace`. Defaults to none. */
  readonly trace?: TraceHeaders;
  /** Makes it unique by its payload, or says more of its `uniqueKey`. Defaults to what its definition says. */
  readonly unique?: UniqueOptions;
}

/**
 * Checks what a task says beyond the ordinary.
 *
 * @returns null where that is nothing
 * @throws {ValidationError}
 */
export function parseExtras(options: ExtraOptions, now: number): TaskExtras | null {
  const extras: TaskExtras = {
    ...NO_EXTRAS,
    expiresAt: parseExpiry(options, now),
    resultTtl:
      options.resultTtl === undefined
        ? null
        : parseDuration(options.resultTtl, "resultTtl", LIMITS.timeToLive),
    onSuccess: parseOnSuccess(options),
    trace: parseTrace(options.trace),
  };
  const { expiresAt, resultTtl, onSuccess, trace } = extras;
  const says = expiresAt !== null || resultTtl !== null || onSuccess !== "keep" || trace !== null;
  return says ? extras : null;
}

function parseExpiry({ expiresAt, expiresIn }: ExtraOptions, now: number): number | null {
  if (expiresAt !== undefined && expiresIn !== undefined) {
    throw new ValidationError("expiresIn", "absent where expiresAt is given", describe(expiresIn));
  }
  if (expiresIn !== undefined) return now + parseDuration(expiresIn, "expiresIn", LIMITS.delay);
  return expiresAt === undefined ? null : parseInstant(expiresAt, "expiresAt");
}

function parseOnSuccess({ keepResult = true, deleteOnSuccess = false }: ExtraOptions): OnSuccess {
  for (const [field, value] of Object.entries({ keepResult, deleteOnSuccess })) {
    if (typeof value !== "boolean") throw new ValidationError(field, "a boolean", describe(value));
  }
  if (deleteOnSuccess) return "delete";
  return keepResult ? "keep" : "forget";
}
