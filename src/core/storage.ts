import type { BulkStorage } from "./bulk.ts";
import type { ExplorerStorage } from "./explorer.ts";
import type { HistoryStorage } from "./history.ts";
import type { InspectorStorage } from "./inspector.ts";
import type { LifetimeStorage } from "./lifetimes.ts";
import type { OperatorStorage } from "./operators.ts";
import type { ScheduleStorage } from "./schedule-storage.ts";
import type {
  CancelledAtClaim,
  Claim,
  ClaimedTask,
  JsonText,
  NewTask,
  Task,
  TaskError,
  TaskResult,
  TaskStatus,
} from "./task.ts";
import type { Settlement } from "./transitions.ts";
import type { UniqueStorage } from "./unique.ts";

/** What became of one input of an enqueue. */
export interface EnqueueReceipt {
  /** The id of the new task, or of the existing one that the input met. */
  readonly id: string;
  /** True where the input met a task with its id or its unique key. */
  readonly duplicate: boolean;
  /** True where that task waited and got the payload of this input, which asked for it. */
  readonly replaced?: true;
}

/** A key of the caller's, by which an enqueue that is repeated changes nothing. */
export interface CallerKey {
  /** Whose key it is: keys of two API keys never meet. */
  readonly apiKey: string;
  readonly key: string;
  /** A digest of the request: the same key with another one is refused. */
  readonly fingerprint: string;
}

export interface IdempotencyKey extends CallerKey {
  /** Keys recorded up to this moment are forgotten. */
  readonly expiredBefore: number;
}

export interface ClaimRequest {
  readonly now: number;
  /** At most this many tasks. */
  readonly limit: number;
  readonly leaseExpiresAt: number;
  /** Tasks with a longer timeout are left to a worker with more time. Defaults to any. */
  readonly longestTimeout?: number;
  /**
   * Only these queues, in this order among tasks of equal priority. Defaults to all, the one first whose first task is due
   * longest: a claim of several takes from it what is due, up to the limit, before it goes on to the next.
   */
  readonly queues?: readonly string[];
  /** What tells this claim from every other; each task that it takes bears it as `claimToken`. Defaults to a new one. */
  readonly token?: string;
  /**
   * True where a claim with this token and this `leaseExpiresAt` was sent before and none of its replies came: what it took is
   * looked up first, and only where there is none is anything claimed. Defaults to false.
   */
  readonly resent?: boolean;
  /** Told of each task that it met and cancelled, since that must not start any more; those count in `limit`. Defaults to nobody. */
  readonly onCancelled?: (task: CancelledAtClaim) => void;
}

/** Of the settlements that were given, each is in one of the two. */
export interface SettleReport {
  /** They took effect. */
  readonly settled: readonly Settlement[];
  /** Their claims no longer held: nothing was written for them. */
  readonly lost: readonly Settlement[];
}

/** A task whose lease expired, and what was decided for it. */
export interface Rescued {
  readonly claim: Claim;
  readonly settlement: Settlement;
}

/** The delay, in milliseconds, before a task is tried again whose worker died once more. */
export type RescueBackoff = (failures: number, task: Claim & { readonly funcPath: string }) => number;

