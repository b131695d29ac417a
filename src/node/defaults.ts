const SECOND = 1_000;

/** How a runner works. Every duration is in milliseconds. */
export const NODE_DEFAULTS = {
  concurrency: 10,
  /** How often a libSQL file is asked whether another process wrote to it. */
  filePoll: 4,
  /** A server is polled with a delay that grows to one second while it has nothing due. */
  serverPoll: { min: 20, max: SECOND },
  /** How long a stop waits for handlers before it aborts and releases them. */
  grace: 10 * SECOND,
  /** How long the database may take, after the grace of a stop, for what ended then. */
  lastWrites: 3 * SECOND,
  /** How long an exit waits for whoever reads the output. */
  lastLines: 2 * SECOND,
  /** Between two tries of a database that failed: doubling. */
  restart: { min: SECOND / 2, max: 15 * SECOND },
  /** How often a purge is looked for, and at most how many pages of it are done at once. */
  purge: { every: 60 * SECOND, pages: 50 },
} as const;
