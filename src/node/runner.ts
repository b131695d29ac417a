import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { type Duration, parseDuration, parseInteger } from "../core/duration.ts";
import type { DrainOptions } from "../core/engine.ts";
import type { EventListener } from "../core/events.ts";
import type { HistoryOption } from "../core/history.ts";
import type { Logger } from "../core/log.ts";
import type { Middleware } from "../core/middleware.ts";
import { type DefaultOptions, DRAIN_DEFAULTS, LIMITS } from "../core/options.ts";
import { Queue } from "../core/queue.ts";
import { Registry, type TaskDefinition } from "../core/registry.ts";
import type { RetentionOptions } from "../core/retention.ts";
import type { ScheduleDefinition } from "../core/schedule.ts";
import type { Storage } from "../core/storage.ts";
import { consoleLogger, listen } from "../runtime/log.ts";
import { NODE_DEFAULTS } from "./defaults.ts";
import { installSignals, noteEnd, noteStart } from "./signals.ts";

export interface RunnerOptions<Native, Env = NodeJS.ProcessEnv> {
  /** Where the tasks are, such as `libsqlStorage({ url: "file:queue.db" })`. */
  readonly storage: Storage<Native>;
  /** The tasks whose handlers run here. Those of other names are left to other workers. */
  readonly tasks: readonly TaskDefinition<never, NoInfer<Env>>[];
  /** Handlers at once: 1 to 1,000. Defaults to 10. */
  readonly concurrency?: number;
  /** Only these queues, in this order. Defaults to all. */
  readonly queues?: readonly string[];
  /** How long a stop waits for handlers before it aborts and releases them: 0 to 1 day. Defaults to 10 s. */
  readonly grace?: Duration;
  /**
   * How long a task of a worker that died waits to be rescued: 1 s to 1 day. Defaults to 2 minutes, which outlasts a database that
   * stalls; a local file needs less.
   */
  readonly lease?: Duration;
  /** Stop on SIGTERM and SIGINT, then exit once every runner of this process has stopped. Defaults to true. */
  readonly signals?: boolean;
  /** For tasks that do not say otherwise. Defaults to {@link TASK_DEFAULTS}. */
  readonly defaults?: DefaultOptions;
  /** How long finished tasks are kept. Defaults to 7 days, FAILED ones 30. */
  readonly retention?: RetentionOptions;
  /** What handlers get as `ctx.env`. Defaults to `process.env`. */
  readonly env?: Env;
  /** Takes the events, and what handlers write to `ctx.log`. Defaults to one that writes JSON lines from `info` on. */
  readonly log?: Logger;
  /** Around each enqueue and each run; the first is the outermost. Defaults to none. */
  readonly middleware?: readonly Middleware[];
  /** Counts how attempts end, by queue and minute, for `queue.history()`: 2 rows a flush and queue. Defaults to false. */
  readonly history?: HistoryOption;
  /** The schedules that this code declares. Defaults to saying nothing of schedules: those on file are fired all the same. */
  readonly schedules?: readonly ScheduleDefinition[];
  /** Whose schedules they are: apps that share a database have names of their own. Defaults to `"default"`. */
  readonly app?: string;
  /** Hears of every transition, after the log. Defaults to nobody. */
  readonly onEvent?: EventListener;
}

/** A long-lived worker in this process. */
export interface Runner<Native> {
  /**
   * Its queue: what is enqueued by it starts at once. A new database takes nothing before its migrations: await
   * `queue.storage.initialize()` first.
   */
  readonly queue: Queue<Native>;
  /**
   * Makes sure of the schema and runs tasks until it is stopped. A database that is down is waited for. A runner runs once: a
   * second call gives the promise of the first.
   */
  run(): Promise<void>;
  /**
   * Claims nothing more, gives back what has not started, lets the rest end within the grace. Resolves when all is written, at the
   * latest 3 s after the grace: what a database that hangs has not taken by then is left to the end of its lease.
   */
  stop(): Promise<void>;
}

/**
 * A runner: the drain loop in a long-lived process.
 *
 * On a libSQL file it sees at once what another process enqueues; on a server it polls, at most a second apart.
 *
 * @param options the storage, the tasks and, where the defaults do not serve, how they are run
 * @throws {ConfigError} when two tasks share a name, {@link ValidationError} when an option is out of its range
 * @example
 * const runner = createRunner({ storage: libsqlStorage({ url: "file:queue.db" }), tasks: [sendEmail] });
 * await runner.run();
 */
