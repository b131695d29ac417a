import { type Duration, parseDuration } from "./duration.ts";
import { Explorer } from "./explorer.ts";
import { parseFilter } from "./filter.ts";
import { type HistoryPage, type HistoryQuery, readHistory } from "./history.ts";
import { Inspector } from "./inspector.ts";
import type { Lookup } from "./lookup.ts";
import { LIMITS } from "./options.ts";
import type { Registry } from "./registry.ts";
import type { Page, QueueSummary, Storage, TaskFilter } from "./storage.ts";
import type { Task, TaskResult } from "./task.ts";
import { waitForResult } from "./wait.ts";

/** What reading needs of the queue. */
export interface ReadingParts {
  readonly storage: Pick<
    Storage,
    "listTasks" | "outcomeQueries" | "listQueues" | "history" | "explorer" | "inspector"
  >;
  readonly lookup: Lookup;
  readonly registry: Registry;
  /** Whether answers may be shown: what definitions redact is not in them. */
  readonly redacts: boolean;
  readonly now: () => number;
}

/** What can be read of the tasks and the queues: a part of `Queue`. */
export abstract class Readings {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** Looks around among the tasks, as a person does. */
  get explorer(): Explorer {
    const { storage, registry, redacts } = this.#parts;
    return new Explorer({ storage: storage.explorer, registry, redacts });
  }

  /** Shows an operator how things stand, whatever the number of tasks. */
  get inspector(): Inspector {
    return new Inspector(this.#parts.storage.inspector, this.#parts.now);
  }

  /**
   * A task with its status, its counters and its last 20 errors.
   *
   * @param id as its enqueue gave it
   * @throws {ValidationError} when that is no UUIDv7, {@link TaskNotFoundError}, {@link TaskPurgedError}
   */
  async get(id: string): Promise<Task> {
    return this.#parts.lookup.get(id);
  }

  /**
   * One page of tasks, newest first.
   *
   * @param filter `status`, `queue`, `funcPath`, `schedule`, `parentId`; `limit`, 1 to 1,000, defaults to 100; `cursor` goes on from the page before
   * @returns the tasks, and a cursor; a page may be short (it ends at about 4 MB), or empty, and still have one
   * @throws {ValidationError}
   */
  async list(filter: Partial<TaskFilter> = {}): Promise<Page<Task>> {
    const { items, cursor } = await this.#parts.storage.listTasks(parseFilter(filter));
    return { items: items.map((task) => this.#parts.lookup.show(task)), cursor };
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
    return waitForResult(() => this.#parts.lookup.outcome(id), this.#parts.storage.outcomeQueries, wait);
  }

  /**
   * Every queue that has settings, or a task that waits or runs, by name, with its depth (exact to 1,000), its age, what runs
   * and its settings.
   */
  queues(): Promise<readonly QueueSummary[]> {
    return this.#parts.storage.listQueues(this.#parts.now());
  }

  /**
   * How attempts ended, minute by minute, where `history` is on: by queue and minute, at most 1,500 points a page.
   *
   * @throws {ValidationError}
   * @example const { points } = await queue.history({ from: Date.now() - 3_600_000, queue: "mail" })
   */
  history(query: HistoryQuery = {}): Promise<HistoryPage> {
    return readHistory(this.#parts.storage.history, query, this.#parts.now());
  }
}