export interface TaskFilter {
  readonly status?: TaskStatus;
  readonly queue?: string;
  readonly funcPath?: string;
  /** The name of the schedule that it is a firing of. */
  readonly schedule?: string;
  /** The task whose handler enqueued it. */
  readonly parentId?: string;
  /** From the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

/** One page; it may be short, or even empty, and still have a cursor to go on from. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/** A count that is exact up to its bound. */
export interface Depth {
  readonly depth: number;
  /** True where there are more than `depth`. */
  readonly more: boolean;
}

export interface QueueSummary extends Depth {
  readonly name: string;
  /** How long the task that is most overdue has been due, in milliseconds; null where nothing is due. */
  readonly oldestDueAge: number | null;
  readonly running: number;
  readonly paused: boolean;
  /** How many of its tasks may run at once, over all workers; null where unlimited. */
  readonly concurrency: number | null;
}

export interface QueueSettings {
  readonly paused?: boolean;
  readonly concurrency?: number | null;
}

export interface PurgeRequest {
  /** Finished tasks last changed before this are removed, with their results. */
  readonly olderThan: number;
  /** The same for FAILED ones. */
  readonly failedOlderThan: number;
  /** From the page before; null for the first. */
  readonly cursor: string | null;
  /** Whether tasks with a `resultTtl` of their own are left to it. Defaults to false. */
  readonly leavesTimed?: boolean;
}

/** What can be told of a task's end. */
export interface TaskOutcome {
  readonly funcPath: string;
  readonly status: TaskStatus;
  /** Null while there is none to serve. */
  readonly result: TaskResult | null;
}

/** A way to read that sees at least what an earlier read or write has seen. */
export interface Session {
  readonly storage: Storage;
  /** Marks what this session has seen, for a later one to start from; null where the database has no such mark. */
  bookmark(): string | null;
}

/**
 * What the engine needs from a database: one verb for each transition.
 *
 * What depends on the time is given it, in milliseconds since the epoch: no verb reads a clock but `readClock`. Every write may
 * be sent twice with the same answer. Worker verbs are fenced by id, `RUNNING` and `attempts`; the single ones throw
 * {@link LeaseLostError} where the fence fails, the bulk ones report it.
 *
 * Every verb throws {@link StorageUnavailable} when the database does not answer, {@link SchemaMissing} when it has no schema
 * and {@link StorageRejected} when it refuses the statement: `reason` tells whether the values are to blame.
 *
 * @typeParam Native the database's own form of a statement
 */
export interface Storage<Native = unknown> {
  /** Statements of this invocation so far, those sent through this object and those noted: the measure of a query budget. */
  readonly queryCount: number;
  /** Counts statements that the invocation sends by other ways. */
  noteQueries(count: number): void;
  readonly schedules: ScheduleStorage;
  /** Statements that `getOutcome` sends at most for a task without a result: a long poll is measured by it. */
  readonly outcomeQueries: 1 | 2;

  /** Makes sure that the schema is there: applies the migrations where the database allows it, else verifies them. */
  initialize(): Promise<void>;
  /** Verifies the schema and changes nothing. */
  verify(): Promise<void>;
  /** A number that changes when another process commits; null where the database has none that costs nothing. */
  readDataVersion(): Promise<number | null>;
  /** The clock of the database, of its primary where it has replicas, in milliseconds since the epoch. */
  readClock(): Promise<number>;
  /** The same storage, whose reads see at least what the bookmark has seen. Without one they begin at the primary. */
  openSession(bookmark?: string): Session;

  // Producers
  /** Inserts all or nothing. @throws {IdConflictError} {@link UniqueConflictError} {@link IdempotencyConflictError} */
  enqueueMany(
    tasks: readonly NewTask[],
    now: number,
    idempotency?: IdempotencyKey,
  ): Promise<readonly EnqueueReceipt[]>;

  /** The statements of a plain insert, for the database's own `batch`, which fails where a given id exists with another content. */
  statements(tasks: readonly NewTask[], now: number): Native[];

