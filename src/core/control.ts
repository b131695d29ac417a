import { type Duration, type Instant, parseDuration, parseInstant } from "./duration.ts";
import { LIMITS } from "./options.ts";

/**
 * Thrown by a handler to be run again later, without counting a failure.
 *
 * @example throw new Snooze("5m")
 */
export class Snooze extends Error {
  readonly #delay: number = LIMITS.snooze.min;
  readonly #until: number = 0;

  /**
   * @param when a duration from now, of at least 100 ms, or `{ until }` with a moment: one that comes sooner is put off so far
   * @throws {ValidationError}
   */
  constructor(when: Duration | { readonly until: Instant }) {
    super("the handler asked to be run again later");
    this.name = "Snooze";
    if (typeof when === "object") this.#until = parseInstant(when.until, "until");
    else this.#delay = parseDuration(when, "delay", LIMITS.snooze);
  }

  /** When that is, where the handler has thrown it now. */
  until(now: number): number {
    return Math.max(this.#until, now + this.#delay);
  }
}

/**
 * Thrown by a handler whose failure no retry can mend: the task is FAILED at once.
 *
 * @example throw new NonRetryable("the account is closed", { cause: error })
 */
export class NonRetryable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "NonRetryable";
  }
}

/** Why a worker aborts a handler: the reason of `ctx.signal`. */
export class Aborted extends Error {
  /** `release`: the worker stops, and the task is run again. `lost`: the lease is another's, or the task was cancelled. */
  readonly reason: "release" | "lost";

  constructor(reason: "release" | "lost") {
    super(reason === "lost" ? "the lease is lost or the task was cancelled" : "the worker stops");
    this.name = "Aborted";
    this.reason = reason;
  }
}
