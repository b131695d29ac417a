import { AMBIENT } from "./ambient.ts";
import { drain } from "./drain.ts";
import { parseInteger } from "./duration.ts";
import { type DrainOptions, type DrainReport, type Engine, parseDrain } from "./engine.ts";
import { type EventListener, guarded } from "./events.ts";
import { type HistoryCounts, parseHistory } from "./history.ts";
import { type BatchSubmission, Intake, type Submission } from "./intake.ts";
import { KICK_DRAIN, OWN_QUERIES, takeKick } from "./kick.ts";
import { SILENT } from "./log.ts";
import { Lookup } from "./lookup.ts";
import { Operations } from "./operations.ts";
import { LIMITS, parseDefaults } from "./options.ts";
import {
  type EnqueueRequest,
  enqueueRequest,
  pendingTask,
  type TaskOptions,
  type TaskRequest,
  waits,
} from "./prepare.ts";
import { Producer } from "./producer.ts";
import type { KickOptions, QueueOptions, QueueParts, WaitUntil } from "./queue-options.ts";
import { makeShared, type Shared } from "./queue-shared.ts";
import { Registry, type TaskDefinition } from "./registry.ts";
import { parseRetention, purgeDue, type Retention } from "./retention.ts";
import { Schedules } from "./schedules.ts";
import type { CallerKey, EnqueueReceipt, Storage } from "./storage.ts";

/**
 * A queue over a storage: enqueues, looks up, operates and drains.
 *
 * @param options the storage and, where handlers run here, the tasks; see {@link QueueOptions}
 * @throws {ConfigError} when two tasks share a name, {@link ValidationError} when an option is out of its range
 * @example
 * const queue = createQueue({ storage: d1Storage(env.DB), tasks: [sendEmail] });
 * const { id } = await queue.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m" });
 */
export function createQueue<Native, Env = unknown>(options: QueueOptions<Native, Env>): Queue<Native> {
  return new Queue(options, new Registry(options.tasks ?? []));
}

/** A queue whose reads see at least what an earlier session saw. */
export interface QueueSession {
  readonly queue: Queue;
  /** Marks what this session has seen, for a later one; null where the database has no such mark. */
  bookmark(): string | null;
}

/** Made by {@link createQueue}; a Worker and a runner have one each. */
export class Queue<Native = unknown> extends Operations {
  readonly #registry: Registry;
  readonly #options: QueueParts<Native>;
  readonly #storage: Storage<Native>;
  readonly #shared: Shared;
  readonly #intake: Intake;
  readonly #producer: Producer<Native>;
  readonly #lookup: Lookup;
  readonly #retention: Retention;
  readonly #keepHistory: number | null;
  readonly #emit: EventListener;