  // Workers
  /** Claims the task that is due first: smallest priority number, then smallest eta, then insertion order. */
  dequeue(now: number): Promise<ClaimedTask | null>;
  /** Claims several in that order. What a pause, a queue's concurrency or the quarantine holds back is left. */
  claimMany(request: ClaimRequest): Promise<readonly ClaimedTask[]>;
  /**
   * The eta of the task that is due next, in `queues` or all; null where none waits. Of the quarantine nothing is told. It may
   * be stale, never wrong for long.
   */
  findNextEta(queues?: readonly string[]): Promise<number | null>;
  /**
   * Whether `claimQuarantined` would find one once the tasks in `held`, a list of ids, have ended. Defaults to none: as things are.
   */
  hasQuarantined(
    request: Pick<ClaimRequest, "now" | "queues" | "longestTimeout">,
    held?: readonly string[],
  ): Promise<boolean>;
  /** Claims the one task of the quarantine that is due first. */
  claimQuarantined(request: ClaimRequest): Promise<ClaimedTask | null>;
  /** Confirms the start and renews the lease, which is never shortened; never adds to `attempts`. */
  markRunning(claim: Claim, now: number): Promise<void>;
  /** SUCCESS with its result; with an interval due again at `now` + interval instead. */
  markDone(claim: Claim, result: JsonText, now: number): Promise<void>;
  /** One failure more: RETRYING at `retryAt`, or FAILED with its result. */
  markFailed(
    claim: Claim,
    error: TaskError,
    next: { readonly retryAt: number } | "final",
    now: number,
  ): Promise<void>;
  /** Due again at `until`, no failure counted. */
  snooze(claim: Claim, until: number, now: number): Promise<void>;
  /** Gives it back, no failure counted: its eta stays, or becomes `until`. */
  release(claim: Claim, now: number, until?: number): Promise<void>;
  /**
   * Applies what {@link Settlement} says to many at once, each fenced on its own.
   *
   * @param records whether those that take effect are counted in the history. Defaults to false
   */
  settleMany(settlements: readonly Settlement[], now: number, records?: boolean): Promise<SettleReport>;
  /** Extends the leases that still hold to `leaseExpiresAt`, shortens none, and returns those of the claims that were given. */
  renewMany<C extends Claim>(claims: readonly C[], leaseExpiresAt: number): Promise<readonly C[]>;
  /** Settles at most 100 tasks whose lease expired; `records` as above. */
  rescueMany(now: number, backoff: RescueBackoff, records?: boolean): Promise<readonly Rescued[]>;

  // Operators. Each throws TaskNotFoundError, or TaskStatusError where the status forbids it.
  /** PENDING, RETRYING or RUNNING becomes CANCELLED. */
  cancel(id: string, now: number): Promise<Task>;
  /**
   * FAILED or CANCELLED becomes PENDING with no failures, its result is deleted.
   *
   * @throws {UniqueConflictError} when another active task holds its unique key; one that must not start any more is cancelled instead
   */
  retry(id: string, now: number): Promise<Task>;
  /** PENDING or RETRYING gets another eta, and keeps its counters. */
  reschedule(id: string, eta: number, now: number): Promise<Task>;
  /** What the settings do not name stays as it is. Throws neither. */
  configureQueue(name: string, settings: QueueSettings): Promise<void>;
  readonly operators: OperatorStorage;
  readonly bulk: BulkStorage;

  // Readers
  /** Null where there is no such task. */
  getTask(id: string): Promise<Task | null>;
  /** The result on file; null while there is none. */
  getResult(id: string): Promise<TaskResult | null>;
  /** The same with the task's status; null where there is no such task. */
  getOutcome(id: string): Promise<TaskOutcome | null>;
  /** Newest first. */
  listTasks(filter: TaskFilter): Promise<Page<Task>>;
  /** Every queue that has settings, or a task that waits or runs, by name. */
  listQueues(now: number): Promise<readonly QueueSummary[]>;

  readonly explorer: ExplorerStorage;
  readonly inspector: InspectorStorage;
  /** How attempts ended, where that is counted. */
  readonly history: HistoryStorage;

  // Housekeeping
  readonly uniques: UniqueStorage;
  /** Tasks that say themselves how long they are kept. */
  readonly lifetimes: LifetimeStorage;
  /** Removes finished tasks and their results, and counts them: one bounded page from `cursor` on. */
  purgeResults(request: PurgeRequest): Promise<{ readonly purged: number; readonly cursor: string | null }>;
  /** Forgets idempotency keys recorded before `olderThan`. */
  purgeIdempotencyKeys(olderThan: number): Promise<void>;
  /** True where a task with this id may have been purged. */
  mayBePurged(id: string): Promise<boolean>;
  /** Takes the purge that is due, from where the last one stopped; null where none is due or another has taken it. */
  startPurge(now: number, nextAt: number): Promise<{ readonly cursor: string | null } | null>;
  /** Records where the purge stopped; with a cursor it is due again at once. */
  finishPurge(cursor: string | null, now: number): Promise<void>;
}