export function createRunner<Native, Env = NodeJS.ProcessEnv>(
  options: RunnerOptions<Native, Env>,
): Runner<Native> {
  const log = options.log ?? consoleLogger("info");
  const onEvent = listen(log, options.onEvent);
  const { storage, tasks, defaults, retention, history, middleware, env = process.env } = options;
  const { schedules, app } = options;
  const settings = parseSettings(options);
  const queue = new Queue(
    { storage, defaults, retention, history, middleware, env, log, onEvent, schedules, app },
    new Registry(tasks),
  );
  const stopping = new AbortController();

  let running: Promise<void> | undefined;

  const stop = async () => {
    stopping.abort();
    await running;
  };

  const start = async () => {
    noteStart();
    const uninstall = options.signals === false ? () => {} : installSignals(() => stopping.abort(), log);
    const { purge } = NODE_DEFAULTS;
    const purging = setInterval(() => void queue.purgeDue(purge.pages), purge.every);
    try {
      const working = work(queue, settings, stopping.signal, onEvent);
      if (await endsInTime(working, settings.grace, stopping.signal)) return;
      log.warn("stopped before the database answered: what it has not taken is left to the end of its lease");
    } finally {
      clearInterval(purging);
      uninstall();
      noteEnd();
    }
  };

  const run = () => {
    running ??= start();
    return running;
  };

  return { queue, run, stop };
}

interface Settings extends Pick<DrainOptions, "concurrency" | "queues" | "lease"> {
  readonly grace: number;
}

function parseSettings<Native, Env>({
  concurrency = NODE_DEFAULTS.concurrency,
  queues,
  lease = DRAIN_DEFAULTS.lease,
  grace = NODE_DEFAULTS.grace,
}: RunnerOptions<Native, Env>): Settings {
  return {
    concurrency: parseInteger(concurrency, "concurrency", LIMITS.concurrency),
    queues,
    lease: parseDuration(lease, "lease", LIMITS.lease),
    grace: parseDuration(grace, "grace", LIMITS.grace),
  };
}

/** Drains until the signal; whatever ends a drain before that is waited out. */
async function work<Native>(
  queue: Queue<Native>,
  settings: Settings,
  signal: AbortSignal,
  onEvent: EventListener,
): Promise<void> {
  let delay: number = NODE_DEFAULTS.restart.min;
  while (!signal.aborted) {
    try {
      await queue.storage.initialize();
      const watched = (await queue.storage.readDataVersion()) !== null;
      const poll = watched
        ? { min: NODE_DEFAULTS.serverPoll.max, max: NODE_DEFAULTS.serverPoll.max }
        : NODE_DEFAULTS.serverPoll;
      const watch = new AbortController();
      const onStart = (wake: () => void) => {
        delay = NODE_DEFAULTS.restart.min;
        if (watched) void watchFile(queue.storage, wake, AbortSignal.any([signal, watch.signal]));
      };
      const linger = Number.POSITIVE_INFINITY;
      await queue.drain({ ...settings, signal, poll, linger, onStart }).finally(() => watch.abort());
    } catch (error) {
      onEvent({ type: "storage.failed", during: "run", error });
      await pause(delay, signal);
      delay = Math.min(NODE_DEFAULTS.restart.max, delay * 2);
    }
  }
}

/** Wakes the drain when another process commits to the file: `data_version` says so without reading a table. */
async function watchFile(storage: Storage, wake: () => void, signal: AbortSignal): Promise<void> {
  let seen: number | null = null;
  while (!signal.aborted) {
    // A file that cannot be read now is the drain's own concern: it will meet the same error.
    const version = await storage.readDataVersion().catch(() => seen);
    if (version !== seen && seen !== null) wake();
    seen = version;
    await pause(NODE_DEFAULTS.filePoll, signal);
  }
}

/** Ends at once when the signal aborts, and leaves no timer behind. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}

/**
 * Waits for the work; once it was asked to stop, no longer than the grace and a little for what ended within it. A database that
 * hangs may take minutes.
 *
 * @returns whether it ended
 */
async function endsInTime(working: Promise<void>, grace: number, signal: AbortSignal): Promise<boolean> {
  const ended = new AbortController();
  const stopped = signal.aborted ? Promise.resolve() : once(signal, "abort");
  const timeIsUp = stopped.then(() => pause(grace + NODE_DEFAULTS.lastWrites, ended.signal));
  return Promise.race([working.then(() => true), timeIsUp.then(() => false)]).finally(() => ended.abort());
}
