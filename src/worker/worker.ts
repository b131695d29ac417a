import type { ExecutionContext } from "hono";
import type { SpendQueries } from "../core/budget.ts";
import { type Duration, parseDuration, parseInteger } from "../core/duration.ts";
import type { EventListener } from "../core/events.ts";
import type { HistoryOption } from "../core/history.ts";
import { Metrics } from "../core/metrics.ts";
import type { Middleware } from "../core/middleware.ts";
import { LIMITS } from "../core/options.ts";
import { Queue } from "../core/queue.ts";
import { declarationOf } from "../core/queue-options.ts";
import { Registry, type TaskDefinition } from "../core/registry.ts";
import type { ScheduleDefinition } from "../core/schedule.ts";
import type { Storage } from "../core/storage.ts";
import { type Config, parseConfig } from "../runtime/config.ts";
import { consoleLogger, listen } from "../runtime/log.ts";
import { WORKER_DEFAULTS } from "./defaults.ts";
import { meterDatabases } from "./meter.ts";
import { makeSite } from "./site.ts";

export interface WorkerOptions<Env extends object, Native> {
  /** Makes the storage for one invocation from the Worker's bindings. */
  readonly storage: (env: Env, config: Config) => Storage<Native>;
  readonly tasks: readonly TaskDefinition<never, NoInfer<Env>>[];
  /** Only these queues, in this order. Defaults to all. */
  readonly queues?: readonly string[];
  /** Handlers at once in one invocation: 1 to 1,000. Defaults to 5, since a Worker may have 6 connections open. */
  readonly concurrency?: number;
  /** How long a cron tick claims: up to 14 minutes. Defaults to a minute, so that ticks meet. */
  readonly cronDeadline?: Duration;
  /** Around each enqueue and each run; the first is the outermost. Defaults to none. */
  readonly middleware?: readonly Middleware[];
  /** Counts how attempts end, by queue and minute: 2 rows a flush and queue. Defaults to what `OMNIQ_HISTORY` says, else false. */
  readonly history?: HistoryOption;
  /** The schedules that this code declares. Defaults to saying nothing of schedules: those on file are fired all the same. */
  readonly schedules?: readonly ScheduleDefinition[];
  /** Whose schedules they are: apps that share a database have names of their own. Defaults to `"default"`. */
  readonly app?: string;
  /** Whether the dashboard is served beside the API, at `/`. Defaults to true. */
  readonly dashboard?: boolean;
  /** Hears of every transition, after the log. Defaults to nobody. */
  readonly onEvent?: EventListener;
}

/** A Worker's handlers, and its queue for code of your own. */
export interface OmniqWorker<Env, Native> {
  fetch(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response>;
  scheduled(event: unknown, env: Env): Promise<void>;
  /**
   * The queue of one invocation: its statements count against that invocation's query budget. What your own code asks of the
   * database is not seen, and `queue.kick` leaves room for it.
   */
  queueFor(env: Env): Queue<Native>;
}

/** A purge page takes about 5 queries: few budgets leave room for more than one beside the tick's own work. */
const QUERIES_A_PURGE_PAGE = 20;

/**
 * A Worker that serves the HTTP API and runs tasks: after each enqueue for a moment, and on each cron tick for a minute.
 *
 * @param options the storage, the tasks and, where the defaults do not serve, how they are run
 * @returns the Worker's default export
 * @throws {ValidationError} when an option is out of its range, {@link ConfigError} when two tasks share a name or one takes
 *   longer than a Worker may; and at the first request or tick, when a variable of the environment cannot be used
 * @example export default createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks: [sendEmail] });
 */
export function createWorker<Env extends object, Native>(
  options: WorkerOptions<Env, Native>,
): OmniqWorker<Env, Native> {
  const { concurrency = WORKER_DEFAULTS.concurrency, queues } = options;
  parseInteger(concurrency, "concurrency", LIMITS.concurrency);
  const wanted = options.cronDeadline ?? WORKER_DEFAULTS.cronDeadline;
  const cronDeadline = parseDuration(wanted, "cronDeadline", {
    min: 1,
    max: WORKER_DEFAULTS.longestTimeout,
  });
  const registry = new Registry(options.tasks, WORKER_DEFAULTS.longestTimeout);

  // Of all the invocations of this isolate.
  const metrics = new Metrics();
  // Of the isolate, not of one invocation: it is brought into the database once.
  const declaration = declarationOf(options);

  const open = (env: Env) => {
    const config = parseConfig(env);
    const log = consoleLogger(config.logLevel);
    const parts = {
      storage: options.storage(env, config),
      defaults: config.defaults,
      retention: config.retention,
      history: options.history ?? config.history,
      middleware: options.middleware,
      metrics,
      kick: { concurrency, queues, queryBudget: config.queryBudget },
      envFor: (spend: SpendQueries) => meterDatabases(env, spend),
      declaration,
      log,
      onEvent: listen(log, options.onEvent),
    };
    const queue = new Queue(parts, registry);
    return { config, queue, log };
  };

  const site = makeSite((context) => {
    const { config, queue, log } = logged(() => open(context.env));
    return {
      queue,
      keys: config.keys,
      sessionSecret: config.sessionSecret,
      // The API asks the database by the queue alone.
      kick: () => queue.kick(context.executionCtx, { queries: 0 }),
      onError: (error) => log.error("request failed", { path: context.req.path, error: String(error) }),
    };
  }, options.dashboard ?? true);

  return {
    fetch: (request, env, context) => site(request, env, context),
    async scheduled(_event, env) {
      const start = Date.now();
      const { config, queue } = open(env);
      const pages = Math.max(1, Math.floor(config.queryBudget / QUERIES_A_PURGE_PAGE));
      await queue.purgeDue(pages);
      await queue.drain({
        concurrency,
        queues,
        deadline: cronDeadline,
        // The platform counts the purge too.
        hardDeadline: WORKER_DEFAULTS.cronHardDeadline - (Date.now() - start),
        linger: cronDeadline,
        queryBudget: config.queryBudget,
      });
    },
    queueFor: (env) => open(env).queue,
  };
}

/** What keeps a request from being served at all must be found in the log; how much to log may be what could not be read. */
function logged<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    consoleLogger("error").error("the Worker cannot start", { error: String(error) });
    throw error;
  }
}
