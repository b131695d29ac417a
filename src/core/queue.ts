import { AMBIENT } from "./ambient.ts";
import { Clock } from "./clock.ts";
import { drain } from "./drain.ts";
import { type Duration, type Instant, parseDuration, parseInstant, parseInteger } from "./duration.ts";
import type { DrainOptions, DrainReport, Engine } from "./engine.ts";
import { TaskNotFoundError, TaskPurgedError } from "./errors.ts";
import { type EventListener, guarded } from "./events.ts";
import { parseFilter } from "./filter.ts";
import { KICK_DRAIN, takeKick } from "./kick.ts";
import { type Logger, SILENT } from "./log.ts";
import {
  type EnqueueOptions,
  LIMITS,
  parseId,
  parseText,
  TASK_DEFAULTS,
  type TaskDefaults,
  WORKER_DEFAULTS,
} from "./options.ts";
import {
  type EnqueueRequest,
  enqueueRequest,
  type PrepareSettings,
  prepareTask,
  prepareTasks,
} from "./prepare.ts";
import { Registry, type TaskDefinition } from "./registry.ts";
import { purgeDue, RETENTION, type Retention } from "./retention.ts";
import type {
  EnqueueReceipt,
  IdempotencyKey,
  Page,
  QueueSettings,
  QueueSummary,
  Storage,
  TaskFilter,
  TaskOutcome,
} from "./storage.ts";
import type { NewTask, Task, TaskResult } from "./task.ts";
import { waitForResult } from "./wait.ts";

export interface QueueOptions<Native, Env = unknown> {
  readonly storage: Storage<Native>;
  /** The tasks whose handlers run here. A process that only enqueues needs none. Defaults to none. */
  readonly tasks?: readonly TaskDefinition<never, NoInfer<Env>>[];
  /** For tasks that do not say otherwise. Defaults to {@link TASK_DEFAULTS}. */
  readonly defaults?: Partial<TaskDefaults>;
  /** How long finished tasks are kept. Defaults to 7 days, FAILED ones 30. */
  readonly retention?: Partial<Retention>;
  /** What handlers get as `ctx.env`: a Worker's bindings. Defaults to `{}`. */
  readonly env?: Env;
  /** Settings of the drain that `kick` starts, over {@link KICK_DRAIN}. */
  readonly kick?: Partial<Pick<DrainOptions, "concurrency" | "queryBudget" | "queues">>;
  /** Hears of every transition that this process makes. Defaults to nobody. */
  readonly onEvent?: EventListener;
  /** Takes what handlers write to `ctx.log`. Defaults to silence. */
  readonly log?: Logger;
  /** An injected clock, in milliseconds since the epoch; it is taken as the database's. Defaults to the machine's. */
  readonly now?: () => number;
  /** A number from 0 to 1, exclusive, for jitter. Defaults to `Math.random`. */
  readonly random?: () => number;
}

/** Something that keeps a request's work alive after its response: a Worker's `ctx`. */
export interface WaitUntil {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * A queue over a storage: enqueues, looks up, operates and drains.
 *
 * @example
 * const queue = createQueue({ storage: d1Storage(env.DB), tasks: [sendEmail] });
 * const { id } = await queue.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m" });
 */
export function createQueue<Native, Env = unknown>(options: QueueOptions<Native, Env>): Queue<Native> {
  return new Queue(options, new Registry(options.tasks ?? []));
}

/** What a queue is made of, besides its tasks. */
type QueueParts<Native> = Omit<QueueOptions<Native>, "tasks">;

export class Queue<Native = unknown> {
  readonly registry: Registry;
  readonly #options: QueueParts<Native>;
  readonly #storage: Storage<Native>;
  readonly #clock: Clock;
  readonly #settings: PrepareSettings;
  readonly #retention: Retention;
  readonly #emit: EventListener;
  readonly #listeners = new Set<() => void>();

  constructor(options: QueueParts<Native>, registry: Registry) {
    this.#options = options;
    this.#storage = options.storage;
    this.#clock = new Clock(options.now);
    this.#retention = { ...RETENTION, ...options.retention };
    this.#emit = guarded(options.onEvent, options.log ?? SILENT);
    this.registry = registry;
    const { longestTimeout } = registry;
    this.#settings = { ...TASK_DEFAULTS, ...options.defaults, longestTimeout };
  }

