import { describe } from "./describe.ts";
import {
  type Duration,
  type Instant,
  parseDuration,
  parseInstant,
  parseInteger,
  type Range,
} from "./duration.ts";
import { FieldError, ValidationError } from "./errors.ts";
import { ID_AHEAD, idTime, isId } from "./id.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Bounds that hold at every entry point, checked before any SQL. */
export const LIMITS = {
  /** `args` and `kwargs` together, as JSON. */
  payloadBytes: 256 * 1024,
  resultBytes: 1024 * 1024,
  errorBytes: 8 * 1024,
  depth: 100,
  textLength: 255,
  /** The headers of a trace, as JSON. */
  traceLength: 4_096,
  /** Tasks in one `enqueueMany`. */
  batch: 10_000,
  /** Tasks that one waits for. */
  parents: 100,
  /** How far ahead of the clock the time inside a given id may be. */
  idAhead: ID_AHEAD,
  priority: { min: 0, max: 9 },
  maxRetries: { min: 0, max: 1_000 },
  timeout: { min: 1, max: 7 * DAY },
  /** A task that is due again at once would take the queries, and the claims, of all others: after a snooze too. */
  interval: { min: SECOND / 10, max: 366 * DAY },
  snooze: { min: SECOND / 10, max: 3_660 * DAY },
  delay: { min: 0, max: 3_660 * DAY },
  timeToLive: { min: 0, max: 3_660 * DAY },
  /** The wait for another attempt. */
  backoff: { min: 0, max: 366 * DAY },
  /** How long a unique key may be held by time alone: a window, a debounce. */
  uniqueWindow: { min: 1, max: 366 * DAY },
  /** Of a schedule: how often it may fire, how much it may be late by chance, and how many firings it makes up for at once. */
  every: { min: SECOND, max: 366 * DAY },
  jitter: { min: 0, max: DAY },
  catchUpLimit: { min: 1, max: 1_000 },
  firings: { min: 1, max: 100 },
  queueConcurrency: { min: 1, max: 1_000_000 },
  concurrency: { min: 1, max: 1_000 },
  /** A long poll for a result. */
  wait: { min: 0, max: 30 * SECOND },
  /** A D1 invocation may send 50 queries on the Free plan and 1,000 on the paid one. Fewer than 20 would leave a tick none to rescue and claim by. */
  queryBudget: { min: 20, max: 1_000_000 },
  ownQueries: { min: 0, max: 1_000_000 },
  purgePages: { min: 1, max: 1_000 },
  bulkPages: { min: 1, max: 100 },
  listLimit: { min: 1, max: 1_000 },
  searchLimit: { min: 1, max: 100 },
  lease: { min: SECOND, max: DAY },
  /** How long handlers may run on after a stop. */
  grace: { min: 0, max: DAY },
} as const satisfies Record<string, number | Range>;

/** What a task has where neither its enqueue nor its definition says otherwise. */
export interface TaskDefaults {
  /** Defaults to `"default"`. */
  readonly queue: string;
  /** 0 to 9, 0 first. Defaults to 5. */
  readonly priority: number;
  /** Defaults to 3: up to four runs. */
  readonly maxRetries: number;
  /** In milliseconds. Defaults to 25 s, so that the task fits the drain that an enqueue starts. */
  readonly timeout: number;
}

export const TASK_DEFAULTS: TaskDefaults = {
  queue: "default",
  priority: 5,
  maxRetries: 3,
  timeout: 25 * SECOND,
};

/** How a drain works. Every duration is in milliseconds. */
export const DRAIN_DEFAULTS = {
  /** D1 has stalled for 80 s: a lease must outlast that. Four heartbeats, and as many rescues, fit into one. */
  lease: 2 * MINUTE,
  /** Queries of a drain's own from one claim to the next: it looks for the next eta, claims, and flushes what ended. */
  roundQueries: 4,
  /** Queries of a rescue that finds nothing. */
  rescueQueries: 3,
  /** How often it is looked at what cannot wait for a database that does not answer: deadlines and the ends of leases. */
  watch: SECOND,
  /** How long a write that the database does not answer is tried again beyond the end of everything. */
  lastFlush: 2 * SECOND,
  /** Completions are flushed at this count, or when the first of them is this old. */
  flushCount: 256,
  flushDelay: 5,
  poll: SECOND,
  /** Tasks claimed beyond the free slots: at most what was finished within this time, and at most this many. */
  prefetchWindow: 50,
  prefetchCount: 256,
  /** Queries kept back for the last flush. */
  queryReserve: 6,
  /** More of them where what ended is counted in the history. */
  historyQueries: 2,
  /** A handler unknown to this worker (a rolling deploy) is left to others for this long. */
  unknownTaskDelay: MINUTE,
} as const;

/** How long finished tasks and their results are kept. */
export const RETENTION_DEFAULTS = {
  result: 7 * DAY,
  failed: 30 * DAY,
  idempotencyKey: DAY,
  purgeInterval: HOUR,
} as const;

