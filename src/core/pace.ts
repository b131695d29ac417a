import { DRAIN_DEFAULTS } from "./options.ts";

/** How fast tasks end: tells how far ahead to claim. */
export class Pace {
  #ended = 0;
  #since = 0;

  /** Tasks that ended since the last claim was sent. */
  get ended(): number {
    return this.#ended;
  }

  noteEnd(): void {
    this.#ended += 1;
  }

  /** A claim is sent. */
  noteSent(now: number): void {
    this.#ended = 0;
    this.#since = now;
  }

  /** Its reply is there: what the claim itself took says nothing of the handlers. */
  noteReply(now: number): void {
    this.#since = now;
  }

  /** As many tasks as would end within a moment at the present pace: few where handlers are slow. */
  prefetch(now: number): number {
    const pace = this.#ended / Math.max(1, now - this.#since);
    return Math.min(DRAIN_DEFAULTS.prefetchCount, Math.floor(pace * DRAIN_DEFAULTS.prefetchWindow));
  }
}
