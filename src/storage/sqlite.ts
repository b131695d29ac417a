import type { BulkStorage } from "../core/bulk.ts";
import type { ExplorerStorage } from "../core/explorer.ts";
import type { HistoryStorage } from "../core/history.ts";
import type { InspectorStorage } from "../core/inspector.ts";
import type { LifetimeStorage } from "../core/lifetimes.ts";
import type { OperatorStorage } from "../core/operators.ts";
import type { ScheduleStorage } from "../core/schedule-storage.ts";
import type {
  ClaimRequest,
  EnqueueReceipt,
  IdempotencyKey,
  Page,
  PurgeRequest,
  QueueSettings,
  QueueSummary,
  RescueBackoff,
  Rescued,
  Session,
  SettleReport,
  Storage,
  TaskFilter,
  TaskOutcome,
} from "../core/storage.ts";
import type { Claim, ClaimedTask, JsonText, NewTask, Task, TaskError, TaskResult } from "../core/task.ts";
import type { Settlement } from "../core/transitions.ts";
import type { UniqueStorage } from "../core/unique.ts";
import { makeBulk } from "./bulk.ts";
import { claimMany, claimQuarantined, dequeue, findNextEta, hasQuarantined } from "./claim.ts";
import { Connection, type Meter, type RetryOptions } from "./connection.ts";
import type { Databases } from "./databases.ts";
import type { Driver } from "./driver.ts";
import { enqueueMany, enqueueStatements } from "./enqueue.ts";
import { makeExplorer } from "./explore.ts";
import { makeHistory } from "./history.ts";
import { makeInspector } from "./inspect.ts";
import { makeLifetimes } from "./lifetimes.ts";
import { listQueues, listTasks } from "./list.ts";
import { cancel, configureQueue, makeOperators, reschedule, retry } from "./operate.ts";
import { finishPurge, mayBePurged, purgeIdempotencyKeys, purgeResults, startPurge } from "./purge.ts";
import { getOutcome, getTask, readClock } from "./read.ts";
import { rescueMany } from "./rescue.ts";
import { makeSchedules } from "./schedules.ts";
import { markRunning, renewMany, settleMany, settleOne } from "./settle.ts";
import { statementsFor } from "./statements.ts";
import { makeUniques } from "./unique.ts";
import { verifySchema } from "./verify.ts";

export interface SqliteStorageOptions extends RetryOptions {
  /** Put before the name of each table and index. Defaults to none. */
  readonly tablePrefix?: string;
  /** A second database, with the same schema, that takes the results. Defaults to the tasks' own. */
  readonly results?: Driver;
}

/**
 * The queue in a SQLite database, over a driver: D1 and libSQL alike.
 *
 * @typeParam Native the database's own form of a statement
 */
export class SqliteStorage<Native = unknown> implements Storage<Native> {
  readonly #driver: Driver<Native>;
  readonly #options: SqliteStorageOptions;
  readonly #tablePrefix: string;
  readonly #meter: Meter;
  readonly #databases: Databases;
  readonly operators: OperatorStorage;
  readonly bulk: BulkStorage;
  readonly history: HistoryStorage;
  readonly uniques: UniqueStorage;
  readonly lifetimes: LifetimeStorage;

