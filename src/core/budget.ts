import type { Horizon } from "./horizon.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import type { Storage } from "./storage.ts";

/**
 * The queries that one invocation may send. Some are kept back: for the heartbeats of what runs, and for the last flush, so
 * that a task which was claimed can be ended.
 */
export class QueryBudget {
  readonly #storage: Pick<Storage, "queryCount">;
  readonly #total: number;
  readonly #heartbeat: number;
  /** What was claimed may run until then. */
  #busyUntil = Number.NEGATIVE_INFINITY;

  /** @param heartbeat between two renewals of the leases, in milliseconds */
  constructor(storage: Pick<Storage, "queryCount">, heartbeat: number, total = Number.POSITIVE_INFINITY) {
    this.#storage = storage;
    this.#heartbeat = heartbeat;
    this.#total = total;
  }

  /** Keeps back the heartbeats of tasks that may run until then. */
  keepUntil(until: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, until);
  }

  /** Nothing runs: no heartbeat is needed. */
  keepNothing(): void {
    this.#busyUntil = Number.NEGATIVE_INFINITY;
  }

  /** Queries that may be sent before only those kept back are left. */
  left(now: number): number {
    const heartbeats = Math.max(0, Math.ceil((this.#busyUntil - now) / this.#heartbeat));
    return this.#total - DRAIN_DEFAULTS.queryReserve - heartbeats - this.#storage.queryCount;
  }

  /** With few queries left after the next one, polls are spread over the time left: at least so many milliseconds apart. */
  spacing(now: number, { deadline, lingerUntil }: Pick<Horizon, "deadline" | "lingerUntil">): number {
    const left = this.left(now);
    if (left === Number.POSITIVE_INFINITY) return 0;
    return (Math.min(deadline, lingerUntil) - now) / Math.max(1, left - 1);
  }

  /** How long a task may take for which there are heartbeats left; those of what runs serve it too. */
  longestTimeout(now: number): number {
    return Math.max(this.#busyUntil - now, 0) + Math.max(this.left(now), 0) * this.#heartbeat;
  }
}
