import { parseId, parseText } from "./options.ts";
import type { Depth, Page, QueueSummary } from "./storage.ts";
import type { JsonValue } from "./task.ts";

/** Queues that one page tells of. */
export const QUEUES_SHOWN = 16;

/** FAILED tasks that one page of dead letters examines. */
export const FAILURES_EXAMINED = 1_000;

/** Leases that one page tells of. */
export const LEASES_SHOWN = 250;

/** A queue with its counts, each exact up to a bound that depends on how much its page has to count. */
export interface QueueStanding extends Omit<QueueSummary, keyof Depth | "running"> {
  readonly waiting: Depth;
  readonly running: Depth;
}

/** Which FAILED tasks: those that meet every condition. */
export interface FailureFilter {
  readonly queue?: string;
  readonly funcPath?: string;
  /** The `type` of the last error. */
  readonly errorType?: string;
}

/** FAILED tasks that have in common why. */
export interface FailureGroup {
  readonly queue: string;
  readonly funcPath: string;
  /** Null where no error is on file. */
  readonly errorType: string | null;
  readonly count: number;
  /** When the last of them failed, in milliseconds since the epoch. */
  readonly lastAt: number;
}

/** One page, from the newest task on. */
export interface FailurePage extends Page<FailureGroup> {
  /** FAILED tasks that were looked at: at most {@link FAILURES_EXAMINED}. */
  readonly examined: number;
}

/** A task that runs, and who holds it. */
export interface Lease {
  readonly id: string;
  readonly queue: string;
  readonly funcPath: string;
  readonly attempts: number;
  readonly maxRetries: number;
  /** The drain that claimed it; null where nobody says so. */
  readonly worker: string | null;
  readonly leaseExpiresAt: number;
  readonly lastAttemptAt: number | null;
  readonly progress: JsonValue;
}

/** What an operator looks at, of a database: each call reads a bounded number of rows. */
export interface InspectorStorage {
  /** By name, after this one. */
  queues(after: string | null, now: number): Promise<Page<QueueStanding>>;
  failures(filter: FailureFilter, before: string | null): Promise<FailurePage>;
  /** By queue, and there what expires first. */
  leases(after: LeaseKey | null): Promise<Page<Lease>>;
}

/** Where a lease stands among the others. */
export interface LeaseKey extends Pick<Lease, "queue" | "leaseExpiresAt" | "id"> {}

/**
 * Shows an operator how things stand, whatever the number of tasks; `queue.inspector` hands it out.
 *
 * @example const { items } = await queue.inspector.failures({ queue: "mail" })
 */
export class Inspector {
  readonly #storage: InspectorStorage;
  readonly #now: () => number;

  constructor(storage: InspectorStorage, now: () => number) {
    this.#storage = storage;
    this.#now = now;
  }

  /**
   * One page of queues that have settings, or a task that waits or runs, by name.
   *
   * @param cursor from the page before. Defaults to the first
   * @throws {ValidationError}
   */
  queues(cursor?: string): Promise<Page<QueueStanding>> {
    return this.#storage.queues(cursor === undefined ? null : parseText(cursor, "cursor"), this.#now());
  }

  /**
   * FAILED tasks by queue, handler and type of their last error, among 1,000 of them: from the newest on.
   *
   * @param filter each condition that is given must hold
   * @param cursor from the page before. Defaults to the first
   * @throws {ValidationError}
   */
  failures(filter: FailureFilter = {}, cursor?: string): Promise<FailurePage> {
    const before = cursor === undefined ? null : parseId(cursor, "cursor");
    return this.#storage.failures(parseFailures(filter), before);
  }

  /**
   * One page of the tasks that run, with who holds them, by queue.
   *
   * @param cursor from the page before. Defaults to the first
   * @throws {ValidationError}
   */
  async leases(cursor?: string): Promise<Page<Lease>> {
    return this.#storage.leases(cursor === undefined ? null : parseLeaseKey(cursor));
  }
}

/** @throws {ValidationError} naming the condition */
export function parseFailures(filter: FailureFilter): FailureFilter {
  const { queue, funcPath, errorType } = filter;
  return {
    ...(queue !== undefined && { queue: parseText(queue, "queue") }),
    ...(funcPath !== undefined && { funcPath: parseText(funcPath, "funcPath") }),
    ...(errorType !== undefined && { errorType: parseText(errorType, "errorType") }),
  };
}

/** The id goes first and the queue last, which may have any character. */
export function toLeaseCursor({ id, leaseExpiresAt, queue }: LeaseKey): string {
  return `${id}.${leaseExpiresAt}.${queue}`;
}

/** @throws {ValidationError} */
function parseLeaseKey(cursor: string): LeaseKey {
  const [id = "", expiry = "", ...queue] = cursor.split(".");
  return {
    id: parseId(id, "cursor"),
    leaseExpiresAt: Number(parseText(expiry, "cursor")) || 0,
    queue: parseText(queue.join("."), "cursor"),
  };
}
