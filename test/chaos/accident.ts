/** Accidents step by step: chance brings them about too seldom to miss by it what is there against them. */
import type { ClaimedTask } from "../../src/core/task.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { json, NOW, newTask } from "../support/tasks.ts";
import type { HistoryEvent } from "./history.ts";
import { RecordedStorage, Recorder } from "./recorder.ts";

const LEASE = 120_000;

export interface Acted {
  readonly history: readonly HistoryEvent[];
  readonly now: number;
}

/** A worker sleeps through the end of its lease, and writes what it had done while another runs the task. */
export async function comeBackLate(driver: Driver): Promise<Acted> {
  const stage = new Stage();
  const [sleeper, heir] = [stage.enter("sleeper", driver), stage.enter("heir", driver)];
  await sleeper.enqueue();
  const asleep = await sleeper.claim();
  stage.now += 2 * LEASE;
  const rescued = await heir.rescue();
  await sleeper.finish(asleep);
  if (rescued !== null) await heir.finish(rescued);
  return stage;
}

/** A worker renews its lease twice, after which the first renewal arrives once more; another looks for leases that have ended. */
export async function renewLate(driver: Driver): Promise<Acted> {
  const stage = new Stage();
  const [worker, heir] = [stage.enter("worker", driver), stage.enter("heir", driver)];
  await worker.enqueue();
  const task = await worker.claim();
  const first = stage.now + LEASE;
  await worker.renew(task, first);
  stage.now += LEASE / 2;
  await worker.renew(task, stage.now + LEASE);
  await new SqliteStorage(driver).renewMany([task], first);
  stage.now = first + 1;
  const rescued = await heir.rescue();
  await worker.finish(task);
  if (rescued !== null) await heir.finish(rescued);
  return stage;
}

class Stage implements Acted {
  readonly history: HistoryEvent[] = [];
  now = NOW;

  enter(name: string, driver: Driver): Actor {
    const write = (event: HistoryEvent) => this.history.push(event);
    const recorder = new Recorder(name, write, () => (this.now += 1));
    return new Actor(this, recorder, new RecordedStorage(driver, recorder));
  }
}

/** A client that does one thing at a time. */
class Actor {
  readonly #stage: Stage;
  readonly #recorder: Recorder;
  readonly #storage: RecordedStorage;

  constructor(stage: Stage, recorder: Recorder, storage: RecordedStorage) {
    this.#stage = stage;
    this.#recorder = recorder;
    this.#storage = storage;
  }

  async enqueue(): Promise<void> {
    const { now } = this.#stage;
    await this.#storage.enqueueMany([newTask({ eta: now })], now);
  }

  async claim(): Promise<ClaimedTask> {
    const [task] = await this.#storage.claimMany(this.#request());
    if (task === undefined) throw new Error("expected a claim of what is due");
    this.#recorder.started(task);
    return task;
  }

  async renew(task: ClaimedTask, leaseExpiresAt: number): Promise<void> {
    await this.#storage.renewMany([task], leaseExpiresAt);
  }

  /** @returns what was rescued, and is claimed; null where no lease had ended */
  async rescue(): Promise<ClaimedTask | null> {
    await this.#storage.rescueMany(this.#stage.now, () => 0);
    const task = await this.#storage.claimQuarantined(this.#request());
    if (task !== null) this.#recorder.started(task);
    return task;
  }

  async finish(task: ClaimedTask): Promise<void> {
    const result = { by: this.#recorder.process };
    this.#recorder.ended(task, result);
    await this.#storage.settleMany([{ ...task, kind: "done", result: json(result) }], this.#stage.now);
  }

  #request() {
    const { now } = this.#stage;
    return { now, limit: 1, leaseExpiresAt: now + LEASE };
  }
}
