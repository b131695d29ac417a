/** A value that JSON can hold and give back equal. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

declare const validated: unique symbol;
/** JSON text that passed the guard of `serialize.ts`: well-formed, within its limits of size and depth. */
export type JsonText = string & { readonly [validated]: true };

/**
 * The states of a task.
 *
 * ```
 *             enqueue                 dequeue                     done
 *    (new) ------------> PENDING ------------------> RUNNING -------------> SUCCESS
 *                           ^  |                      |  |  |
 *             operator retry|  | cancel        failed |  |  | failed, retries spent
 *                           |  v              or lease|  |  v
 *           FAILED, CANCELLED <---- cancel -- RETRYING<--  FAILED
 * ```
 *
 * - `PENDING`: waits for its eta; it has no failure to make good (new, snoozed, released, or an interval task between runs).
 * - `RUNNING`: one worker holds its lease.
 * - `RETRYING`: waits for its eta after a failure, or after a lease that expired.
 * - `SUCCESS`: final; its result is on file.
 * - `FAILED`: final; its retries are spent or its error was not retryable. An operator may retry it.
 * - `CANCELLED`: final; it will not be run. An operator may retry it.
 */
export const TASK_STATUSES = ["PENDING", "RUNNING", "SUCCESS", "FAILED", "RETRYING", "CANCELLED"] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/**
 * Why a task is CANCELLED.
 *
 * - `operator`: somebody cancelled it.
 * - `expired`: it had not started by its `expiresAt`.
 * - `dependency`: a task that it waited for did not end well.
 */
export const CANCEL_REASONS = ["operator", "expired", "dependency"] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/** One failed attempt, as it is kept with the task (the last 20) and in its result. */
export interface TaskError {
  /** Name of the error's class. */
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  /** When it was recorded, in milliseconds since the epoch. */
  readonly at: number;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** False where the error itself ended the task, whatever retries were left. */
  readonly retryable: boolean;
}

/** A task as it is stored. All times are integer milliseconds since the epoch, all durations integer milliseconds. */
export interface Task {
  /** UUIDv7: ids sort in the order of insertion. */
  readonly id: string;
  readonly queue: string;
  /** 0 to 9; 0 is claimed first. */
  readonly priority: number;
  /** Name of the handler. */
  readonly funcPath: string;
  readonly args: JsonValue[];
  readonly kwargs: JsonObject;
  /** Not before this time. */
  readonly eta: number;
  /** With one, the task is due again this long after each success. */
  readonly interval: number | null;
  readonly status: TaskStatus;
  /** True after its lease expired: it then runs alone, so that a task that kills its worker kills no other. */
  readonly quarantined: boolean;
  /** How often it was claimed. Never falls; with the id it is the fencing token of every write a worker makes. */
  readonly attempts: number;
  /** The failures counted against `maxRetries`. */
  readonly failures: number;
  /** A task may run up to `maxRetries + 1` times. */
  readonly maxRetries: number;
  /** How long one attempt may take. */
  readonly timeout: number;
  readonly leaseExpiresAt: number | null;
  readonly uniqueKey: string | null;
  readonly errors: readonly TaskError[];
  readonly lastAttemptAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** It is not started from then on; null where it may be at any time. */
  readonly expiresAt: number | null;
  /** Why it is CANCELLED. On one that waits: why it will be, by the claim that meets it. Null otherwise. */
  readonly cancelReason: CancelReason | null;
  /** The task whose handler enqueued it; null where none did. */
  readonly parentId: string | null;
  /** How many of the tasks that it waits for have not ended; it does not start while there are any. */
  readonly awaits: number;
  /** What its handler last told of its work; null where it told nothing. */
  readonly progress: Progress | null;
  /** How long it is kept once it has ended, in milliseconds; null: as long as the queue keeps others. */
  readonly resultTtl: number | null;
  /** What becomes of it at SUCCESS. */
  readonly onSuccess: OnSuccess;
  /** The schedule that it is a firing of; null where it is none. */
  readonly schedule: string | null;
  /** The moment of that firing, or at which a further run of an interval task was to begin, whenever it starts. */
  readonly scheduledFor: number | null;
}

/** What a handler tells of its work while it is at it. */
export interface Progress {
  /** How much is done: 0 to 1. */
  readonly value: number;
  readonly message: string | null;
}

/** At SUCCESS a task is kept with its result, or without (`forget`), or deleted (`delete`). */
export type OnSuccess = "keep" | "forget" | "delete";

