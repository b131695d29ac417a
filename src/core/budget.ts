import { QueryBudgetSpent } from "./errors.ts";
import type { Horizon } from "./horizon.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import type { Storage } from "./storage.ts";
import type { Outcome } from "./transitions.ts";

/** Told of queries that a handler is about to send by itself. @throws {QueryBudgetSpent} where they must not go */
export type SpendQueries = (queries: number) => void;

type Meter = Pick<Storage, "queryCount" | "noteQueries">;

/**
 * The queries that one invocation may send, those of its handlers included. Some are kept back: for the heartbeats of what
 * runs, and for the last flush, so that a task which was claimed can be ended.
 */
export class QueryBudget {
  readonly #meter: Meter;
  readonly #heartbeat: number;
  #total: number;
  /** What was claimed may run until then. */
  #busyUntil = Number.NEGATIVE_INFINITY;
  #ended = 0;
  /** Queries that handlers sent by themselves. */
  #spent = 0;
  #hasRefused = false;
  /** Ends with the last of those that wait for their turn. */
  #turns: Promise<void> = Promise.resolve();

  /**
   * @param heartbeat between two renewals of the leases, in milliseconds
   * @param records whether what ended is counted in the history, by one more query for what writes a result and one for the rest
   */
  constructor(meter: Meter, heartbeat: number, total = Number.POSITIVE_INFINITY, records = false) {
    this.#meter = meter;
    this.#heartbeat = heartbeat;
    this.#total = records ? total - DRAIN_DEFAULTS.historyQueries : total;
  }

  /** Whether a handler wanted more than was left. */
  get hasRefused(): boolean {
    return this.#hasRefused;
  }

  /** Keeps back the heartbeats of tasks that may run until then. */
  keepUntil(until: number): void {
    this.#busyUntil = Math.max(this.#busyUntil, until);
  }

  /** A task has ended. Where none is left in flight, no heartbeat is needed. */
  noteEnd(inFlight: number): void {
    this.#ended += 1;
    if (inFlight === 0) this.#busyUntil = Number.NEGATIVE_INFINITY;
  }

  /** Counts what a handler is about to send. @throws {QueryBudgetSpent} where only what is kept back would be left for it */
  spend(queries: number, now: number): void {
    this.allow(queries, now);
    this.#meter.noteQueries(queries);
  }

  /** The same of what is counted as it is sent. @throws {QueryBudgetSpent} */
  allow(queries: number, now: number): void {
    const left = Math.max(0, this.left(now));
    if (queries > left) {
      this.#hasRefused = true;
      throw new QueryBudgetSpent(queries, left);
    }
    this.#spent += queries;
  }

  /**
   * Resolves as those that took a turn before have ended: what they send is counted only as they send it.
   *
   * @param ended resolves as this one has
   */
  takeTurn(ended: Promise<void>): Promise<void> {
    const before = this.#turns;
    if (this.#total < Number.POSITIVE_INFINITY) this.#turns = before.then(() => ended);
    return before;
  }

  /** The drain is over: a handler's code that has kept a binding must not be held to this budget in a later invocation. */
  close(): void {
    this.#total = Number.POSITIVE_INFINITY;
  }

  /** Queries that may be sent before only those kept back are left. */
  left(now: number): number {
    const heartbeats = Math.max(0, Math.ceil((this.#busyUntil - now) / this.#heartbeat));
    return this.#total - DRAIN_DEFAULTS.queryReserve - heartbeats - this.#meter.queryCount;
  }

  /** For how many more tasks there are queries, beside those in flight, if handlers go on to send as many as so far. */
  room(now: number, inFlight: number): number {
    if (this.#spent === 0) return Number.POSITIVE_INFINITY;
    // What those in flight have sent counts too: rather too many than too few.
    const mean = this.#spent / Math.max(1, this.#ended);
    return Math.max(0, Math.floor((this.left(now) - DRAIN_DEFAULTS.roundQueries) / mean) - inFlight);
  }

  /** Whether nothing more is to be claimed. */
  isSpent(now: number, inFlight: number): boolean {
    return this.#hasRefused || this.left(now) <= 0 || (inFlight === 0 && this.room(now, 0) === 0);
  }

  /**
   * Tells a failure from one for want of queries: that of any attempt once some were refused, whatever its handler made of it. One
   * that had the budget to itself has failed by its own fault.
   *
   * @param inFlight tasks beside it
   */
  explain(outcome: Outcome, inFlight: number): Outcome {
    const shared = inFlight + this.#ended > 0;
    return outcome.kind === "failure" && this.#hasRefused && shared
      ? { ...outcome, kind: "starved" }
      : outcome;
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
