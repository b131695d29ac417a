import type { DrainOptions } from "./engine.ts";
import { WORKER_DEFAULTS } from "./options.ts";

/** When each Worker's last kick was: shared by the queues that its requests make over the same tasks. */
const lastKicks = new WeakMap<object, number>();

/** Notes a kick, unless this isolate had one within the last second. */
export function takeKick(tasks: object, now: number): boolean {
  // A clock that was put back must not keep kicks away until it is where it was.
  if (Math.abs(now - (lastKicks.get(tasks) ?? Number.NEGATIVE_INFINITY)) < WORKER_DEFAULTS.kickInterval)
    return false;
  lastKicks.set(tasks, now);
  return true;
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
