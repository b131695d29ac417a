import { type Duration, type Instant, parseDuration, parseInstant } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";

/** A clock that stands still until it is told to go on. A test queue takes it as its database's. */
export class TestClock {
  #now: number;

  constructor(start: number) {
    this.#now = start;
  }

  /** In milliseconds since the epoch. Needs no `this`. */
  readonly now = (): number => this.#now;

  /**
   * Goes on. Nothing runs by it: that is what `drain()` is for.
   *
   * @param duration up to 10 years
   * @returns the time it is then
   * @throws {ValidationError}
   * @example test.clock.advance("5m")
   */
  advance(duration: Duration): number {
    this.#now += parseDuration(duration, "duration", LIMITS.delay);
    return this.#now;
  }

  /**
   * Goes to a moment, which may lie in the past.
   *
   * @returns the time it is then, in milliseconds since the epoch
   * @throws {ValidationError}
   * @example test.clock.set("2026-12-24T18:00:00Z")
   */
  set(moment: Instant): number {
    this.#now = parseInstant(moment, "moment");
    return this.#now;
  }
}
