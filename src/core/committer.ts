import type { Awaited } from "./awaited.ts";
import { StorageRejected } from "./errors.ts";
import { type EventListener, type QueueEvent, subjectOf } from "./events.ts";
import { DRAIN_DEFAULTS, LIMITS } from "./options.ts";
import { toTaskError, withoutStack } from "./serialize.ts";
import type { Storage } from "./storage.ts";
import type { ClaimedTask } from "./task.ts";
import type { Settlement } from "./transitions.ts";

/** An attempt that ended, and what is to be written of it. */
export interface Ended {
  readonly task: ClaimedTask;
  readonly settlement: Settlement;
}

/** How many attempts ended in which way. */
export type EndCounts = Record<"succeeded" | "retrying" | "failed" | "snoozed" | "released" | "lost", number>;

const NEVER = Number.POSITIVE_INFINITY;

/** Group commit: what ended is written together, each fenced on its own. */
export class Committer {
  readonly #counts: EndCounts = { succeeded: 0, retrying: 0, failed: 0, snoozed: 0, released: 0, lost: 0 };
  readonly #storage: Pick<Storage, "settleMany">;
  readonly #emit: EventListener;
  readonly #records: boolean;
  readonly #awaited: Pick<Awaited, "take">;
  #pending: Ended[] = [];
  /** What is on its way to the database. */
  #sending: readonly Ended[] = [];
  #pendingSince = NEVER;
  #nextAt = NEVER;

  /** @param records whether what ended is counted in the history */
  constructor(
    storage: Pick<Storage, "settleMany">,
    emit: EventListener,
    awaited: Pick<Awaited, "take">,
    records = false,
  ) {
    this.#storage = storage;
    this.#emit = emit;
    this.#awaited = awaited;
    this.#records = records;
  }

  get size(): number {
    return this.#pending.length;
  }

  get counts(): Readonly<EndCounts> {
    return this.#counts;
  }

  /** Tasks that have ended and of which the database has not said that it knows. */
  get unsettled(): ClaimedTask[] {
    return [...this.#sending, ...this.#pending].map(({ task }) => task);
  }

  /** When the next flush is due. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** When the first of what is pending ended. */
  get pendingSince(): number {
    return this.#pendingSince;
  }

  /** Takes what is to be written: soon, or at once where much has come together. */
  add(ended: Ended, now: number): void {
    if (this.#pending.length === 0) this.#pendingSince = now;
    this.#pending.push(ended);
    const full = this.#pending.length >= DRAIN_DEFAULTS.flushCount;
    this.#nextAt = Math.min(this.#nextAt, full ? now : now + DRAIN_DEFAULTS.flushDelay);
  }

  /** Moves the next flush, where anything is pending. */
  flushAt(moment: number): void {
    this.#nextAt = this.#pending.length > 0 ? moment : NEVER;
  }

  /**
   * Writes all that is pending. A batch whose values the database refuses is bisected to the row at fault, which alone fails.
   *
   * @returns when the first of what was written, or of what waited for it, is due; infinite where nothing is
   * @throws whatever else befell the database, with what was not written still pending
   */
  async flush(now: number): Promise<number> {
    const batches = this.#pending.length > 0 ? [this.#pending] : [];
    this.#sending = this.#pending;
    this.#pending = [];
    this.#nextAt = NEVER;
    let dueAt = NEVER;
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      try {
        dueAt = Math.min(dueAt, await this.#commit(batch, now));
      } catch (error) {
        // A full database refuses every row: none of them is at fault.
        if (!(error instanceof StorageRejected) || !error.blamesValues) {
          this.#pending.unshift(...batch, ...batches.reverse().flat());
          this.#sending = [];
          throw error;
        }
        batches.push(...this.#divide(batch, error, now));
      }
    }
    this.#sending = [];
    return dueAt;
  }

  /** Gives up on what is pending: its leases end, and it is run again. @returns how many attempts that were */
  drop(): number {
    const dropped = this.#pending.splice(0);
    for (const { task } of dropped) this.lose(task);
    this.#nextAt = NEVER;
    return dropped.length;
  }

  /** Counts an attempt of which nothing may be written. */
  lose(task: ClaimedTask): void {
    this.#counts.lost += 1;
    this.#emit({ type: "task.lost", task: subjectOf(task) });
  }

  async #commit(batch: readonly Ended[], now: number): Promise<number> {
    const settlements = batch.map(({ settlement }) => settlement);
    const settled = new Set((await this.#storage.settleMany(settlements, now, this.#records)).settled);
    for (const ended of batch) {
      const event = settled.has(ended.settlement)
        ? toEvent(ended)
        : ({ type: "task.lost", task: subjectOf(ended.task) } as const);
      this.#counts[COUNTED_AS[event.type]] += 1;
      this.#emit(event);
    }
    return Math.min(...batch.map((ended) => this.#nextDueAt(ended, now)));
  }

  /** What waited for a task that has ended may be due now. */
  #nextDueAt(ended: Ended, now: number): number {
    const dueAt = dueAgainAt(ended, now);
    return dueAt === NEVER && this.#awaited.take(ended.task.id) ? now : dueAt;
  }

  #divide(batch: readonly Ended[], error: StorageRejected, at: number): Ended[][] {
    const [only] = batch;
    if (batch.length > 1) {
      const middle = Math.ceil(batch.length / 2);
      return [batch.slice(middle), batch.slice(0, middle)];
    }
    this.#emit({ type: "storage.failed", during: "settle", error });
    if (only === undefined) return [];
    // What ended as a failure already and is refused all the same is left to the lease's end.
    if (only.settlement.kind === "fail") {
      this.lose(only.task);
      return [];
    }
    const { id, attempts, claimToken } = only.task;
    const { duration } = only.settlement;
    const context = { at, attempt: attempts, retryable: false, maxBytes: LIMITS.errorBytes };
    const refused = withoutStack(toTaskError(error, context));
    return [[{ ...only, settlement: { id, attempts, claimToken, duration, kind: "fail", error: refused } }]];
  }
}

function dueAgainAt({ task, settlement }: Ended, now: number): number {
  switch (settlement.kind) {
    case "done":
      return task.interval === null ? NEVER : now + task.interval;
    case "retry":
      return settlement.retryAt;
    case "snooze":
      return settlement.until;
    case "release":
      return settlement.until ?? now;
    case "fail":
    case "quarantine":
      return NEVER;
  }
}

type EndEvent = Extract<
  QueueEvent,
  { type: `task.${"succeeded" | "retrying" | "failed" | "snoozed" | "released" | "lost"}` }
>;

const COUNTED_AS = {
  "task.succeeded": "succeeded",
  "task.retrying": "retrying",
  "task.failed": "failed",
  "task.snoozed": "snoozed",
  "task.released": "released",
  "task.lost": "lost",
} as const satisfies Record<EndEvent["type"], keyof EndCounts>;

function toEvent({ task: claimed, settlement }: Ended): EndEvent {
  const task = subjectOf(claimed);
  const { duration = 0 } = settlement;
  switch (settlement.kind) {
    case "done":
      return { type: "task.succeeded", task, duration };
    case "fail":
      return { type: "task.failed", task, error: settlement.error, duration };
    case "retry":
    case "quarantine":
      return { type: "task.retrying", task, error: settlement.error, retryAt: settlement.retryAt, duration };
    case "snooze":
      return { type: "task.snoozed", task, until: settlement.until };
    case "release":
      return { type: "task.released", task };
  }
}
