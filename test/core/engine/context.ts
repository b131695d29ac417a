import type { DrainOptions, DrainReport } from "../../../src/core/engine.ts";
import type { QueueEvent } from "../../../src/core/events.ts";
import { forgetKick } from "../../../src/core/kick.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { createQueue, type Queue } from "../../../src/core/queue.ts";
import type { QueueOptions } from "../../../src/core/queue-options.ts";
import type { TaskDefinition } from "../../../src/core/registry.ts";
import type { JsonObject } from "../../../src/core/task.ts";
import type { TestDatabase } from "../../support/database.ts";
import { TappedDriver } from "../../support/tapped.ts";
import { NOW } from "../../support/tasks.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** A clock that runs as the real one does, from {@link NOW} on, and can be moved ahead. */
export class TestClock {
  readonly #start = Date.now();
  #ahead = 0;

  readonly now = (): number => NOW + Date.now() - this.#start + this.#ahead;

  advance(milliseconds: number): void {
    this.#ahead += milliseconds;
  }
}

/** A drain that is under way. */
export interface RunningDrain {
  readonly done: Promise<DrainReport>;
  /** Makes it look around, as it does after the clock was moved. */
  wake(): void;
  stop(): void;
}

/** What a topic of the suite works with, new for each test but the database, which is only emptied. */
export class EngineContext {
  clock = new TestClock();
  events: QueueEvent[] = [];
  #database: TestDatabase | undefined;
  #driver: TappedDriver | undefined;

  async reset(open: () => Promise<TestDatabase>): Promise<void> {
    this.#database ??= await open();
    await this.#database.clear();
    this.#driver = new TappedDriver(this.#database.driver);
    this.clock = new TestClock();
    this.events = [];
    forgetKick();
  }

  get database(): TestDatabase {
    if (this.#database === undefined) throw new Error("the database is opened before each test");
    return this.#database;
  }

  /** What the queues of this test reach the database by. */
  get driver(): TappedDriver {
    if (this.#driver === undefined) throw new Error("the database is opened before each test");
    return this.#driver;
  }

  /** A queue whose handlers are these, with this test's clock and listener, and no jitter. */
  queue(tasks: readonly TaskDefinition[], options: Partial<QueueOptions<unknown>> = {}): Queue {
    return createQueue({
      storage: this.database.storage({}, () => this.driver),
      tasks,
      now: this.clock.now,
      random: () => 0,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** Starts a drain that goes on until it is stopped, where `options` do not say otherwise. */
  start(queue: Queue, options: Partial<DrainOptions> = {}): RunningDrain {
    const stopping = new AbortController();
    let wake = () => {};
    const onStart = (given: () => void) => {
      wake = given;
    };
    const linger = Number.POSITIVE_INFINITY;
    const done = queue.drain({ linger, signal: stopping.signal, onStart, ...options });
    return { done, wake: () => wake(), stop: () => stopping.abort() };
  }

  /** The events of one type, in order. */
  eventsOf<Type extends QueueEvent["type"]>(type: Type): Extract<QueueEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<QueueEvent, { type: Type }> => event.type === type);
  }

  /** A task as a worker that died left it: RUNNING, with a lease that has expired by now. */
  async abandon(id: string): Promise<void> {
    const sql = `UPDATE tasks SET status = 'RUNNING', attempts = attempts + 1, lease_expires_at = ?2, claimed_by = 'gone'
      WHERE id = ?1`;
    await this.database.sql(sql, id, NOW - 1);
  }
}

/** @returns the ids of so many new tasks */
export async function enqueueSome(
  queue: Queue,
  task: TaskDefinition<JsonObject>,
  count: number,
): Promise<string[]> {
  const requests = Array.from({ length: count }, () => enqueueRequest(task, {}));
  return (await queue.enqueueMany(requests)).map(({ id }) => id);
}

/** Waits until the condition holds. @param tries how often it is looked at, 10 ms apart */
export async function until(condition: () => boolean | Promise<boolean>, tries = 2_000): Promise<void> {
  for (let left = tries; !(await condition()); left--) {
    if (left === 0) throw new Error(`expected ${condition} and looked ${tries} times`);
    await pause(10);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resolves when the signal aborts, with its reason. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}
