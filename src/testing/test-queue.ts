import { AMBIENT } from "../core/ambient.ts";
import { type Instant, parseInstant } from "../core/duration.ts";
import type { QueueEvent } from "../core/events.ts";
import { Queue } from "../core/queue.ts";
import type { QueueOptions, WaitUntil } from "../core/queue-options.ts";
import { Registry, type TaskDefinition } from "../core/registry.ts";
import type { Storage } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import { Assertions } from "./assertions.ts";
import { keepLines, type LogLine } from "./capture.ts";
import { TestClock } from "./clock.ts";
import { openStorage } from "./database.ts";
import { Drainer, type TestDrainOptions } from "./drain.ts";
import type { TestDrainReport, TimedEvent } from "./drain-report.ts";
import { type RunTaskOptions, runTask } from "./run-task.ts";
import type { TaskRun } from "./task-run.ts";

/** As those of `createQueue`, but for the storage and the clock. */
export interface TestQueueOptions<Native, Env = unknown>
  extends Omit<QueueOptions<Native, Env>, "storage" | "now"> {
  /**
   * Such as `emptyD1(env.DB)`, or one on a libSQL file of the test's own. Defaults to libSQL in memory, which needs Node and
   * `@libsql/client`.
   */
  readonly storage?: Storage<Native> | Promise<Storage<Native>>;
  /** Where the clock starts. Defaults to the machine's time. */
  readonly now?: Instant;
  /** A number from 0 to 1, exclusive, for jitter. Defaults to 0: none. */
  readonly random?: () => number;
}

/**
 * A queue for one test: on a database of its own, with a clock that stands still. Nothing runs by itself.
 *
 * @param options see {@link TestQueueOptions}
 * @throws {ConfigError} {@link ValidationError} as `createQueue`, {@link SchemaMissing} where D1 has no migrations
 * @example
 * const test = await createTestQueue({ tasks: [sendEmail] });
 * await signUp(test.queue, "a@example.com");
 * await test.assertEnqueued(sendEmail, { to: "a@example.com" }, { delay: "5m" });
 * test.clock.advance("5m");
 * expect(await test.drain()).toMatchObject({ succeeded: 1 });
 */
export function createTestQueue<Native, Env = unknown>(
  options: TestQueueOptions<Native, Env> & Required<Pick<TestQueueOptions<Native, Env>, "storage">>,
): Promise<TestQueue<Native, Env>>;
export function createTestQueue<Env = unknown>(
  options?: TestQueueOptions<unknown, Env>,
): Promise<TestQueue<unknown, Env>>;
export async function createTestQueue<Env>(
  options: TestQueueOptions<unknown, Env> = {},
): Promise<TestQueue<unknown, Env>> {
  return new TestQueue(await openStorage(options.storage), options);
}

/** A queue that stands still: what is due runs when the test says so. Made by {@link createTestQueue}. */
export class TestQueue<Native = unknown, Env = unknown> extends Assertions {
  /** What the code under test is given. Its `kick` drains what is due, within `waitUntil`. */
  readonly queue: Queue<Native>;
  readonly clock: TestClock;
  /** What handlers wrote to `ctx.log`, in order. */
  readonly logs: readonly LogLine[];
  readonly #told: readonly TimedEvent[];
  readonly #options: TestQueueOptions<Native, Env>;
  readonly #drainer: Drainer;

  constructor(storage: Storage<Native>, options: TestQueueOptions<Native, Env>) {
    const { now = AMBIENT.now(), tasks = [], log, onEvent, random = () => 0 } = options;
    const clock = new TestClock(parseInstant(now, "now"));
    const [logs, told]: [LogLine[], TimedEvent[]] = [[], []];
    const hear = (event: QueueEvent) => {
      told.push({ at: clock.now(), event });
      return onEvent?.(event);
    };
    const registry = new Registry(tasks);
    const heard = { onEvent: hear, log: keepLines(logs, log) };
    const queue = new StillQueue<Native>({ ...options, ...heard, storage, random, now: clock.now }, registry);
    super(queue);
    this.queue = queue;
    this.clock = clock;
    this.logs = logs;
    this.#told = told;
    this.#options = options;
    this.#drainer = new Drainer(queue, clock, told, registry.names);
  }

  /** What the engine told, in order. */
  get events(): readonly QueueEvent[] {
    return this.#told.map(({ event }) => event);
  }

  /**
   * Fires what is due of the schedules and runs what is due, one after the other, until nothing is; with `until: "empty"` or `for` the
   * clock goes on meanwhile. What a handler throws is in the report, and is not thrown.
   *
   * @param options see {@link TestDrainOptions}
   * @throws {AssertionError} where it does not end within `limit` attempts, {@link ValidationError}
   * @example
   * expect(await test.drain()).toMatchObject({ succeeded: 1, retried: 1 });
   * expect(await test.drain({ until: "empty" })).toMatchObject({ failed: 1 });
   */
  drain(options: TestDrainOptions = {}): Promise<TestDrainReport> {
    return this.#drainer.drain(options);
  }

  /**
   * Fires what is due of the schedules at the clock's time, and runs nothing. The first call only makes them known: an interval is
   * counted from then, and no firing is due before.
   *
   * @returns the tasks that they enqueued
   * @example
   * await test.fireSchedules();
   * test.clock.set("2026-11-24T09:00:00Z");
   * expect(await test.fireSchedules()).toHaveLength(1);
   */
  async fireSchedules(): Promise<readonly Task[]> {
    return Promise.all((await this.#drainer.fire()).map((id) => this.queue.get(id)));
  }

  /**
   * What a cron trigger does at the clock's time: purges what is past its time, fires the schedules, and drains.
   *
   * @returns the drain's report, and how many tasks were purged
   * @example test.clock.advance("7d"); expect(await test.tick()).toMatchObject({ purged: 1 });
   */
  async tick(): Promise<TestDrainReport & { readonly purged: number }> {
    const purged = await this.queue.purgeDue(PURGE_PAGES);
    return { ...(await this.drain()), purged };
  }

  /**
   * Runs a handler once with a fake context, by this queue's clock, `env`, `defaults` and `middleware`. The database is not touched.
   *
   * @param options see {@link RunTaskOptions}
   * @returns how it ended, and what it did
   * @throws {ValidationError} {@link SerializationError} {@link TooLargeError} where the enqueue would refuse the task
   * @example expect(await test.runTask(sendEmail, { to: "a@example.com" })).toMatchObject({ outcome: "completed" });
   */
  runTask<Input, Output = unknown>(
    task: TaskDefinition<Input, Env, Output>,
    input: NoInfer<Input>,
    options: RunTaskOptions<Env> = {},
  ): Promise<TaskRun<Output>> {
    const { env, defaults, middleware, log, random } = this.#options;
    const own = { env, defaults, middleware, log, random, now: this.clock.now() };
    return runTask<Input, Env, Output>(task, input, { ...own, ...options });
  }
}

const PURGE_PAGES = 10;

/** A kick lingers by the clock: by one that stands still it would never end. */
class StillQueue<Native> extends Queue<Native> {
  override kick(context: WaitUntil): void {
    context.waitUntil(this.drain({ rescue: false, schedules: false }));
  }
}