/** What an enqueue may say about a task. What it does not say the definition does, and then the queue's defaults. */
export interface EnqueueOptions {
  /** Positional values, JSON, which the handler reads from `ctx.args`. Defaults to `[]`. */
  readonly args?: readonly unknown[];
  /**
   * A UUIDv7 of your own: enqueuing it again with the same content changes nothing, with another it is refused. The content is
   * everything but the eta, which a `delay` moves. Defaults to a new one.
   */
  readonly id?: string;
  /** The queue that it waits in: a text of 1 to 255 characters. Defaults to `"default"`. */
  readonly queue?: string;
  /** An integer from 0 to 9; 0 is claimed first. Defaults to 5. */
  readonly priority?: number;
  /** Not before this moment. Defaults to now. */
  readonly eta?: Instant;
  /** The same, counted from now: up to 10 years. Give one of the two. */
  readonly delay?: Duration;
  /** Run again this long after each success: 100 ms to a year. Defaults to once only. */
  readonly interval?: Duration;
  /** An integer from 0 to 1,000: the task may run once more than that. Defaults to 3. */
  readonly maxRetries?: number;
  /** How long one attempt may take: 1 ms to 7 days, in a Worker up to 14 minutes. Defaults to 25 s. */
  readonly timeout?: Duration;
  /** At most one task with this key is pending, retrying or running; `unique` can say otherwise. */
  readonly uniqueKey?: string;
}

const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Checks a text field. A lone surrogate that reaches the database aborts the process that reads it back.
 *
 * @throws {ValidationError}
 */
export function parseText(value: unknown, field: string): string {
  const valid =
    typeof value === "string" &&
    value.length > 0 &&
    value.length <= LIMITS.textLength &&
    value.isWellFormed() &&
    !CONTROL_CHARACTER.test(value);
  if (!valid) {
    const expected = `well-formed text of 1 to ${LIMITS.textLength} characters without control characters`;
    throw new ValidationError(field, expected, describe(value));
  }
  return value;
}

/** @throws {ValidationError} when `value` is no UUIDv7. */
export function parseId(value: unknown, field: string): string {
  const id = typeof value === "string" ? value.toLowerCase() : value;
  if (typeof id !== "string" || !isId(id)) throw new ValidationError(field, "a UUIDv7", describe(value));
  return id;
}

/** As {@link parseId}, and not from the future: purging relies on ids that are no younger than their task. */
export function parseNewId(value: unknown, field: string, now: number): string {
  const id = parseId(value, field);
  if (idTime(id) > now + LIMITS.idAhead) {
    throw new ValidationError(field, "a UUIDv7 at most 5 minutes ahead of the clock", describe(value));
  }
  return id;
}

/** The eta that `eta` or `delay` ask for, now where neither is given. */
export function parseEta(options: Pick<EnqueueOptions, "eta" | "delay">, now: number): number {
  if (options.eta !== undefined && options.delay !== undefined) {
    throw new ValidationError("delay", "absent where eta is given", describe(options.delay));
  }
  if (options.delay !== undefined) return now + parseDuration(options.delay, "delay", LIMITS.delay);
  return options.eta === undefined ? now : parseInstant(options.eta, "eta");
}

/** What a definition and an enqueue may both set. */
export type SharedOptions = Pick<
  EnqueueOptions,
  "queue" | "priority" | "interval" | "maxRetries" | "timeout"
>;
export type ParsedOptions = TaskDefaults & { readonly interval: number | null };

/** Checks the options that are given and fills in the others from `defaults`. */
export function parseShared(options: SharedOptions, defaults: ParsedOptions): ParsedOptions {
  const { queue, priority, interval, maxRetries, timeout } = options;
  return {
    queue: queue === undefined ? defaults.queue : parseText(queue, "queue"),
    priority:
      priority === undefined ? defaults.priority : parseInteger(priority, "priority", LIMITS.priority),
    interval:
      interval === undefined ? defaults.interval : parseDuration(interval, "interval", LIMITS.interval),
    maxRetries:
      maxRetries === undefined
        ? defaults.maxRetries
        : parseInteger(maxRetries, "maxRetries", LIMITS.maxRetries),
    timeout: timeout === undefined ? defaults.timeout : parseDuration(timeout, "timeout", LIMITS.timeout),
  };
}

/** What a queue gives to tasks that do not say otherwise, as it is written: the timeout may be a text such as `"30s"`. */
export type DefaultOptions = Omit<SharedOptions, "interval">;

/** Checks a queue's defaults and fills in the others. @throws {ValidationError} naming the field, as `defaults.queue` */
export function parseDefaults({ queue, priority, maxRetries, timeout }: DefaultOptions = {}): TaskDefaults {
  const given = { queue, priority, maxRetries, timeout };
  const { interval: _, ...defaults } = within("defaults", () =>
    parseShared(given, { ...TASK_DEFAULTS, interval: null }),
  );
  return defaults;
}

/** Names the option in a fault of one of its fields. */
export function within<T>(option: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof FieldError ? error.within(option) : error;
  }
}
