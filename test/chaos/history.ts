import type { QueueSettings } from "../../src/core/storage.ts";
import type { TaskExtras } from "../../src/core/task.ts";

/**
 * A history: what the clients of a queue asked and were told, in the order of their clocks. All clocks are one: times are
 * milliseconds since the epoch by the machine's own, which no skew of a worker's clock reaches.
 */
export type HistoryEvent = Call | Answer | Failure | Start | End;

/** A verb was called. A call without an answer or a failure is one whose process died. */
export interface Call {
  readonly type: "call";
  /** Ties the answer to the call; unique in the history. */
  readonly operation: string;
  readonly process: string;
  readonly at: number;
  readonly request: Request;
}

/** It returned. */
export interface Answer {
  readonly type: "answer";
  readonly operation: string;
  readonly at: number;
  readonly reply: Reply;
}

/** It threw. */
export interface Failure {
  readonly type: "failure";
  readonly operation: string;
  readonly at: number;
  /**
   * True where it certainly changed nothing: the task's status forbade it, or the input, and it was sent once. Else it may have
   * taken effect: what forbids a second send may be what the first one did.
   */
  readonly refused: boolean;
}

/** A handler was entered. */
export interface Start extends Attempt {
  readonly type: "start";
  readonly process: string;
  readonly at: number;
  /** What it was given, as JSON. Absent where that does not matter. */
  readonly payload?: string;
}

/** A handler was left. */
export interface End extends Attempt {
  readonly type: "end";
  readonly process: string;
  readonly at: number;
  /** What it returned, as JSON; null where it threw. */
  readonly returned: string | null;
}

export interface Attempt {
  readonly id: string;
  readonly attempts: number;
}

export type Request =
  | { readonly verb: "enqueue"; readonly tasks: readonly EnqueuedTask[] }
  // `now` is the worker's own moment, that of the first send.
  | { readonly verb: "claim"; readonly now?: number }
  | { readonly verb: "renew"; readonly claims: readonly Attempt[]; readonly leaseExpiresAt: number }
  | { readonly verb: "settle"; readonly settlements: readonly SettledAttempt[] }
  | { readonly verb: "rescue" }
  | { readonly verb: "cancel" | "retry"; readonly id: string }
  | ({ readonly verb: "configure"; readonly queue: string } & QueueSettings);

export type Reply =
  | { readonly verb: "enqueue"; readonly receipts: readonly Receipt[] }
  | { readonly verb: "claim"; readonly claims: readonly ClaimedAttempt[] }
  | { readonly verb: "renew"; readonly renewed: readonly Attempt[] }
  | { readonly verb: "settle"; readonly settled: readonly Attempt[] }
  | { readonly verb: "rescue"; readonly rescued: readonly SettledAttempt[] }
  | { readonly verb: "cancel" | "retry" | "configure" };

export interface Receipt {
  readonly id: string;
  readonly duplicate: boolean;
  readonly replaced?: true;
}

export interface EnqueuedTask {
  readonly id: string;
  readonly maxRetries: number;
  /** True where its unique key may have met another task. */
  readonly mayMeet: boolean;
  /** What it is given, as JSON. */
  readonly payload?: string;
  readonly uniqueKey?: string | null;
  readonly extras?: Partial<TaskExtras> | null;
}

export interface ClaimedAttempt extends Attempt {
  readonly queue: string;
  readonly leaseExpiresAt: number;
}

export interface SettledAttempt extends Attempt {
  /** `failed` and `retry` count a failure; `quarantine` does where `counted`. */
  readonly kind: "done" | "retry" | "fail" | "snooze" | "release" | "quarantine";
  readonly counted: boolean;
  /** False where the error itself ended the task, whatever retries were left. */
  readonly retryable: boolean;
  /** Type of the error; null where there is none. */
  readonly error: string | null;
}

/** What the tables hold in the end. */
export interface FinalState {
  readonly at: number;
  readonly tasks: readonly FinalTask[];
  readonly results: readonly FinalResult[];
  readonly schedules?: readonly FinalSchedule[];
}

/** A schedule that fires every so many milliseconds. */
export interface FinalSchedule {
  readonly name: string;
  readonly every: number;
  readonly catchUp: "skip" | "last" | "all";
  readonly createdAt: number;
  readonly lastAt: number | null;
}

export interface FinalTask extends Attempt {
  readonly queue: string;
  readonly status: "PENDING" | "RUNNING" | "SUCCESS" | "FAILED" | "RETRYING" | "CANCELLED";
  readonly eta: number;
  readonly interval: number | null;
  readonly failures: number;
  readonly maxRetries: number;
  readonly leaseExpiresAt: number | null;
  readonly payload?: string;
  readonly cancelReason?: "operator" | "expired" | "dependency" | null;
  readonly expiresAt?: number | null;
  readonly parentId?: string | null;
  /** Tasks that it waits for. */
  readonly awaits?: number;
  readonly onSuccess?: "forget" | "delete" | null;
  readonly schedule?: string | null;
  readonly scheduledFor?: number | null;
}

export interface FinalResult extends Attempt {
  readonly status: "SUCCESS" | "FAILED";
  /** JSON text; null for FAILED. */
  readonly result: string | null;
}
