import type { SpendQueries } from "./budget.ts";
import { Declaration } from "./declaration.ts";
import type { DrainOptions } from "./engine.ts";
import type { EventListener } from "./events.ts";
import type { HistoryOption } from "./history.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Middleware } from "./middleware.ts";
import type { DefaultOptions } from "./options.ts";
import type { TaskDefinition } from "./registry.ts";
import type { RetentionOptions } from "./retention.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import type { Storage } from "./storage.ts";

export interface QueueOptions<Native, Env = unknown> {
  /** Where the tasks are, such as `d1Storage(env.DB)` or `libsqlStorage({ url: "file:queue.db" })`. */
  readonly storage: Storage<Native>;
  /** The tasks whose handlers run here. A process that only enqueues needs none. Defaults to none. */
  readonly tasks?: readonly TaskDefinition<never, NoInfer<Env>>[];
  /** For tasks that do not say otherwise. Defaults to {@link TASK_DEFAULTS}. */
  readonly defaults?: DefaultOptions;
  /** How long finished tasks are kept. Defaults to 7 days, FAILED ones 30. */
  readonly retention?: RetentionOptions;
  /** What handlers get as `ctx.env`: a Worker's bindings. Defaults to `{}`. */
  readonly env?: Env;
  /** Of the drain that `kick` starts. Defaults to 5 handlers at once, 45 queries, and all queues. */
  readonly kick?: Partial<Pick<DrainOptions, "concurrency" | "queryBudget" | "queues">>;
  /** Around each enqueue and each run; the first is the outermost. Defaults to none. */
  readonly middleware?: readonly Middleware[];
  /** Counts how attempts end, by queue and minute, for `queue.history()`, at 2 rows a flush and queue, and what waits, at 1 row a minute. Defaults to false. */
  readonly history?: HistoryOption;
  /** The schedules that this code declares: a drain brings the database to them. Defaults to saying nothing of schedules. */
  readonly schedules?: readonly ScheduleDefinition[];
  /** Whose schedules they are: apps that share a database have names of their own. Defaults to `"default"`. */
  readonly app?: string;
  /** Hears of every transition that this process makes. Defaults to nobody. */
  readonly onEvent?: EventListener;
  /** Takes what handlers write to `ctx.log`. Defaults to silence. */
  readonly log?: Logger;
  /** An injected clock, in milliseconds since the epoch; it is taken as the database's. Defaults to the machine's. */
  readonly now?: () => number;
  /** A number from 0 to 1, exclusive, for jitter. Defaults to `Math.random`. */
  readonly random?: () => number;
}

/** What a kick cannot see of the request that it is in. */
export interface KickOptions {
  /**
   * Queries that the request's own code sends, before the kick and after it, each statement of a batch counted: the platform counts
   * them with the kick's, which leaves as many of its budget. Defaults to 20.
   */
  readonly queries?: number;
}

/** What a queue is made of, besides its tasks. */
export interface QueueParts<Native> extends Omit<QueueOptions<Native>, "tasks"> {
  /** Makes the `ctx.env` of one drain's handlers; `spend` is to be told of their own queries. Defaults to `env`, unmetered. */
  readonly envFor?: (spend: SpendQueries) => unknown;
  /** Goes on counting. Defaults to a new one. */
  readonly metrics?: Metrics;
  /** The schedules where several queues of one process share them. Defaults to what `schedules` and `app` say. */
  readonly declaration?: Declaration | null;
}

/** @throws {ConfigError} {@link ValidationError} */
export function declarationOf({
  declaration,
  schedules,
  app,
}: Pick<QueueParts<unknown>, "declaration" | "schedules" | "app">): Declaration | null {
  if (declaration !== undefined) return declaration;
  return schedules === undefined ? null : new Declaration(schedules, app);
}

/** Something that keeps a request's work alive after its response: a Worker's `ctx`. */
export interface WaitUntil {
  waitUntil(promise: Promise<unknown>): void;
}