  constructor(driver: Driver<Native>, options: SqliteStorageOptions = {}, meter: Meter = { queries: 0 }) {
    const { tablePrefix = "", results } = options;
    const connect = (to: Driver) => new Connection(to, meter, tablePrefix, options);
    this.#driver = driver;
    this.#options = options;
    this.#tablePrefix = tablePrefix;
    this.#meter = meter;
    this.#databases = {
      tasks: connect(driver),
      results: results === undefined ? null : connect(results),
      sql: statementsFor(tablePrefix),
    };
    this.operators = makeOperators(this.#databases);
    this.bulk = makeBulk(this.#databases);
    this.history = makeHistory(this.#databases);
    this.uniques = makeUniques(this.#databases);
    this.lifetimes = makeLifetimes(this.#databases);
  }

  get explorer(): ExplorerStorage {
    return makeExplorer(this.#databases);
  }

  get inspector(): InspectorStorage {
    return makeInspector(this.#databases);
  }

  get schedules(): ScheduleStorage {
    return makeSchedules(this.#databases);
  }

  get queryCount(): number {
    return this.#meter.queries;
  }

  noteQueries(count: number): void {
    this.#meter.queries += count;
  }

  get outcomeQueries(): 1 | 2 {
    return this.#databases.results === null ? 1 : 2;
  }

  async initialize(): Promise<void> {
    for (const driver of this.#drivers()) await driver.migrate?.(this.#tablePrefix);
    await this.verify();
  }

  async verify(): Promise<void> {
    for (const driver of this.#drivers()) await verifySchema(driver, this.#tablePrefix);
  }

  #drivers(): Driver[] {
    const { results } = this.#options;
    return results === undefined ? [this.#driver] : [this.#driver, results];
  }

  async readDataVersion(): Promise<number | null> {
    return (await this.#driver.dataVersion?.()) ?? null;
  }

  readClock(): Promise<number> {
    return readClock(this.#databases);
  }

  openSession(bookmark?: string): Session {
    const session = this.#driver.session(bookmark);
    return {
      storage: new SqliteStorage(session.driver, this.#options, this.#meter),
      bookmark: session.bookmark,
    };
  }

  enqueueMany(
    tasks: readonly NewTask[],
    now: number,
    idempotency?: IdempotencyKey,
  ): Promise<readonly EnqueueReceipt[]> {
    return enqueueMany(this.#databases, tasks, now, idempotency);
  }

  statements(tasks: readonly NewTask[], now: number): Native[] {
    const statements = enqueueStatements(this.#databases.sql, tasks, now);
    return statements.map((statement) => this.#driver.native(statement));
  }

  dequeue(now: number): Promise<ClaimedTask | null> {
    return dequeue(this.#databases, now);
  }

  claimMany(request: ClaimRequest): Promise<readonly ClaimedTask[]> {
    return claimMany(this.#databases, request);
  }

  findNextEta(queues?: readonly string[]): Promise<number | null> {
    return findNextEta(this.#databases, queues);
  }

  hasQuarantined(
    request: Pick<ClaimRequest, "now" | "queues" | "longestTimeout">,
    held?: readonly string[],
  ): Promise<boolean> {
    return hasQuarantined(this.#databases, request, held);
  }

  claimQuarantined(request: ClaimRequest): Promise<ClaimedTask | null> {
    return claimQuarantined(this.#databases, request);
  }

  markRunning(claim: Claim, now: number): Promise<void> {
    return markRunning(this.#databases, claim, now);
  }

  markDone(claim: Claim, result: JsonText, now: number): Promise<void> {
    return settleOne(this.#databases, { ...claim, kind: "done", result }, now);
  }

  markFailed(
    claim: Claim,
    error: TaskError,
    next: { readonly retryAt: number } | "final",
    now: number,
  ): Promise<void> {
    const settlement: Settlement =
      next === "final" ? { ...claim, kind: "fail", error } : { ...claim, kind: "retry", error, ...next };
    return settleOne(this.#databases, settlement, now);
  }

  snooze(claim: Claim, until: number, now: number): Promise<void> {
    return settleOne(this.#databases, { ...claim, kind: "snooze", until }, now);
  }

  release(claim: Claim, now: number, until?: number): Promise<void> {
    return settleOne(this.#databases, { ...claim, kind: "release", until }, now);
  }

  settleMany(settlements: readonly Settlement[], now: number, records?: boolean): Promise<SettleReport> {
    return settleMany(this.#databases, settlements, now, records);
  }

  renewMany<C extends Claim>(claims: readonly C[], leaseExpiresAt: number): Promise<readonly C[]> {
    return renewMany(this.#databases, claims, leaseExpiresAt);
  }

  rescueMany(now: number, backoff: RescueBackoff, records?: boolean): Promise<readonly Rescued[]> {
    return rescueMany(this.#databases, now, backoff, records);
  }

  cancel(id: string, now: number): Promise<Task> {
    return cancel(this.#databases, id, now);
  }

  retry(id: string, now: number): Promise<Task> {
    return retry(this.#databases, id, now);
  }

  reschedule(id: string, eta: number, now: number): Promise<Task> {
    return reschedule(this.#databases, id, eta, now);
  }

  configureQueue(name: string, settings: QueueSettings): Promise<void> {
    return configureQueue(this.#databases, name, settings);
  }

  getTask(id: string): Promise<Task | null> {
    return getTask(this.#databases, id);
  }

  async getResult(id: string): Promise<TaskResult | null> {
    return (await this.getOutcome(id))?.result ?? null;
  }

  getOutcome(id: string): Promise<TaskOutcome | null> {
    return getOutcome(this.#databases, id);
  }

  listTasks(filter: TaskFilter): Promise<Page<Task>> {
    return listTasks(this.#databases, filter);
  }

  listQueues(now: number): Promise<readonly QueueSummary[]> {
    return listQueues(this.#databases, now);
  }

  purgeResults(request: PurgeRequest): Promise<{ readonly purged: number; readonly cursor: string | null }> {
    return purgeResults(this.#databases, request);
  }

  purgeIdempotencyKeys(olderThan: number): Promise<void> {
    return purgeIdempotencyKeys(this.#databases, olderThan);
  }

  mayBePurged(id: string): Promise<boolean> {
    return mayBePurged(this.#databases, id);
  }

  startPurge(now: number, nextAt: number): Promise<{ readonly cursor: string | null } | null> {
    return startPurge(this.#databases, now, nextAt);
  }

  finishPurge(cursor: string | null, now: number): Promise<void> {
    return finishPurge(this.#databases, cursor, now);
  }
}
