import { DRAIN_DEFAULTS } from "./options.ts";
import type { Storage } from "./storage.ts";

export interface PollerOptions {
  readonly queues?: readonly string[];
  readonly poll?: { readonly min: number; readonly max: number };
}

/**
 * Whether what is due may start (it may be paused, at its queue's concurrency, too long for this drain). `none`: it may not.
 * `freed`: it might not, until tasks of this drain ended.
 */
type Room = "unknown" | "none" | "freed";

/** A claim that was answered. */
export interface AnsweredClaim {
  /** When it was sent. */
  readonly at: number;
  readonly limit: number;
  /** How many tasks it took. */
  readonly found: number;
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
  #room: Room = "unknown";
  #mayPeek = true;
  #woken = false;
  #nextAt = 0;
  #lastClaim: AnsweredClaim | null = null;

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

  get lastClaim(): AnsweredClaim | null {
    return this.#lastClaim;
  }

  /** Whether the last claim was sent at that moment or later, and found nothing. */
  foundNothingSince(moment: number): boolean {
    return this.#lastClaim?.found === 0 && this.#lastClaim.at >= moment;
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

  /** Tasks of this drain were settled. @param dueAt when the first of them is due again */
  noteSettled(dueAt: number): void {
    // A drain that does not peek cannot tell whether something waits for room.
    if (this.#room === "none" || !this.#mayPeek) {
      this.#room = "freed";
      this.wake();
    }
    if (dueAt >= this.#nextAt) return;
    this.#next = "claim";
    this.#nextAt = dueAt;
  }

  /** @param mayPeek whether it is worth a query to know when something is due next */
  noteClaim(claim: AnsweredClaim, mayPeek: boolean): void {
    const { at, limit, found } = claim;
    const noRoom = this.#room === (found > 0 ? "freed" : "none");
    this.#lastClaim = claim;
    this.#mayPeek = mayPeek;
    if (found > 0) this.#delay = this.#bounds.min;
    this.#room = "unknown";
    if (found === limit) {
      this.#nextAt = at;
    } else if (mayPeek && !noRoom) {
      this.#next = "peek";
      this.#nextAt = at;
    } else {
      // Asking for the eta of what may not start tells nothing.
      if (noRoom) this.#room = "none";
      this.#nextAt = at + this.#delay;
    }
    if (this.#woken) this.wake();
  }

  /**
   * Asks for the next eta where that is due.
   *
   * @param spacing the least delay between two polls that the query budget allows, in milliseconds
   * @returns true where a claim is due now
   */
  async look(now: number, spacing: number): Promise<boolean> {
    if (now < this.#nextAt) return false;
    this.#woken = false;
    if (this.#next === "claim") return true;
    const eta = await this.#storage.findNextEta(this.#options.queues);
    if (this.#woken) return this.look(now, spacing);
    const due = eta !== null && eta <= now;
    const passedOver = due && this.#wasPassedOver(eta);
    if (due && !passedOver) {
      this.#next = "claim";
      return true;
    }
    const pollAt = now + Math.max(this.#delay, spacing);
    this.#delay = Math.min(this.#bounds.max, this.#delay * 2);
    this.#room = passedOver ? "none" : "unknown";
    this.#next = passedOver || (eta !== null && eta <= pollAt) ? "claim" : "peek";
    this.#nextAt = passedOver || eta === null ? pollAt : Math.min(pollAt, eta);
    return false;
  }

  /** The claim just before this look found nothing, although something was due by then: it may not start. */
  #wasPassedOver(eta: number): boolean {
    const { at, found } = this.#lastClaim ?? {};
    return found === 0 && at === this.#nextAt && eta <= at;
  }
}