/** What proves a worker's right to write: this attempt, and no other, of this task. */
export interface Claim {
  readonly id: string;
  readonly attempts: number;
  /** The token of the statement that claimed it; lets a lost reply be told from a lost lease. */
  readonly claimToken?: string;
  /** What becomes of the task at SUCCESS, as it was claimed: one that is to be deleted then is kept without it. Defaults to `keep`. */
  readonly onSuccess?: OnSuccess;
  /** What its handler told last; what is on file stays where there is none. */
  readonly progress?: Progress | null;
}

/** A task that a worker has claimed: what it needs to run it. */
export interface ClaimedTask extends Claim {
  readonly claimToken: string;
  readonly queue: string;
  readonly priority: number;
  readonly funcPath: string;
  readonly args: readonly JsonValue[];
  readonly kwargs: Readonly<JsonObject>;
  readonly eta: number;
  readonly interval: number | null;
  readonly quarantined: boolean;
  readonly failures: number;
  readonly maxRetries: number;
  readonly timeout: number;
  readonly leaseExpiresAt: number;
  readonly parentId: string | null;
  readonly onSuccess: OnSuccess;
  readonly schedule: string | null;
  readonly scheduledFor: number | null;
  /** The headers of the trace that it was enqueued in; null where there was none. */
  readonly trace: TraceHeaders | null;
  /** Why `args` or `kwargs`, here empty, cannot be read: the task is to be failed and not run. Absent where they can be. */
  readonly unreadable?: Error;
}

/** A task to be inserted: every default applied, every value checked. */
export interface NewTask {
  readonly id: string;
  /** True where the caller chose the id, so that it may meet a task that exists. */
  readonly idGiven: boolean;
  readonly queue: string;
  readonly priority: number;
  readonly funcPath: string;
  readonly args: JsonText;
  readonly kwargs: JsonText;
  readonly eta: number;
  readonly interval: number | null;
  readonly maxRetries: number;
  readonly timeout: number;
  readonly uniqueKey: string | null;
  /** What few tasks say; null for one that says none of it, which is inserted at no further cost. */
  readonly extras: TaskExtras | null;
}

/** What only some tasks have. */
export interface TaskExtras {
  readonly expiresAt: number | null;
  /** `pending`: the unique key is free again as the task starts. Null: as it ends. */
  readonly uniqueWhile: "pending" | null;
  /** What its unique key does beyond the ordinary; null: an enqueue that meets it is ignored. */
  readonly unique: UniqueRule | null;
  readonly parentId: string | null;
  /** Ids of the tasks that it waits for. */
  readonly after: readonly string[];
  /** Whether it starts although one of them did not end well. */
  readonly startsAnyway: boolean;
  readonly resultTtl: number | null;
  readonly onSuccess: OnSuccess;
  readonly trace: TraceHeaders | null;
  readonly schedule: string | null;
  readonly scheduledFor: number | null;
}

/** What an enqueue asks for that meets a task with its unique key. */
export interface UniqueRule {
  readonly onConflict: "ignore" | "replace" | "reject";
  /** No second one is taken for so many milliseconds after the first, even if that has ended; null: as soon as it has. */
  readonly within: number | null;
  /** A replacement moves the eta to its own, up to so many milliseconds after the first; null: to the earlier of the two. */
  readonly debounce: number | null;
}

export const NO_EXTRAS: TaskExtras = {
  expiresAt: null,
  uniqueWhile: null,
  unique: null,
  parentId: null,
  after: [],
  startsAnyway: false,
  resultTtl: null,
  onSuccess: "keep",
  trace: null,
  schedule: null,
  scheduledFor: null,
};

/** The headers that carry a trace, such as `traceparent`. */
export type TraceHeaders = Readonly<Record<string, string>>;

/** A task that a claim cancelled, since it must not start any more. */
export interface CancelledAtClaim {
  readonly id: string;
  readonly attempts: number;
  readonly funcPath: string;
  readonly queue: string;
  readonly reason: CancelReason;
}

interface ResultBase {
  readonly taskId: string;
  readonly finishedAt: number;
  /** The attempt that produced it. */
  readonly attempts: number;
  readonly lastAttemptAt: number | null;
}

/** How a task ended. */
export type TaskResult =
  | (ResultBase & { readonly status: "SUCCESS"; readonly result: JsonValue; readonly error: null })
  | (ResultBase & { readonly status: "FAILED"; readonly result: null; readonly error: TaskError })
  | (ResultBase & { readonly status: "CANCELLED"; readonly result: null; readonly error: null });