  get storage(): Storage<Native> {
    return this.#storage;
  }

  /** The moment by this queue's clock. */
  now(): number {
    return this.#clock.now();
  }

  /** The same queue over a session's storage: its reads see at least what the session has seen. */
  over(storage: Storage): Queue {
    return new Queue({ ...this.#options, storage }, this.registry);
  }

  /**
   * Enqueues one task.
   *
   * @param task its definition
   * @param input its payload, checked by the definition's schema
   * @param options see {@link EnqueueOptions}
   * @returns its id; `duplicate: true` with the id of the task that already had the id or the unique key
   * @throws {ValidationError} {@link SerializationError} {@link TooLargeError} {@link IdConflictError}
   * @example await queue.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m", uniqueKey: "welcome:a" })
   */
  async enqueue<Input>(
    task: TaskDefinition<Input>,
    input: Input,
    options: EnqueueOptions = {},
  ): Promise<EnqueueReceipt> {
    const now = this.now();
    const prepared = await this.prepare(enqueueRequest(task, input, options), now);
    const [receipt] = await this.submit([prepared], now);
    if (receipt === undefined) throw new TaskNotFoundError(prepared.id);
    return receipt;
  }

  /** Enqueues up to 10,000 tasks, all or nothing. @returns a receipt for each, in order */
  async enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueReceipt[]> {
    const now = this.now();
    return this.submit(await this.prepareMany(requests, now), now);
  }

  /** Checks a request and applies the defaults: what `submit` takes. */
  prepare(request: EnqueueRequest, now: number): Promise<NewTask> {
    return prepareTask(request, this.#settings, now);
  }

  prepareMany(requests: readonly EnqueueRequest[], now: number): Promise<NewTask[]> {
    return prepareTasks(requests, this.#settings, now);
  }

  /** Inserts tasks that are prepared. @throws {IdempotencyConflictError} */
  async submit(
    tasks: readonly NewTask[],
    now: number,
    idempotency?: IdempotencyKey,
  ): Promise<readonly EnqueueReceipt[]> {
    const receipts = await this.#storage.enqueueMany(tasks, now, idempotency);
    for (const listener of this.#listeners) listener();
    return receipts;
  }

  /**
   * The statements that enqueue a task, for a batch of your own: your rows and the task commit or fail together.
   *
   * @example
   * await env.DB.batch([insertOrder, ...(await queue.statements(sendReceipt, { orderId }))]);
   * queue.kick(ctx);
   */
  async statements<Input>(
    task: TaskDefinition<Input>,
    input: Input,
    options: EnqueueOptions = {},
  ): Promise<Native[]> {
    const now = this.now();
    const prepared = await this.prepare(enqueueRequest(task, input, options), now);
    return this.#storage.statements([prepared], now);
  }

  /**
   * Starts a drain in the rest of this request's time. Skipped within a second of this isolate's last kick, whichever queue that
   * was by: its drain looks for what came after it. An isolate that serves several databases leaves some tasks to cron.
   *
   * @param context a Worker's `ctx`
   * @example queue.kick(ctx)
   */
  kick(context: WaitUntil): void {
    const settings = { ...KICK_DRAIN, ...this.#options.kick };
    // A large batch may have used up what one invocation may ask of the database: cron runs its tasks.
    if (this.#storage.queryCount >= (settings.queryBudget ?? Number.POSITIVE_INFINITY)) return;
    if (!takeKick(this.now())) return;
    const drained = this.drain(settings);
    // The response is on its way: nobody is left to hear of an error but the listener.
    context.waitUntil(
      drained.catch((error) => this.#emit({ type: "storage.failed", during: "kick", error })),
    );
  }

  /** Claims and runs tasks until nothing is due, or until a deadline, a budget or a signal ends it. @throws {ValidationError} */
  async drain(options: Partial<DrainOptions> = {}): Promise<DrainReport> {
    const wanted = options.concurrency ?? WORKER_DEFAULTS.concurrency;
    const concurrency = parseInteger(wanted, "concurrency", LIMITS.concurrency);
    if (options.lease !== undefined) parseInteger(options.lease, "lease", LIMITS.lease);
    let wake: (() => void) | undefined;
    const onStart = (start: () => void) => {
      wake = start;
      this.#listeners.add(start);
      options.onStart?.(start);
    };
    return drain(this.#engine(), { ...options, concurrency, onStart }).finally(
      () => wake && this.#listeners.delete(wake),
    );
  }

  /**
   * Purges what is past its time, if that is due. The listener hears of it; where the database fails it hears of that, and the
   * next purge goes on.
   *
   * @param pages of 1,000 tasks, at most
   * @returns how many went
   */
  async purgeDue(pages: number): Promise<number> {
    try {
      const count = await purgeDue(this.#storage, this.#retention, this.now(), pages);
      if (count > 0) this.#emit({ type: "tasks.purged", count });
      return count;
    } catch (error) {
      this.#emit({ type: "storage.failed", during: "purge", error });
      return 0;
    }
  }

  /** @throws {TaskNotFoundError} {@link TaskPurgedError} */
  async get(id: string): Promise<Task> {
    const task = await this.#storage.getTask(parseId(id, "id"));
    return task ?? this.#explainAbsence(id);
  }

  /** One page of tasks, newest first. @throws {ValidationError} */
  async list(filter: Partial<TaskFilter> = {}): Promise<Page<Task>> {
    return this.#storage.listTasks(parseFilter(filter));
  }

  /**
   * How a task ended.
   *
   * @param options `wait`: how long to wait for it, at most 30 s. Defaults to not at all.
   * @returns null while there is no result
   * @throws {TaskNotFoundError} {@link TaskPurgedError}
   */
  async result(id: string, options: { readonly wait?: Duration } = {}): Promise<TaskResult | null> {
    const wait = options.wait === undefined ? 0 : parseDuration(options.wait, "wait", LIMITS.wait);
    return waitForResult(() => this.#outcome(id), this.#storage.outcomeQueries, wait);
  }

  /** Cancels a task that has not ended; a handler that runs is aborted at its next heartbeat. @throws {TaskStatusError} */
  async cancel(id: string): Promise<Task> {
    return this.#storage.cancel(parseId(id, "id"), this.now());
  }

  /** Runs a FAILED or CANCELLED task again from the start. @throws {TaskStatusError} {@link UniqueConflictError} */
  async retry(id: string): Promise<Task> {
    const task = await this.#storage.retry(parseId(id, "id"), this.now());
    for (const listener of this.#listeners) listener();
    return task;
  }

  /** Moves the eta of a task that waits, and keeps its counters. @throws {TaskStatusError} */
  async reschedule(id: string, eta: Instant): Promise<Task> {
    return this.#storage.reschedule(parseId(id, "id"), parseInstant(eta, "eta"), this.now());
  }

  queues(): Promise<readonly QueueSummary[]> {
    return this.#storage.listQueues(this.now());
  }

  /** Pauses or resumes a queue, or limits how many of its tasks run at once over all workers. */
  async configureQueue(name: string, settings: QueueSettings): Promise<void> {
    const { concurrency } = settings;
    if (concurrency !== undefined && concurrency !== null)
      parseInteger(concurrency, "concurrency", LIMITS.queueConcurrency);
    return this.#storage.configureQueue(parseText(name, "name"), settings);
  }

  async #outcome(id: string): Promise<TaskOutcome> {
    return (await this.#storage.getOutcome(parseId(id, "id"))) ?? this.#explainAbsence(id);
  }

  async #explainAbsence(id: string): Promise<never> {
    throw (await this.#storage.mayBePurged(id)) ? new TaskPurgedError(id) : new TaskNotFoundError(id);
  }

  #engine(): Engine {
    const { env = {}, log = SILENT, random = AMBIENT.random } = this.#options;
    const [storage, registry, clock, emit] = [this.#storage, this.registry, this.#clock, this.#emit];
    return { storage, registry, clock, random, env, log, emit };
  }
}