  constructor(options: QueueParts<Native>, registry: Registry, shared?: Shared) {
    const { storage } = options;
    const common = shared ?? makeShared(options);
    const lookup = new Lookup(storage, registry, common.redacts);
    super({
      storage,
      lookup,
      registry,
      redacts: common.redacts,
      now: () => this.#now(),
      wake: () => this.#wake(),
      emit: (event) => this.#emit(event),
    });
    this.#options = options;
    this.#storage = storage;
    this.#shared = common;
    this.#keepHistory = parseHistory(options.history);
    this.#retention = parseRetention(options.retention);
    const told = guarded(options.onEvent, options.log ?? SILENT);
    this.#emit = (event) => {
      this.#shared.metrics.note(event);
      told(event);
    };
    this.#registry = registry;
    this.#lookup = lookup;
    const defaults = parseDefaults(options.defaults);
    const { clock, middleware } = this.#shared;
    this.#intake = new Intake(this.#storage, registry, defaults, (tasks) => {
      this.#shared.awaited.note(tasks);
      this.#wake();
    });
    const parts = { intake: this.#intake, storage, clock, middleware, emit: this.#emit };
    this.#producer = new Producer(parts);
  }

  /** What it was made with: to `initialize()` where no runner does, or to count its queries. */
  get storage(): Storage<Native> {
    return this.#storage;
  }

  /** What is enqueued again and again: to be looked at and edited while it runs. */
  get schedules(): Schedules {
    const [storage, registry, intake, emit] = [this.#storage, this.#registry, this.#intake, this.#emit];
    return new Schedules({ storage, registry, intake, emit, ...this.#shared, wake: () => this.#wake() });
  }

  /** Makes sure that the database answers, and has the schema. @throws {SchemaMissing} {@link StorageUnavailable} */
  verify(): Promise<void> {
    return this.#storage.verify();
  }

  /**
   * The same queue over a session of the database: its reads see at least what the bookmark has seen.
   *
   * @param bookmark of an earlier session. Defaults to none: reads then begin at the primary
   */
  session(bookmark?: string): QueueSession {
    const session = this.#storage.openSession(bookmark);
    const options = { ...this.#options, storage: session.storage };
    return { queue: new Queue(options, this.#registry, this.#shared), bookmark: () => session.bookmark() };
  }

  /**
   * The same queue, whose answers may be shown: what the definitions of its tasks `redact` reads `"[redacted]"` in them. The
   * HTTP API answers by it. A task whose definition this queue does not have is answered whole.
   *
   * @example return Response.json(await queue.redacted().get(id));
   */
  redacted(): Queue<Native> {
    return new Queue(this.#options, this.#registry, { ...this.#shared, redacts: true });
  }

  /**
   * Enqueues one task.
   *
   * @param task its definition
   * @param input its payload, checked by the definition's schema
   * @param options see {@link TaskOptions}
   * @returns its id; `duplicate: true` with the id of the task that already had the id or the unique key
   * @throws {ValidationError} {@link SerializationError} {@link TooLargeError} {@link IdConflictError}, {@link UniqueConflictError}
   *   where its `unique` rejects a conflict
   * @example await queue.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m", uniqueKey: "welcome:a" })
   */
  async enqueue<Input>(
    task: TaskDefinition<Input, never>,
    input: NoInfer<Input>,
    options: TaskOptions = {},
  ): Promise<EnqueueReceipt> {
    return (await this.#producer.one(enqueueRequest(task, input, options))).receipt;
  }

  /**
   * Enqueues up to 10,000 tasks, all or nothing.
   *
   * @param requests made by {@link enqueueRequest}
   * @returns a receipt for each, in order
   * @throws what {@link Queue.enqueue} throws, with `tasks[3]` before the field
   */
  async enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueReceipt[]> {
    return (await this.#producer.many(requests)).receipts;
  }

  /**
   * Enqueues a task that comes from outside and names its definition: what the HTTP API does.
   *
   * @param request its `funcPath`, its payload as `kwargs`, and {@link TaskOptions}
   * @param key makes it idempotent for a day. Defaults to none
   * @returns the task; `duplicate: true` where the id, the unique key or the caller's key had one already
   * @throws {UnknownTaskError} {@link IdempotencyConflictError}, and what {@link Queue.enqueue} throws
   * @example await queue.submit({ funcPath: "email.send", kwargs: { to: "a@example.com" }, delay: "5m" })
   */
  async submit(request: TaskRequest, key?: CallerKey): Promise<Submission> {
    const { task: prepared, receipt, now } = await this.#producer.one(request, key);
    const { id, ...met } = receipt;
    // Only the database knows which of the tasks that it waits for have ended.
    const known = !met.duplicate && !waits(prepared);
    const task = known ? this.#lookup.show(pendingTask(prepared, now)) : await this.get(id);
    return { task, ...met, due: isNew(receipt) && task.awaits === 0 && task.eta <= now };
  }

  /** The same for up to 10,000, all or nothing; an error names the task at fault, as `tasks[3]`. */
  async submitMany(requests: readonly TaskRequest[], key?: CallerKey): Promise<BatchSubmission> {
    const { tasks, receipts, now } = await this.#producer.many(requests, key);
    const due = tasks.some((task, index) => task.eta <= now && !waits(task) && isNew(receipts[index]));
    return { receipts, due };
  }

  /**
   * The statements that enqueue a task, for a batch of your own: your rows and the task commit or fail together.
   * With an `id` of yours that exists with another content the batch fails: the database calls it malformed JSON.
   *
   * @throws {ValidationError} when `unique` asks for more than that a second task is ignored, and what {@link Queue.enqueue} throws
   * @example
   * await env.DB.batch([insertOrder, ...(await queue.statements(sendReceipt, { orderId }))]);
   * queue.kick(ctx);
   */
  async statements<Input>(
    task: TaskDefinition<Input, never>,
    input: NoInfer<Input>,
    options: TaskOptions = {},
  ): Promise<Native[]> {
    return this.#producer.statements(enqueueRequest(task, input, options));
  }

  /**
   * Starts a drain in the rest of this request's time. Skipped within a second of this isolate's last kick, whichever queue that
   * was by: its drain looks for what came after it. An isolate that serves several databases leaves some tasks to cron, as does a
   * request that leaves no queries for a drain.
   *
   * @param context a Worker's `ctx`
   * @param options `queries`: how many the request sends beside this queue, 0 to 1,000,000. Defaults to 20
   * @throws {ValidationError}
   * @example queue.kick(ctx)
   */
  kick(context: WaitUntil, { queries = OWN_QUERIES }: KickOptions = {}): void {
    parseInteger(queries, "queries", LIMITS.ownQueries);
    const settings = { ...KICK_DRAIN, ...this.#options.kick };
    // A large batch may have used up what one invocation may ask of the database: cron runs its tasks.
    if (this.#storage.queryCount + queries >= (settings.queryBudget ?? Number.POSITIVE_INFINITY)) return;
    if (!takeKick(this.#now())) return;
    this.#storage.noteQueries(queries);
    const drained = this.drain(settings);
    // The response is on its way: nobody is left to hear of an error but the listener.
    context.waitUntil(
      drained.catch((error) => this.#emit({ type: "storage.failed", during: "kick", error })),
    );
  }

  /**
   * Claims and runs tasks until nothing is due, or until a deadline, a budget or a signal ends it.
   *
   * @param options see {@link DrainOptions}. Defaults to 5 handlers at once, and no limit
   * @returns what was done, and why it stopped claiming
   * @throws {ValidationError} {@link SchemaMissing} {@link StorageRejected}
   * @example const { succeeded } = await queue.drain({ deadline: 20_000, concurrency: 10 })
   */
  async drain(options: Partial<DrainOptions> = {}): Promise<DrainReport> {
    const parsed = parseDrain(options);
    let wake: (() => void) | undefined;
    const onStart = (start: () => void) => {
      wake = start;
      this.#shared.listeners.add(start);
      options.onStart?.(start);
    };
    return drain(this.#engine(), { ...parsed, onStart }).finally(
      () => wake && this.#shared.listeners.delete(wake),
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
      const count = await purgeDue(this.#storage, this.#retention, this.#now(), pages, this.#keepHistory);
      if (count > 0) this.#emit({ type: "tasks.purged", count });
      return count;
    } catch (error) {
      this.#emit({ type: "storage.failed", during: "purge", error });
      return 0;
    }
  }

  /** How many attempts ended in which way: over all workers where `history` is on, else as this process counted them. */
  async counts(): Promise<readonly HistoryCounts[]> {
    if (this.#keepHistory === null) return this.#shared.metrics.counts;
    return this.#storage.history.totals();
  }

  #now(): number {
    return this.#shared.clock.now();
  }

  #wake(): void {
    for (const listener of this.#shared.listeners) listener();
  }

  #engine(): Engine {
    const { env = {}, envFor = () => env, log = SILENT, random = AMBIENT.random } = this.#options;
    const [storage, registry, clock, emit] = [this.#storage, this.#registry, this.#shared.clock, this.#emit];
    const { awaited, declaration, edits, middleware } = this.#shared;
    const worked = {
      producer: this.#producer,
      awaited,
      schedules: { declaration, edits, intake: this.#intake },
    };
    const history = { records: this.#keepHistory !== null, aroundRun: middleware.run };
    return { storage, registry, clock, random, envFor, log, emit, ...worked, ...history };
  }
}

/** It is as if it were new, too, where it has replaced what a task was to do. */
function isNew(receipt: EnqueueReceipt | undefined): boolean {
  return receipt?.duplicate === false || receipt?.replaced === true;
}
