import { LeaseLostError, StorageRejected } from "../core/errors.ts";
import { DRAIN_DEFAULTS } from "../core/options.ts";
import type {
  ClaimRequest,
  EnqueueReceipt,
  IdempotencyKey,
  Page,
  PurgeRequest,
  QueueSettings,
  QueueSummary,
  Rescued,
  Session,
  SettleReport,
  Storage,
  TaskFilter,
  TaskOutcome,
} from "../core/storage.ts";
import type { Claim, ClaimedTask, JsonText, NewTask, Task, TaskError, TaskResult } from "../core/task.ts";
import { rescue, type Settlement } from "../core/transitions.ts";
import { claimMany, claimQuarantined } from "./claim.ts";
import { Connection, type Meter, type RetryOptions } from "./connection.ts";
import type { Driver, Row } from "./driver.ts";
import { enqueueMany, enqueueStatements } from "./enqueue.ts";
import { listQueues, listTasks } from "./list.ts";
import { cancelTask, rescheduleTask, retryTask } from "./operate.ts";
import { mayBePurged, purgePage } from "./purge.ts";
import { mayHaveResult, type OutcomeRow, type ResultRow, toResult, toTask, typed } from "./rows.ts";
import { renewLeases, type SettleTarget, settleExpired, settleMany } from "./settle.ts";
import { type Statements, statementsFor } from "./statements.ts";
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
  readonly #meter: Meter;
  readonly #sql: Statements;
  readonly #tasks: Connection;
  readonly #target: SettleTarget;

  constructor(driver: Driver<Native>, options: SqliteStorageOptions = {}, meter: Meter = { queries: 0 }) {
    this.#driver = driver;
    this.#options = options;
    this.#meter = meter;
    this.#sql = statementsFor(options.tablePrefix ?? "");
    const connect = (to: Driver) => new Connection(to, meter, this.#sql, options);
    this.#tasks = connect(driver);
    const results = options.results === undefined ? null : connect(options.results);
    this.#target = { tasks: this.#tasks, results, sql: this.#sql };
  }

  get #prefix(): string {
    return this.#options.tablePrefix ?? "";
  }

  #drivers(): Driver[] {
    const { results } = this.#options;
    return results === undefined ? [this.#driver] : [this.#driver, results];
  }

  get queryCount(): number {
    return this.#meter.queries;
  }

  get outcomeQueries(): 1 | 2 {
    return this.#target.results === null ? 1 : 2;
  }

  async initialize(): Promise<void> {
    for (const driver of this.#drivers()) await driver.migrate?.(this.#prefix);
    await this.verify();
  }

  async verify(): Promise<void> {
    for (const driver of this.#drivers()) await verifySchema(driver, this.#prefix);
  }

  async readClock(): Promise<number> {
    const [row] = typed<{ now: number }>(await this.#tasks.read(this.#sql.readClock));
    if (row === undefined) throw new StorageRejected("the database's clock returned no row");
    return row.now;
  }

  async readDataVersion(): Promise<number | null> {
    return (await this.#driver.dataVersion?.()) ?? null;
  }

  openSession(bookmark?: string): Session {
    const session = this.#driver.session(bookmark);
    return {
      storage: new SqliteStorage(session.driver, this.#options, this.#meter),
      bookmark: session.bookmark,
    };
  }

  statements(tasks: readonly NewTask[], now: number): Native[] {
    return enqueueStatements(this.#sql, tasks, now).map((statement) => this.#driver.native(statement));
  }

  enqueueMany(
    tasks: readonly NewTask[],
    now: number,
    idempotency?: IdempotencyKey,
  ): Promise<readonly EnqueueReceipt[]> {
    return enqueueMany(this.#tasks, this.#sql, tasks, now, idempotency);
  }

  async dequeue(now: number): Promise<ClaimedTask | null> {
    const [task = null] = await this.claimMany({ now, limit: 1, leaseExpiresAt: now + DRAIN_DEFAULTS.lease });
    return task;
  }

  claimMany(request: ClaimRequest): Promise<readonly ClaimedTask[]> {
    return claimMany(this.#tasks, this.#sql, request);
  }

  claimQuarantined(request: ClaimRequest): Promise<ClaimedTask | null> {
    return claimQuarantined(this.#tasks, this.#sql, request);
  }

  async findNextEta(queues?: readonly string[]): Promise<number | null> {
    const list = queues === undefined ? null : JSON.stringify(queues);
    const [row] = typed<{ eta: number | null }>(await this.#tasks.read(this.#sql.findNextEta, list));
    return row?.eta ?? null;
  }

  async hasQuarantined(request: Pick<ClaimRequest, "now" | "queues" | "longestTimeout">): Promise<boolean> {
    const { now, queues, longestTimeout = Number.MAX_SAFE_INTEGER } = request;
    const list = queues === undefined ? null : JSON.stringify(queues);
    return (await this.#tasks.read(this.#sql.findQuarantined, now, list, longestTimeout)).length > 0;
  }

  async markRunning({ id, attempts }: Claim, now: number): Promise<void> {
    const parameters = [id, attempts, now + DRAIN_DEFAULTS.lease, now];
    const { rows } = await this.#tasks.write(() => [{ sql: this.#sql.markRunning, parameters }]);
    if (rows[0]?.length === 0) throw new LeaseLostError(id, attempts);
  }

  markDone(claim: Claim, result: JsonText, now: number): Promise<void> {
    return this.#settle({ ...claim, kind: "done", result }, now);
  }

  markFailed(
    claim: Claim,
    error: TaskError,
    next: { readonly retryAt: number } | "final",
    now: number,
  ): Promise<void> {
    const settlement: Settlement =
      next === "final"
        ? { ...claim, kind: "fail", error }
        : { ...claim, kind: "retry", error, retryAt: next.retryAt };
    return this.#settle(settlement, now);
  }

  snooze(claim: Claim, until: number, now: number): Promise<void> {
    return this.#settle({ ...claim, kind: "snooze", until }, now);
  }

  release(claim: Claim, now: number, until?: number): Promise<void> {
    return this.#settle({ ...claim, kind: "release", until }, now);
  }

  settleMany(settlements: readonly Settlement[], now: number): Promise<SettleReport> {
    return settleMany(this.#target, settlements, now);
  }

  async renewMany(claims: readonly Claim[], leaseExpiresAt: number): Promise<ReadonlySet<string>> {
    return new Set((await renewLeases(this.#target, claims, leaseExpiresAt)).keys());
  }

  async rescueMany(now: number, backoff: (failures: number) => number): Promise<readonly Rescued[]> {
    const expired = typed<{
      id: string;
      attempts: number;
      failures: number;
      max_retries: number;
      held: number;
    }>(await this.#tasks.decide(this.#sql.findExpired, now));
    const rescued = expired.map(({ id, attempts, failures, max_retries: maxRetries, held }) => {
      const task = { id, attempts, failures, maxRetries, quarantined: held === 1 };
      return { claim: { id, attempts }, settlement: rescue(task, now, backoff) };
    });
    const settlements = rescued.map(({ settlement }) => settlement);
    const settled = await settleExpired(this.#target, settlements, now);
    return rescued.filter(({ claim }) => settled.has(claim.id));
  }

  cancel(id: string, now: number): Promise<Task> {
    return cancelTask(this.#tasks, this.#sql, id, now);
  }

  retry(id: string, now: number): Promise<Task> {
    return retryTask(this.#target, id, now);
  }

  reschedule(id: string, eta: number, now: number): Promise<Task> {
    return rescheduleTask(this.#tasks, this.#sql, id, eta, now);
  }

  async configureQueue(name: string, { paused, concurrency }: QueueSettings): Promise<void> {
    const flag = paused === undefined ? null : Number(paused);
    const parameters = [name, flag, concurrency === undefined ? 0 : 1, concurrency ?? null];
    await this.#tasks.write(() => [{ sql: this.#sql.configureQueue, parameters }]);
  }

  async getTask(id: string): Promise<Task | null> {
    const row = await this.#find(this.#sql.getTask, id);
    return row === undefined ? null : toTask(row);
  }

  /** One row by its id. That there is none decides something, and a replica may not have it yet. */
  async #find(sql: string, id: string): Promise<Row | undefined> {
    return (await this.#tasks.read(sql, id))[0] ?? (await this.#tasks.decide(sql, id))[0];
  }

  async getResult(id: string): Promise<TaskResult | null> {
    return (await this.getOutcome(id))?.result ?? null;
  }

  async getOutcome(id: string): Promise<TaskOutcome | null> {
    const { results, sql } = this.#target;
    const statement = results === null ? sql.getOutcomeAndResult : sql.getOutcome;
    const row = await this.#find(statement, id);
    if (row === undefined) return null;
    const [task] = typed<OutcomeRow & ResultRow>([row]);
    if (task === undefined) return null;
    const stored = results !== null && mayHaveResult(task) ? await this.#findResult(results, task) : task;
    return { status: task.status, result: toResult(task, stored) };
  }

  async #findResult(results: Connection, task: OutcomeRow): Promise<ResultRow | undefined> {
    const { getResult } = this.#sql;
    const [stored] = typed<ResultRow>(await results.read(getResult, task.id));
    // A SUCCESS has a result: a replica may not have it yet.
    if (task.status !== "SUCCESS" || stored?.result_attempts === task.attempts) return stored;
    return typed<ResultRow>(await results.decide(getResult, task.id))[0];
  }

  listTasks(filter: TaskFilter): Promise<Page<Task>> {
    return listTasks(this.#tasks, this.#sql, filter);
  }

  listQueues(now: number): Promise<readonly QueueSummary[]> {
    return listQueues(this.#tasks, this.#sql, now);
  }

  purgeResults(request: PurgeRequest): Promise<{ readonly purged: number; readonly cursor: string | null }> {
    return purgePage(this.#target, request);
  }

  async purgeIdempotencyKeys(olderThan: number): Promise<void> {
    await this.#tasks.write(() => [{ sql: this.#sql.purgeIdempotencyKeys, parameters: [olderThan] }]);
  }

  mayBePurged(id: string): Promise<boolean> {
    return mayBePurged(this.#tasks, this.#sql, id);
  }

  async startPurge(now: number, nextAt: number): Promise<{ readonly cursor: string | null } | null> {
    const { rows } = await this.#tasks.write((again) => [
      { sql: this.#sql.startPurge, parameters: [now, nextAt, Number(again)] },
    ]);
    const [row] = typed<{ cursor: string | null }>(rows[0] ?? []);
    return row ?? null;
  }

  async finishPurge(cursor: string | null, now: number): Promise<void> {
    const parameters = [cursor, cursor === null ? null : now];
    await this.#tasks.write(() => [{ sql: this.#sql.finishPurge, parameters }]);
  }

  async #settle(settlement: Settlement, now: number): Promise<void> {
    const { lost } = await this.settleMany([settlement], now);
    if (lost.length > 0) throw new LeaseLostError(settlement.id, settlement.attempts);
  }
}
