import type { CountReport } from "../core/bulk.ts";
import type { CountFilter } from "../core/bulk-options.ts";
import type { Instant } from "../core/duration.ts";
import type { HistoryPage, HistoryQuery } from "../core/history.ts";
import type { NewEta, TaskChange } from "../core/operators.ts";
import type { PurgeOptions } from "../core/retention.ts";
import type { Page, QueueSettings, QueueSummary, TaskFilter } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import { type BulkCallOptions, ClientBulk } from "./bulk.ts";
import { writeDuration, writeInstant } from "./duration.ts";
import { OmniqError } from "./errors.ts";
import { ClientSchedules } from "./schedules.ts";
import { ignoreAbsence, type Transport } from "./transport.ts";
import type { CallOptions } from "./types.ts";

/** Which tasks, newest first; `cursor` goes on from the page before, `limit`, 1 to 1,000, defaults to 100. */
export type TaskPage = Partial<Omit<TaskFilter, "cursor">> & { readonly cursor?: string | null };

/** What is left to be purged. */
export interface PurgeReport {
  readonly purged: number;
  readonly more: boolean;
  /** Goes on from here; null at the end. */
  readonly cursor: string | null;
}

/** What operators do, and what can be seen: a part of `Client`. Which scope a key needs for it, `docs/how-to/http.md` says. */
export abstract class ClientOperations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What operators do with many tasks at once. @example await client.bulk.retry({ status: "FAILED", queue: "mail" }) */
  get bulk(): ClientBulk {
    return new ClientBulk(this.#transport);
  }

  /** What is enqueued again and again. @example await client.schedules.disable("digest") */
  get schedules(): ClientSchedules {
    return new ClientSchedules(this.#transport);
  }

  /**
   * A task with its status, its counters and its last 20 errors.
   *
   * @throws {OmniqError} `task_not_found`, `task_purged`
   */
  task(id: string, { signal }: CallOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "GET", path: pathOf(id), signal }, "id");
  }

  /**
   * One page of tasks, newest first; it may be short and still have a cursor.
   *
   * @throws {OmniqError} `invalid_input`
   * @example const { items, cursor } = await client.tasks({ status: "FAILED", queue: "mail" })
   */
  async tasks(filter: TaskPage = {}, { signal }: CallOptions = {}): Promise<Page<Task>> {
    const query = { ...filter };
    const call = { method: "GET", path: "/v1/tasks", query, signal } as const;
    const { tasks, cursor } = await this.#transport.json(call, "tasks");
    return { items: tasks, cursor };
  }

  /**
   * All of them, page by page, as the loop comes to need them.
   *
   * @param filter as of {@link ClientOperations.tasks}; `limit` is that of a page
   * @throws {OmniqError} `invalid_input`
   * @example for await (const { id } of client.eachTask({ status: "FAILED" })) console.log(id)
   */
  async *eachTask(filter: TaskPage = {}, options: CallOptions = {}): AsyncGenerator<Task, void> {
    let cursor = filter.cursor;
    do {
      const { items, cursor: next } = await this.tasks({ ...filter, cursor }, options);
      yield* items;
      cursor = next;
    } while (cursor !== null);
  }

  /** The same as `bulk.count`: how many tasks meet a filter. */
  count(filter: CountFilter, options: BulkCallOptions = {}): Promise<CountReport> {
    return this.bulk.count(filter, options);
  }

  /**
   * Cancels a task that has not ended; a handler that runs is aborted at its next heartbeat.
   *
   * @throws {OmniqError} `wrong_status` when it has ended, `task_not_found`, `task_purged`
   */
  async cancel(id: string, options: CallOptions = {}): Promise<Task> {
    try {
      return await this.#post(id, "cancel", undefined, options);
    } catch (error) {
      if (!(error instanceof OmniqError && error.tries > 1 && error.code === "wrong_status")) throw error;
      // A try before this one, whose reply was lost, may have done it.
      const task = await this.task(id, options);
      if (task.status !== "CANCELLED") throw error;
      return task;
    }
  }

  /** Runs a FAILED or CANCELLED task again from the start. @throws {OmniqError} `wrong_status`, `unique_conflict`, `task_not_found` */
  retry(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#post(id, "retry", undefined, options);
  }

  /** Makes a task that waits due now. @throws {OmniqError} `wrong_status`, `task_not_found`, `task_purged` */
  runNow(id: string, options: CallOptions = {}): Promise<Task> {
    return this.#post(id, "run", undefined, options);
  }

  /**
   * Moves the eta of a task that waits.
   *
   * @param eta a moment, or `{ delay }` from now
   * @throws {OmniqError} `wrong_status`, `task_not_found`, `task_purged`, `invalid_input`
   * @example await client.reschedule(id, { delay: "1h" })
   */
  reschedule(id: string, eta: Instant | NewEta, options: CallOptions = {}): Promise<Task> {
    const body = typeof eta === "object" && !(eta instanceof Date) ? eta : { eta };
    return this.#post(id, "reschedule", body, options);
  }

  /**
   * Gives a task that waits another priority, has it wait in another queue, or both.
   *
   * @throws {OmniqError} `wrong_status`, `task_not_found`, `task_purged`, `invalid_input`
   * @example await client.change(id, { priority: 0 })
   */
  change(id: string, change: TaskChange, { signal }: CallOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "PATCH", path: pathOf(id), body: change, signal }, "id");
  }

  /** Deletes a task that has ended, with its result. @throws {OmniqError} `wrong_status`, `task_not_found`, `task_purged` */
  delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return ignoreAbsence(this.#transport.text({ method: "DELETE", path: pathOf(id), signal }, null));
  }

  /** Every queue that has settings, or a task that waits or runs, by name. */
  async queues({ signal }: CallOptions = {}): Promise<readonly QueueSummary[]> {
    const { queues } = await this.#transport.json({ method: "GET", path: "/v1/queues", signal }, "queues");
    return queues;
  }

  /**
   * Pauses or resumes a queue, or limits how many of its tasks run at once over all workers.
   *
   * @param settings `paused`; `concurrency`, 1 to 1,000,000 or null for no limit. What is absent stays as it is
   * @throws {OmniqError} `invalid_input`
   * @example await client.setQueue("mail", { paused: true })
   */
  setQueue(name: string, settings: QueueSettings, { signal }: CallOptions = {}): Promise<QueueSummary> {
    const path = `/v1/queues/${encodeURIComponent(name)}`;
    return this.#transport.json({ method: "PUT", path, body: settings, signal }, "name");
  }

  /**
   * Removes finished tasks with their results, whatever their retention: some pages a call.
   *
   * @param options `olderThan`: how long ago they ended, or `{ before }` a moment; `cursor` of the call before
   * @throws {OmniqError} `invalid_input`
   * @example await client.purgeResults({ olderThan: "30d" })
   */
  purgeResults(
    { olderThan, cursor }: Omit<PurgeOptions, "pages">,
    { signal }: CallOptions = {},
  ): Promise<PurgeReport> {
    const limit = typeof olderThan === "object" ? writeInstant(olderThan.before) : writeDuration(olderThan);
    const query = { olderThan: limit, cursor };
    return this.#transport.json({ method: "DELETE", path: "/v1/results", query, signal }, "purged");
  }

  /**
   * How attempts ended, minute by minute, where the server's `history` is on.
   *
   * @throws {OmniqError} `invalid_input`
   * @example const { points } = await client.history({ from: Date.now() - 3_600_000, queue: "mail" })
   */
  history(
    { from, to, queue, cursor }: HistoryQuery = {},
    { signal }: CallOptions = {},
  ): Promise<HistoryPage> {
    const query = { from: writeInstant(from), to: writeInstant(to), queue, cursor };
    return this.#transport.json({ method: "GET", path: "/v1/history", query, signal }, "points");
  }

  /** The state and the counts of the queues, as Prometheus reads them. */
  metrics({ signal }: CallOptions = {}): Promise<string> {
    return this.#transport.text({ method: "GET", path: "/metrics", signal }, "text/plain");
  }

  /**
   * Asks whether the server's database answers and has the right schema: once, for the answer is what was asked for. No key is
   * needed.
   *
   * @throws {OmniqError} saying why not: `schema_missing`, `storage_unavailable`, `network_error` ...
   */
  health({ signal }: CallOptions = {}): Promise<{ readonly status: "ok" }> {
    return this.#transport.json({ method: "GET", path: "/healthz", retries: 0, signal }, "status");
  }

  #post(id: string, action: string, body: unknown, { signal }: CallOptions): Promise<Task> {
    return this.#transport.json({ method: "POST", path: `${pathOf(id)}/${action}`, body, signal }, "id");
  }
}

/** Where a task is, whatever the id holds. */
export function pathOf(id: string): string {
  return `/v1/tasks/${encodeURIComponent(id)}`;
}
