import { Bulk } from "./bulk.ts";
import { type DrainedOptions, untilDrained } from "./drained.ts";
import { type Instant, parseInstant, parseInteger } from "./duration.ts";
import { type EventListener, subjectOf } from "./events.ts";
import { type NewEta, parseChange, parseNewEta, type TaskChange } from "./operators.ts";
import { LIMITS, parseId, parseText } from "./options.ts";
import { type ReadingParts, Readings } from "./readings.ts";
import { type PurgeOptions, parsePurge, purgePages } from "./retention.ts";
import type { QueueSettings, Storage } from "./storage.ts";
import type { Task } from "./task.ts";

/** What the operations need of their queue. */
interface OperationParts extends ReadingParts {
  readonly storage: ReadingParts["storage"] &
    Pick<
      Storage,
      "bulk" | "operators" | "cancel" | "retry" | "reschedule" | "configureQueue" | "purgeResults"
    >;
  /** Told where something may have become due. */
  readonly wake: () => void;
  readonly emit: EventListener;
}

/** What operators do with the tasks that are there, and with queues: a part of `Queue`. */
export abstract class Operations extends Readings {
  readonly #parts: OperationParts;

  constructor(parts: OperationParts) {
    super(parts);
    this.#parts = parts;
  }

  /**
   * Cancels a task that has not ended; a handler that runs is aborted at its next heartbeat.
   *
   * @throws {TaskStatusError} when it has ended, {@link TaskNotFoundError} {@link TaskPurgedError}
   */
  async cancel(id: string): Promise<Task> {
    const task = await this.#parts.lookup.after(
      id,
      this.#parts.storage.cancel(parseId(id, "id"), this.#parts.now()),
    );
    this.#parts.emit({ type: "task.cancelled", task: subjectOf(task), reason: "operator" });
    return task;
  }

  /**
   * Runs a FAILED or CANCELLED task again from the start: its failures are forgotten, its result is deleted.
   *
   * @throws {TaskStatusError} {@link TaskNotFoundError} {@link TaskPurgedError}, {@link UniqueConflictError} when another active
   *   task has its unique key
   */
  async retry(id: string): Promise<Task> {
    const task = await this.#parts.lookup.after(
      id,
      this.#parts.storage.retry(parseId(id, "id"), this.#parts.now()),
    );
    this.#parts.emit({ type: "task.retried", task: subjectOf(task) });
    this.#parts.wake();
    return task;
  }

  /**
   * Moves the eta of a task that waits, and keeps its counters.
   *
   * @param eta a moment, or `{ delay }` from now
   * @throws {TaskStatusError} {@link TaskNotFoundError} {@link TaskPurgedError} {@link ValidationError}
   * @example await queue.reschedule(id, { delay: "1h" })
   */
  async reschedule(id: string, eta: Instant | NewEta): Promise<Task> {
    const now = this.#parts.now();
    const until = isMoment(eta) ? parseInstant(eta, "eta") : parseNewEta(eta, now);
    const task = await this.#parts.lookup.after(
      id,
      this.#parts.storage.reschedule(parseId(id, "id"), until, now),
    );
    this.#parts.emit({ type: "task.rescheduled", task: subjectOf(task), eta: task.eta });
    if (until <= now) this.#parts.wake();
    return task;
  }

  /**
   * Makes a task that waits due now: before its eta, or before its retry. One that is held is not let go by it: in quarantine it
   * runs alone, and one that awaits others starts after they have ended.
   *
   * @throws {TaskStatusError} {@link TaskNotFoundError} {@link TaskPurgedError} {@link ValidationError}
   * @example await queue.runNow(id)
   */
  async runNow(id: string): Promise<Task> {
    const { operators } = this.#parts.storage;
    const task = await this.#parts.lookup.after(id, operators.runNow(parseId(id, "id"), this.#parts.now()));
    this.#parts.emit({ type: "task.rescheduled", task: subjectOf(task), eta: task.eta });
    this.#parts.wake();
    return task;
  }

  /**
   * Gives a task that waits another priority, has it wait in another queue, or both.
   *
   * @throws {TaskStatusError} {@link TaskNotFoundError} {@link TaskPurgedError} {@link ValidationError}
   * @example await queue.change(id, { priority: 0 })
   */
  async change(id: string, change: TaskChange): Promise<Task> {
    const { operators } = this.#parts.storage;
    const changed = operators.change(parseId(id, "id"), parseChange(change), this.#parts.now());
    const task = await this.#parts.lookup.after(id, changed);
    this.#parts.emit({ type: "task.changed", task: subjectOf(task) });
    this.#parts.wake();
    return task;
  }

  /**
   * Deletes a task that has ended, with its result. Its id is then unknown, and may be enqueued anew.
   *
   * @throws {TaskStatusError} {@link TaskNotFoundError} {@link TaskPurgedError} {@link ValidationError}
   * @example await queue.delete(id)
   */
  async delete(id: string): Promise<void> {
    await this.#parts.lookup.explain(id, this.#parts.storage.operators.delete(parseId(id, "id")));
    this.#parts.emit({ type: "task.deleted", id });
  }

  /**
   * Removes finished tasks with their results, whatever their retention: some pages at a time.
   *
   * @returns how many went, and a cursor to go on from; null where it reached the end
   * @throws {ValidationError}
   * @example await queue.purge({ olderThan: "30d" })
   */
  async purge(options: PurgeOptions): Promise<{ readonly purged: number; readonly cursor: string | null }> {
    const { request, pages } = parsePurge(options, this.#parts.now());
    const { purged, cursor } = await purgePages(this.#parts.storage, request, pages);
    return { purged, cursor };
  }

  /** What operators do with many tasks at once. @example await queue.bulk.retry({ status: "FAILED", queue: "mail" }) */
  get bulk(): Bulk {
    const { storage, now, wake, emit } = this.#parts;
    return new Bulk({ storage: storage.bulk, now, wake, emit });
  }

  /**
   * Waits until no task waits or runs: neither what is due nor what comes later, is held or in quarantine. It looks again and
   * again, at most 2 s apart, and starts nothing itself: workers do. With a queue that is paused it waits for that to end.
   *
   * @param queue its name. Defaults to all
   * @param options see {@link DrainedOptions}
   * @throws {NotDrainedError} at the timeout, the signal's reason where that aborts, {@link ValidationError}
   * @example await queue.drained("mail", { timeout: "1m" })
   */
  async drained(queue?: string, options: DrainedOptions = {}): Promise<void> {
    const name = queue === undefined ? null : parseText(queue, "queue");
    return untilDrained(() => this.#parts.storage.operators.hasWork(name), name, options);
  }

  /**
   * Pauses or resumes a queue, or limits how many of its tasks run at once over all workers.
   *
   * @param name of the queue, which need not have tasks yet
   * @param settings `paused`; `concurrency`, 1 to 1,000,000 or null for no limit. What is absent stays as it is
   * @throws {ValidationError}
   * @example await queue.configureQueue("mail", { paused: true })
   */
  async configureQueue(name: string, settings: QueueSettings): Promise<void> {
    const { concurrency } = settings;
    if (concurrency !== undefined && concurrency !== null)
      parseInteger(concurrency, "concurrency", LIMITS.queueConcurrency);
    await this.#parts.storage.configureQueue(parseText(name, "name"), settings);
    this.#parts.emit({ type: "queue.configured", queue: name, settings });
  }

  /**
   * Starts nothing more of a queue, in any worker; what runs goes on.
   *
   * @throws {ValidationError}
   * @example await queue.pause("mail")
   */
  pause(name: string): Promise<void> {
    return this.configureQueue(name, { paused: true });
  }

  /** Starts its tasks again. @throws {ValidationError} @example await queue.resume("mail") */
  async resume(name: string): Promise<void> {
    await this.configureQueue(name, { paused: false });
    this.#parts.wake();
  }
}

function isMoment(eta: Instant | NewEta): eta is Instant {
  return typeof eta !== "object" || eta === null || eta instanceof Date;
}
