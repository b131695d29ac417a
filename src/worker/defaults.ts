const MINUTE = 60_000;

/** What a Worker's drains may take. Every duration is in milliseconds. */
export const WORKER_DEFAULTS = {
  /** A Worker may have 6 connections open. */
  concurrency: 5,
  /** Cron ticks meet: each claims for a minute. */
  cronDeadline: MINUTE,
  /** No task may take longer. */
  longestTimeout: 14 * MINUTE,
  /**
   * Until then a tick may finish what it holds: half a minute beyond the longest task, which is claimed only where it fits the
   * time left. A cron-triggered Worker is ended after 15 minutes: https://developers.cloudflare.com/workers/platform/limits/
   */
  cronHardDeadline: 14.5 * MINUTE,
  /** D1 allows 50 queries an invocation on the Free plan. */
  queryBudget: 45,
} as const;
