import { expect } from "vitest";
import { LeaseLostError } from "../../../src/core/errors.ts";
import type { ClaimedTask } from "../../../src/core/task.ts";
import { SqliteStorage } from "../../../src/storage/sqlite.ts";
import type { TestDatabase } from "../../support/database.ts";
import { TappedDriver } from "../../support/tapped.ts";
import { NOW, newTask } from "../../support/tasks.ts";

/** The two databases of one test, and a storage over both; a test may put faults before each. */
export class Context {
  readonly tasks: TestDatabase;
  readonly results: TestDatabase;
  tasksTap: TappedDriver;
  resultsTap: TappedDriver;
  storage: SqliteStorage;

  constructor(tasks: TestDatabase, results: TestDatabase) {
    this.tasks = tasks;
    this.results = results;
    this.tasksTap = new TappedDriver(tasks.driver);
    this.resultsTap = new TappedDriver(results.driver);
    this.storage = this.#open();
  }

  async reset(): Promise<void> {
    await this.tasks.clear();
    await this.results.clear();
    this.tasksTap = new TappedDriver(this.tasks.driver);
    this.resultsTap = new TappedDriver(this.results.driver);
    this.storage = this.#open();
  }

  #open(): SqliteStorage {
    return new SqliteStorage(this.tasksTap, { results: this.resultsTap, sleep: async () => {} });
  }

  /** Another worker's storage over the same databases, which meets no faults. */
  other(): SqliteStorage {
    return new SqliteStorage(this.tasks.driver, { results: this.results.driver, sleep: async () => {} });
  }

  /** A new task, claimed. */
  async claim(overrides = {}): Promise<ClaimedTask> {
    await this.other().enqueueMany([newTask(overrides)], NOW);
    return this.claimAgain(NOW);
  }

  async claimAgain(now: number): Promise<ClaimedTask> {
    const claim = await this.other().dequeue(now);
    if (claim === null) throw new Error("expected a task to be due");
    return claim;
  }

  /** Rescues what has expired by then. */
  async rescue(now: number): Promise<void> {
    expect(await this.other().rescueMany(now, () => 0)).toHaveLength(1);
  }

  /** Rescues the task, which is then claimed from the quarantine. */
  async rescueAndClaim(now: number): Promise<ClaimedTask> {
    await this.rescue(now);
    const claim = await this.other().claimQuarantined({ now, limit: 1, leaseExpiresAt: now + 120_000 });
    if (claim === null) throw new Error("expected a task in quarantine");
    return claim;
  }

  /** What is on file in each database. */
  async onFile(): Promise<{ tasks: unknown; results: unknown }> {
    const sql = "SELECT task_id, status, result, attempts FROM results ORDER BY task_id";
    return { tasks: await this.tasks.sql(sql), results: await this.results.sql(sql) };
  }
}

/** After every lease that these tests give. */
export const LATER = NOW + 3_600_000;

/** Ends the process's part of a call there, for all that its database knows. */
export const crash = async () => {
  throw new Error("crashed here");
};

export { LeaseLostError, NOW };
