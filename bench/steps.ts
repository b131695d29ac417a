/** What the bench asks of a database, in Node and inside workerd alike. */
import { enqueueRequest } from "../src/core/prepare.ts";
import { createQueue } from "../src/core/queue.ts";
import type { Driver } from "../src/storage/driver.ts";
import { SqliteStorage } from "../src/storage/sqlite.ts";
import { bareStart } from "./bare.ts";
import { type Bare, Recording } from "./floor.ts";
import { clear, FIRST_ETA, seed, unclaim } from "./seed.ts";
import { noop } from "./tasks.ts";

export type Step =
  | { readonly do: "clear" }
  /** Inserts the tasks from number `first` up to `end`. */
  | { readonly do: "seed"; readonly first: number; readonly end: number }
  | { readonly do: "unclaim" }
  /** One at a time. */
  | { readonly do: "enqueue"; readonly count: number }
  /** In bulks of 10,000. */
  | { readonly do: "bulkEnqueue"; readonly count: number }
  | { readonly do: "drain" }
  /** Claims at the moment at which the first `due` tasks are due. */
  | { readonly do: "claim"; readonly limit: number; readonly times: number; readonly due: number }
  /** The statements of the last of the four steps above, without the engine. */
  | { readonly do: "floor" }
  /** One bare enqueue and one bare claim. */
  | { readonly do: "bareStart" };

export interface StepAnswer {
  /** Tasks that the step was about. */
  readonly tasks: number;
}

const BULK = 10_000;

/** Runs steps on one database, over its driver and without it. */
export class Steps {
  readonly #recording: Recording;
  readonly #storage: SqliteStorage;
  readonly #bare: Bare;
  readonly #concurrency: number;

  /** @param concurrency of a drain */
  constructor(driver: Driver, bare: Bare, concurrency: number) {
    this.#concurrency = concurrency;
    this.#recording = new Recording(driver);
    this.#storage = new SqliteStorage(this.#recording);
    this.#bare = bare;
  }

  async run(step: Step): Promise<StepAnswer> {
    switch (step.do) {
      case "clear":
        await clear(this.#bare);
        return { tasks: 0 };
      case "seed":
        await seed(this.#bare, step.first, step.end);
        return { tasks: step.end - step.first };
      case "unclaim":
        await unclaim(this.#bare);
        return { tasks: 0 };
      case "bareStart":
        await bareStart(this.#bare);
        return { tasks: 1 };
      case "floor":
        return { tasks: await this.#recording.replay(this.#bare) };
      default:
        this.#recording.forget();
        return { tasks: await this.#engine(step) };
    }
  }

  #engine(step: Extract<Step, { do: "enqueue" | "bulkEnqueue" | "drain" | "claim" }>): Promise<number> {
    switch (step.do) {
      case "enqueue":
        return this.#enqueue(step.count);
      case "bulkEnqueue":
        return this.#bulkEnqueue(step.count);
      case "drain":
        return this.#drain();
      case "claim":
        return this.#claim(step);
    }
  }

  async #enqueue(count: number): Promise<number> {
    const queue = createQueue({ storage: this.#storage });
    for (let n = 0; n < count; n++) await queue.enqueue(noop, { n });
    return count;
  }

  async #bulkEnqueue(count: number): Promise<number> {
    const queue = createQueue({ storage: this.#storage });
    const requests = Array.from({ length: count }, (_, n) => enqueueRequest(noop, { n }));
    for (let from = 0; from < count; from += BULK) await queue.enqueueMany(requests.slice(from, from + BULK));
    return count;
  }

  async #drain(): Promise<number> {
    const queue = createQueue({ storage: this.#storage, tasks: [noop] });
    const report = await queue.drain({ concurrency: this.#concurrency });
    if (report.reason !== "empty") throw new Error(`the drain ended with ${report.reason}`);
    return report.succeeded;
  }

  async #claim({ limit, times, due }: Extract<Step, { do: "claim" }>): Promise<number> {
    const now = FIRST_ETA + due - 1;
    let claimed = 0;
    for (let n = 0; n < times; n++) {
      claimed += (await this.#storage.claimMany({ now, limit, leaseExpiresAt: now + 120_000 })).length;
    }
    const expected = due === 0 ? 0 : limit * times;
    if (claimed !== expected) throw new Error(`claimed ${claimed} tasks of ${expected}`);
    return claimed;
  }
}
