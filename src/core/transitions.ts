import type { Claim, JsonText, TaskError, TaskStatus } from "./task.ts";

/** How an attempt ended, as the executor saw it. */
export type Outcome =
  | { readonly kind: "success"; readonly result: JsonText }
  /** `thrown` is what the handler threw. */
  | { readonly kind: "failure"; readonly error: TaskError; readonly thrown?: unknown }
  /** It failed as the query budget that it shared with others was spent. */
  | { readonly kind: "starved"; readonly error: TaskError }
  /** The handler asked to be run again at `until`. */
  | { readonly kind: "snooze"; readonly until: number }
  /** The attempt did not take place or was broken off by the worker: shutdown, hard deadline, unknown handler. */
  | { readonly kind: "release"; readonly until?: number }
  /** The lease is another's: nothing may be written. */
  | { readonly kind: "lost" };

/**
 * What a claim's end changes. The storage applies it to the row, and only while the claim holds:
 *
 * - `done`: SUCCESS with a result, without, or the task is deleted: its `onSuccess` says which. With an interval instead PENDING
 *   at `now + interval`, `failures = 0`, the result on file.
 * - `retry`: RETRYING at `retryAt`, one failure more.
 * - `fail`: FAILED with a result, one failure more.
 * - `snooze`: due again at `until`, no failure counted: RETRYING where there are failures, else PENDING.
 * - `release`: as snooze, but the eta stays where none is given, and a quarantined task stays in quarantine.
 * - `quarantine`: RETRYING at `retryAt`, held to run alone; `counted` says whether it is a failure more.
 */
export type Settlement = Claim & {
  /** How long the attempt ran, in milliseconds. Absent where nobody knows. */
  readonly duration?: number;
} & (
    | { readonly kind: "done"; readonly result: JsonText }
    | { readonly kind: "retry"; readonly error: TaskError; readonly retryAt: number }
    | { readonly kind: "fail"; readonly error: TaskError }
    | { readonly kind: "snooze"; readonly until: number }
    | { readonly kind: "release"; readonly until?: number }
    | {
        readonly kind: "quarantine";
        readonly error: TaskError;
        readonly retryAt: number;
        readonly counted: boolean;
      }
  );

/** What the state machine needs to know of a claimed task. */
export interface Running extends Claim {
  readonly failures: number;
  readonly maxRetries: number;
  readonly quarantined: boolean;
}

/**
 * Decides what the end of an attempt changes.
 *
 * A failure is retried while `failures <= maxRetries`, at `now + backoff(failures)`; else, or where its error is not
 * retryable, the task is FAILED.
 *
 * A task that starved is run again alone, at no cost.
 *
 * @param backoff the delay in milliseconds for a count of failures
 * @returns the change, or null where nothing may be written
 */
export function settle(
  task: Running,
  outcome: Outcome,
  now: number,
  backoff: (failures: number) => number,
): Settlement | null {
  const claim = claimOf(task);
  switch (outcome.kind) {
    case "success":
      return { ...claim, onSuccess: task.onSuccess, kind: "done", result: outcome.result };
    case "starved": {
      const { error } = outcome;
      if (!error.retryable) return { ...claim, kind: "fail", error };
      return { ...claim, kind: "quarantine", error, counted: false, retryAt: now };
    }
    case "failure": {
      const failures = task.failures + 1;
      const { error } = outcome;
      if (!error.retryable || failures > task.maxRetries) return { ...claim, kind: "fail", error };
      return { ...claim, kind: "retry", error, retryAt: now + backoff(failures) };
    }
    case "snooze":
      return { ...claim, kind: "snooze", until: outcome.until };
    case "release":
      return { ...claim, kind: "release", until: outcome.until };
    case "lost":
      return null;
  }
}

/**
 * Decides what becomes of a task whose lease expired.
 *
 * The first time it is only quarantined, whatever retries it has, for it may have died of another task's crash. Alone in
 * quarantine the crash was its own, and counts.
 */
export function rescue(task: Running, now: number, backoff: (failures: number) => number): Settlement {
  const counted = task.quarantined;
  const failures = task.failures + (counted ? 1 : 0);
  const error: TaskError = {
    type: "LeaseExpiredError",
    message:
      "the worker stopped renewing its lease: it crashed, was evicted, or could not reach the database",
    at: now,
    attempt: task.attempts,
    retryable: failures <= task.maxRetries,
  };
  const claim = claimOf(task);
  if (failures > task.maxRetries) return { ...claim, kind: "fail", error };
  return { ...claim, kind: "quarantine", error, counted, retryAt: counted ? now + backoff(failures) : now };
}

function claimOf({ id, attempts, claimToken, progress }: Claim): Claim {
  const claim = { id, attempts, claimToken };
  return progress === undefined || progress === null ? claim : { ...claim, progress };
}

/** An operator's change of one task. */
export interface Operation {
  /** Statuses that allow it. */
  readonly from: readonly TaskStatus[];
  /** The status that it brings; null where it leaves the status as it is. */
  readonly to: TaskStatus | null;
}

/** What an operator may do with a task, by its status. */
export const OPERATIONS = {
  cancel: { from: ["PENDING", "RETRYING", "RUNNING"], to: "CANCELLED" },
  retry: { from: ["FAILED", "CANCELLED"], to: "PENDING" },
  reschedule: { from: ["PENDING", "RETRYING"], to: null },
  runNow: { from: ["PENDING", "RETRYING"], to: null },
  change: { from: ["PENDING", "RETRYING"], to: null },
  delete: { from: ["SUCCESS", "FAILED", "CANCELLED"], to: null },
} as const satisfies Readonly<Record<string, Operation>>;
