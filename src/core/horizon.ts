import type { DrainOptions } from "./engine.ts";
import { DRAIN_DEFAULTS } from "./options.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** How far a drain goes: until when it claims, lingers, lets handlers run, and asks a database that does not answer. */
export class Horizon {
  /** Nothing is claimed from then on. */
  readonly deadline: number;
  /** Until then an empty queue does not end the drain. */
  readonly lingerUntil: number;
  #abortAt: number;

  constructor(start: number, options: Pick<DrainOptions, "deadline" | "hardDeadline" | "linger">) {
    this.deadline = start + (options.deadline ?? NEVER);
    this.lingerUntil = start + (options.linger ?? 0);
    this.#abortAt = start + (options.hardDeadline ?? NEVER);
  }

  /** When what still runs is aborted: the hard deadline, or the end of the grace after a stop. */
  get abortAt(): number {
    return this.#abortAt;
  }

  /** What runs has so long left, in milliseconds. */
  stop(now: number, grace = NEVER): void {
    this.#abortAt = Math.min(this.#abortAt, now + grace);
  }

  lingers(now: number): boolean {
    return now < this.lingerUntil;
  }

  isOver(now: number): boolean {
    return now >= this.deadline || now >= this.#abortAt;
  }

  /**
   * Whether what is not written yet is given up, and left to the end of its lease.
   *
   * @param leasesEnd when that is
   */
  givesUp(now: number, leasesEnd: number): boolean {
    if (now >= this.#abortAt + DRAIN_DEFAULTS.lastFlush) return true;
    return !this.lingers(now) && now >= leasesEnd;
  }
}
