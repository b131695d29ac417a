import type { DrainOptions } from "./engine.ts";
import { WORKER_DEFAULTS } from "./options.ts";

/** When this isolate last kicked: each request may make a queue of its own, and the drain of one serves them all. */
let lastKick = Number.NEGATIVE_INFINITY;

/** Notes a kick, unless this isolate had one within the last second. */
export function takeKick(now: number): boolean {
  // A clock that was put back must not keep kicks away until it is where it was.
  if (Math.abs(now - lastKick) < WORKER_DEFAULTS.kickInterval) return false;
  lastKick = now;
  return true;
}

/** As if the isolate were new: for tests, many of which share one. */
export function forgetKick(): void {
  lastKick = Number.NEGATIVE_INFINITY;
}

/** The drain that follows an enqueue, in the rest of its request's time. */
export const KICK_DRAIN: DrainOptions = {
  concurrency: WORKER_DEFAULTS.concurrency,
  queryBudget: WORKER_DEFAULTS.queryBudget,
  deadline: WORKER_DEFAULTS.kickDeadline,
  hardDeadline: WORKER_DEFAULTS.kickHardDeadline,
  // For as long as further kicks are skipped, this one looks for what they were to start.
  linger: WORKER_DEFAULTS.kickInterval,
  poll: WORKER_DEFAULTS.kickPoll,
  // Cron rescues: a request's time is short.
  rescue: false,
};
