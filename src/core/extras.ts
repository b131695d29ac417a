import { describe } from "./describe.ts";
import { type Duration, type Instant, parseDuration, parseInstant } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseId } from "./options.ts";
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
  /**
   * Ids of 1 to 100 tasks that it waits for: it is not started before they have all ended. Each must exist, or be enqueued in the
   * same batch. Defaults to none.
   */
  readonly after?: readonly string[];
  /**
   * What becomes of it where one of them is FAILED or CANCELLED. `cancel`: it is cancelled too, with the reason `dependency`.
   * `start`: it starts all the same. Defaults to `cancel`.
   */
  readonly afterFailure?: "cancel" | "start";
}

/** What a definition may say of all its tasks. */
export type EndingOptions = Pick<ExtraOptions, "resultTtl" | "keepResult" | "deleteOnSuccess">;

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
    ...parseAfter(options),
  };
  const { expiresAt, resultTtl, onSuccess, trace, after } = extras;
  const says = [expiresAt, resultTtl, trace].some((value) => value !== null);
  return says || onSuccess !== "keep" || after.length > 0 ? extras : null;
}

/** What an enqueue says, and of the end what the definition says where it says nothing. */
export function withEndings(options: ExtraOptions, definition: EndingOptions): ExtraOptions {
  const { resultTtl, keepResult, deleteOnSuccess } = definition;
  return {
    ...options,
    resultTtl: options.resultTtl === undefined ? resultTtl : options.resultTtl,
    keepResult: options.keepResult === undefined ? keepResult : options.keepResult,
    deleteOnSuccess: options.deleteOnSuccess === undefined ? deleteOnSuccess : options.deleteOnSuccess,
  };
}

/** Checks what a definition says of the end of its tasks. @throws {ValidationError} */
export function parseEndings({ resultTtl, keepResult, deleteOnSuccess }: EndingOptions): void {
  parseExtras({ resultTtl, keepResult, deleteOnSuccess }, 0);
}

function parseAfter({ after, afterFailure }: ExtraOptions): Pick<TaskExtras, "after" | "startsAnyway"> {
  if (afterFailure !== undefined && afterFailure !== "cancel" && afterFailure !== "start") {
    throw new ValidationError("afterFailure", '"cancel" or "start"', describe(afterFailure));
  }
  if (after === undefined) {
    if (afterFailure === undefined) return { after: [], startsAnyway: false };
    throw new ValidationError("afterFailure", "absent where after is", describe(afterFailure));
  }
  if (!Array.isArray(after) || after.length === 0 || after.length > LIMITS.parents) {
    throw new ValidationError("after", `an array of 1 to ${LIMITS.parents} ids`, describe(after));
  }
  const ids = after.map((id: unknown, index) => parseId(id, `after[${index}]`));
  return { after: [...new Set(ids)], startsAnyway: afterFailure === "start" };
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
