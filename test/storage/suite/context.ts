import type { ClaimRequest } from "../../../src/core/storage.ts";
import type { Claim, ClaimedTask, NewTask, Task, TaskResult } from "../../../src/core/task.ts";
import type { Row } from "../../../src/storage/driver.ts";
import type { SqliteStorage } from "../../../src/storage/sqlite.ts";
import type { TestDatabase } from "../../support/database.ts";
import { type Fault, FaultyDriver } from "../../support/faulty.ts";
import { NOW, newTask, newTasks } from "../../support/tasks.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A time at which every lease taken at {@link NOW} has expired. */
export const LATER = NOW + HOUR;

/** What a database cannot do, each with the reason: the tests that need it are skipped. */
export interface Limits {
  readonly batchOf4MB?: string;
}

/** What a topic of the suite works with: an empty database, and the steps that many tests begin with. */
export class Context {
  readonly limits: Limits;
  #database: TestDatabase | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  async reset(open: () => Promise<TestDatabase>): Promise<void> {
    this.#database ??= await open();
    await this.#database.clear();
  }

  get database(): TestDatabase {
    if (this.#database === undefined) throw new Error("the database is opened before each test");
    return this.#database;
  }

  storage(): SqliteStorage {
    return this.database.storage();
  }

  /** A storage whose calls to the database meet these faults in turn. */
  faulty(...faults: Fault[]): SqliteStorage {
    return this.database.storage({}, (driver) => new FaultyDriver(driver, faults));
  }

  /** A storage whose plain reads see all that was written so far. */
  async reader(): Promise<SqliteStorage> {
    await this.database.catchUp();
    return this.storage();
  }

  async enqueue(overrides: Partial<NewTask> = {}, now = NOW): Promise<NewTask> {
    const task = newTask(overrides);
    await this.storage().enqueueMany([task], now);
    return task;
  }

  async enqueueMany(count: number, overrides: Partial<NewTask> = {}): Promise<NewTask[]> {
    const tasks = newTasks(count, overrides);
    await this.storage().enqueueMany(tasks, NOW);
    return tasks;
  }

  /** Enqueues a task and claims it; nothing else may be due. */
  async start(overrides: Partial<NewTask> = {}, now = NOW): Promise<ClaimedTask> {
    await this.enqueue(overrides);
    return this.dequeue(now);
  }

  async dequeue(now = NOW): Promise<ClaimedTask> {
    return found(await this.storage().dequeue(now));
  }

  /** A claim of up to 100 tasks with a lease of a minute. */
  claim(request: Partial<ClaimRequest> = {}): Promise<readonly ClaimedTask[]> {
    return this.storage().claimMany({ now: NOW, limit: 100, leaseExpiresAt: NOW + MINUTE, ...request });
  }

  /** A task whose worker died: its lease has expired by {@link LATER} and it was put in quarantine. */
  async quarantine(overrides: Partial<NewTask> = {}): Promise<ClaimedTask> {
    const task = await this.start(overrides);
    await this.storage().rescueMany(LATER, () => 0);
    return task;
  }

  async claimQuarantined(now = LATER, request: Partial<ClaimRequest> = {}): Promise<ClaimedTask | null> {
    return this.storage().claimQuarantined({ now, limit: 1, leaseExpiresAt: now + MINUTE, ...request });
  }

  async task(id: string): Promise<Task> {
    return found(await (await this.reader()).getTask(id));
  }

  async result(id: string): Promise<TaskResult | null> {
    return (await this.reader()).getResult(id);
  }

  /** The row of a task, column by column. */
  async row(id: string): Promise<Row> {
    const [row] = await this.database.sql("SELECT * FROM tasks WHERE id = ?1", id);
    return found(row);
  }

  async count(table: "tasks" | "results" | "idempotency_keys" | "unique_windows"): Promise<number> {
    const [row] = await this.database.sql(`SELECT count(*) AS count FROM ${table}`);
    return Number(row?.count);
  }
}

/** The value, which must be there. */
export function found<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("expected a value, got none");
  return value;
}

/** What proves the right to write, and nothing else of the task. */
export function claimOf({ id, attempts, claimToken }: Claim): Claim {
  return { id, attempts, claimToken };
}

export function ids(tasks: readonly { readonly id: string }[]): string[] {
  return tasks.map(({ id }) => id);
}
