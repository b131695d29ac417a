import { DRAIN_DEFAULTS } from "./options.ts";
import type { Storage } from "./storage.ts";

export interface PollerOptions {
  readonly queues?: readonly string[];
  readonly poll?: { readonly min: number; readonly max: number };
}

/**
 * Decides when a drain looks for tasks.
 *
 * After a full claim it claims again at once. After a short one it asks for the next eta, a read of a few rows, and sleeps
 * until then or until the next poll: a task that waits for its time starts on time, and an idle queue costs no writes.
 */
export class Poller {
  readonly #storage: Pick<Storage, "findNextEta">;
  readonly #options: PollerOptions;
  readonly #bounds: { readonly min: number; readonly max: number };
  #delay: number;
  #next: "claim" | "peek" = "claim";
  #blocked = false;
  #woken = false;
  #nextAt = 0;
  #emptyAt = Number.NEGATIVE_INFINITY;

  constructor(storage: Pick<Storage, "findNextEta">, options: PollerOptions) {
    this.#storage = storage;
    this.#options = options;
    this.#bounds = options.poll ?? { min: DRAIN_DEFAULTS.poll, max: DRAIN_DEFAULTS.poll };
    this.#delay = this.#bounds.min;
  }

  /** When to look next. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** When a claim last found nothing. */
  get emptyAt(): number {
    return this.#emptyAt;
  }

  /** Something may be due: claim now. */
  wake(): void {
    // What is under way may have been answered before that something was there.
    this.#woken = true;
    this.#next = "claim";
    this.#nextAt = 0;
    this.#delay = this.#bounds.min;
  }

  postpone(until: number): void {
    this.#nextAt = until;
  }

  /** @param now before the claim was sent */
  noteClaim(asked: number, got: number, now: number, peek: boolean): void {
    const wasBlocked = this.#blocked && got === 0;
    if (got === 0) this.#emptyAt = now;
    if (got > 0) this.#delay = this.#bounds.min;
    this.#blocked = false;
    if (got === asked) {
      this.#nextAt = now;
    } else if (peek && !wasBlocked) {
      this.#next = "peek";
      this.#nextAt = now;
    } else {
      // What is due may not start (paused, at its concurrency, too long for this drain): asking for its eta tells nothing.
      this.#blocked = wasBlocked;
      this.#nextAt = now + this.#delay;
    }
    if (this.#woken) this.wake();
  }

  /**
   * Asks for the next eta where that is due.
   *
   * @param longest a delay between polls that the query budget asks for, in milliseconds
   * @returns true where a claim is due now
   */
  async look(now: number, longest: number): Promise<boolean> {
    if (now < this.#nextAt) return false;
    this.#woken = false;
    if (this.#next === "claim") return true;
    const eta = await this.#storage.findNextEta(this.#options.queues);
    if (this.#woken) return this.look(now, longest);
    const due = eta !== null && eta <= now;
    const passedOver = due && this.#emptyAt === this.#nextAt && eta <= this.#emptyAt;
    if (due && !passedOver) {
      this.#next = "claim";
      return true;
    }
    const pollAt = now + Math.max(this.#delay, longest);
    this.#delay = Math.min(this.#bounds.max, this.#delay * 2);
    this.#blocked = passedOver;
    this.#next = passedOver || (eta !== null && eta <= pollAt) ? "claim" : "peek";
    this.#nextAt = passedOver || eta === null ? pollAt : Math.min(pollAt, eta);
    return false;
  }
}
