import { DRAIN_CONCURRENCY, type DrainOptions } from "./engine.ts";

const SECOND = 1_000;

/** No second kick is started within this time. */
const INTERVAL = SECOND;

/** Queries of the request's own code that a kick leaves room for where it is not told how many they are. */
export const OWN_QUERIES = 20;

/** When this isolate last kicked: each request may make a queue of its own, and the drain of one serves them all. */
let lastKick = Number.NEGATIVE_INFINITY;

/** Notes a kick, unless this isolate had one within the last second. */
export function takeKick(now: number): boolean {
  // A clock that was put back must not keep kicks away until it is where it was.
  if (Math.abs(now - lastKick) < INTERVAL) return false;
  lastKick = now;
  return true;
}

/** As if the isolate were new: for tests, many of which share one. */
export function forgetKick(): void {
  lastKick = Number.NEGATIVE_INFINITY;
}

/** The drain that follows an enqueue, in the rest of its request's time. */
export const KICK_DRAIN: DrainOptions = {
  concurrency: DRAIN_CONCURRENCY,
  // Of the 50 that D1 allows an invocation on the Free plan.
  queryBudget: 45,
  // `waitUntil` ends 30 s after the response.
  deadline: 20 * SECOND,
  hardDeadline: 28 * SECOND,
  // For as long as further kicks are skipped, this one looks for what they were to start.
  linger: INTERVAL,
  poll: { min: SECOND / 4, max: SECOND / 4 },
  // Cron rescues, and fires schedules: a request's time is short.
  rescue: false,
  schedules: false,
};
