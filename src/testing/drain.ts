import { type Duration, parseDuration, parseInteger } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";
import type { Queue } from "../core/queue.ts";
import { AssertionError } from "./assertions.ts";
import type { TestClock } from "./clock.ts";
import { type TestDrainReport, type TimedEvent, toReport } from "./drain-report.ts";
import { Moments } from "./moments.ts";

/** How far a drain of a test queue goes. */
export interface TestDrainOptions {
  /**
   * `idle`: until nothing is due at the clock's time. `empty`: the clock then goes on to the next eta, of a retry for one, and so on
   * until no task waits but those between two runs of their interval. Defaults to `idle`.
   */
  readonly until?: "idle" | "empty";
  /**
   * Lets so much time pass instead, up to 10 years: the clock stops at each eta, and at each firing of a schedule. Defaults to none.
   */
  readonly for?: Duration;
  /** Only these queues, in this order. Defaults to all. */
  readonly queues?: readonly string[];
  /** Handlers at once: 1 to 1,000. Defaults to 1: one after the other, in the order of the queue. */
  readonly concurrency?: number;
  /** More attempts are taken for a test that would not end. Defaults to 1,000. */
  readonly limit?: number;
}

/** A handler may set the clock ahead by hours: nobody else is there to take its task. */
const LEASE = LIMITS.lease.max;
const ATTEMPTS = { min: 1, max: 1_000_000 };

/** Runs what is due by a clock that stands still. */
export class Drainer {
  readonly #queue: Queue;
  readonly #clock: TestClock;
  readonly #told: readonly TimedEvent[];
  readonly #moments: Moments;

  /**
   * @param told what the queue tells, to which it adds
   * @param names of the tasks that have a handler
   */
  constructor(queue: Queue, clock: TestClock, told: readonly TimedEvent[], names: readonly string[]) {
    this.#queue = queue;
    this.#clock = clock;
    this.#told = told;
    this.#moments = new Moments(queue, queue.storage.schedules, new Set(names));
  }

  async drain(options: TestDrainOptions): Promise<TestDrainReport> {
    const { until = "idle", limit = 1_000 } = options;
    parseInteger(limit, "limit", ATTEMPTS);
    const from = this.#told.length;
    const report = () => toReport(this.#told.slice(from));
    const run = () => this.#runDue(options, limit - report().runs.length, report);
    const end =
      options.for === undefined ? null : this.#clock.now() + parseDuration(options.for, "for", LIMITS.delay);
    await run();
    for (;;) {
      const next = await this.#findNext(until, end);
      if (next === null) break;
      this.#clock.set(next);
      await run();
    }
    return report();
  }

  /** Fires what is due of the schedules, and runs nothing. @returns the ids of the tasks that they enqueued */
  async fire(): Promise<readonly string[]> {
    const from = this.#told.length;
    await this.#queue.drain({ queues: [], rescue: false });
    return this.#told
      .slice(from)
      .flatMap(({ event }) => (event.type === "schedule.fired" ? event.taskIds : []));
  }

  /** Where the clock is to stop next; null where it is to go no further. */
  async #findNext(until: TestDrainOptions["until"], end: number | null): Promise<number | null> {
    const now = this.#clock.now();
    if (end === null) return until === "empty" ? this.#moments.nextEta(now) : null;
    if (now >= end) return null;
    const next = await this.#moments.next(now);
    return next === null ? end : Math.min(next, end);
  }

  async #runDue(
    { queues, concurrency = 1 }: TestDrainOptions,
    left: number,
    report: () => TestDrainReport,
  ): Promise<void> {
    // One more than there may be: else nobody could tell whether it was the last.
    const options = { queues, concurrency, lease: LEASE, maxTasks: left + 1 };
    const { reason } = await this.#queue.drain(options);
    if (reason === "max-tasks") throw endless(report());
    if (reason === "empty") return;
    const failure = this.#told.findLast(({ event }) => event.type === "storage.failed")?.event;
    const cause = failure?.type === "storage.failed" ? failure.error : undefined;
    throw new Error(`expected the drain to end by itself, and it ended by ${reason}`, { cause });
  }
}

function endless({ runs }: TestDrainReport): AssertionError {
  const last = [...new Set(runs.slice(-20).map(({ funcPath }) => funcPath))].join(", ");
  const what = `expected the drain to end, and there is more to run after ${runs.length - 1} attempts`;
  return new AssertionError(`${what}, the last of ${last}: give it a higher \`limit\` if that is right`);
}
