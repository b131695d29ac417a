/** How a failed task waits before its next attempt. */
export interface Backoff {
  /** Delay before doubling, in milliseconds. */
  readonly base: number;
  /** No delay is longer, jitter included, in milliseconds. */
  readonly cap: number;
  /** Greatest jitter, as a fraction of the delay; it keeps tasks that failed together from coming back together. */
  readonly jitter: number;
}

/** 2 s, 4 s, 8 s ... up to 1 h, each up to a quarter longer. */
export const DEFAULT_BACKOFF: Backoff = { base: 1_000, cap: 3_600_000, jitter: 0.25 };

/**
 * The delay before the next attempt: `base * 2^failures` plus jitter, at most `cap`.
 *
 * @param failures failures counted so far, the latest included: 1 or more
 * @param random a number from 0 to 1, exclusive
 * @returns integer milliseconds
 * @example backoffDelay(3, 0) // 8_000
 */
export function backoffDelay(failures: number, random: number, backoff: Backoff = DEFAULT_BACKOFF): number {
  const delay = Math.min(backoff.cap, backoff.base * 2 ** failures);
  return Math.round(Math.min(backoff.cap, delay * (1 + backoff.jitter * random)));
}

/**
 * The delay before a database call is tried again: full jitter, doubling from 50 ms to 2 s.
 *
 * Source: Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): spreading retries over the whole
 * interval costs a contended resource the fewest calls.
 *
 * @param attempt tries made so far, from 1
 * @param random a number from 0 to 1, exclusive
 * @returns integer milliseconds
 */
export function fullJitterDelay(attempt: number, random: number): number {
  return Math.round(random * Math.min(2_000, 50 * 2 ** (attempt - 1)));
}
