/** Several workers, a producer and an operator in one process, over a real database that fails them. */
import { createQueue, type Queue } from "../../src/core/queue.ts";
import type { Driver } from "../../src/storage/driver.ts";
import type { TestDatabase } from "../support/database.ts";
import { seeded } from "../support/random.ts";
import { NOW } from "../support/tasks.ts";
import { Chaos, lateDuplicate, type NamedFault } from "./faults.ts";
import { createSchedules, enqueueFeature } from "./features.ts";
import { readFinalState } from "./final-state.ts";
import type { FinalState, HistoryEvent } from "./history.ts";
import { RecordedStorage, Recorder } from "./recorder.ts";
import {
  anyRequests,
  calmDown,
  chaosTask,
  enqueue,
  LIMIT,
  LIMITED,
  operate,
  patiently,
  pick,
} from "./workload.ts";

/** An empty, migrated database, and a way to it that faults may befall. */
export interface ChaosDatabase {
  readonly faults: readonly NamedFault[];
  /** A worker's own way to it. */
  connect(chaos: Chaos): Driver;
  /** A way without faults. */
  readonly database: TestDatabase;
  /** The same of a second one, that takes the results. Defaults to none. */
  readonly results?: Pick<ChaosDatabase, "connect" | "database">;
}

export interface SimulationOptions {
  /** Decides everything that chance decides. */
  readonly seed: number;
  readonly tasks: number;
  readonly workers: number;
  readonly database: ChaosDatabase;
  /** Tasks in one enqueue, at most. Defaults to 30. */
  readonly most?: number;
}

export interface Simulated {
  readonly history: readonly HistoryEvent[];
  readonly end: FinalState;
  /** Faults by name; a worker's death among them. */
  readonly faults: ReadonlyMap<string, number>;
}

/** The share of calls to the database that a fault befalls. */
const RATE = 0.15;
const LEASE = 1_000;
/** How much shorter the pauses between two sends are. */
const HASTE = 20;
/** More than enough for every retry of every task. */
const ROUNDS = 30;
const CONCURRENCY = 10;
const MOST = 30;
/** The operator turns to one of the last ones. */
const RECENT = 40;

/** Runs until every task is final; with the same seed each dice falls the same, although the threads of time may differ. */
export async function simulate(options: SimulationOptions): Promise<Simulated> {
  return new Simulation(options).run();
}

interface Worker {
  readonly chaos: Chaos;
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: () => number;
  readonly #history: HistoryEvent[] = [];
  readonly #faults = new Map<string, number>();
  readonly #late: Promise<unknown>[] = [];
  readonly #start = Date.now();
  #skipped = 0;
  #workers: Worker[] = [];
  #names = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  readonly #now = (): number => NOW + Date.now() - this.#start + this.#skipped;

  #skip(milliseconds: number): void {
    this.#skipped += milliseconds;
  }

  async run(): Promise<Simulated> {
    for (let count = 0; count < this.#options.workers; count++) this.#startWorker();
    await this.#produce();
    for (const { stop } of this.#workers) stop.abort();
    await Promise.all(this.#workers.map(({ done }) => done));
    await Promise.all(this.#late);
    await this.#finish();
    const { database, results } = this.#options.database;
    const end = await readFinalState(this.#now(), database, results?.database);
    return { history: this.#history, end, faults: this.#faults };
  }

  /** A client of its own: its own connection, its own dice, and a name in the history. */
  #client(kind: string, rate: number): { queue: Queue; chaos: Chaos; task: ReturnType<typeof chaosTask> } {
    this.#names += 1;
    const random = seeded(this.#options.seed * 1_000 + this.#names);
    const write = (event: HistoryEvent) => {
      if (!chaos.dead) this.#history.push(event);
    };
    const recorder = new Recorder(`${kind} ${this.#names}`, write, this.#now);
    const setting = {
      random,
      skip: (milliseconds: number) => this.#skip(milliseconds),
      noteResend: () => recorder.noteResend(),
      linger: (late: Promise<unknown>) => this.#late.push(late),
    };
    const { database } = this.#options;
    const faults = kind === "operator" ? database.faults : [...database.faults, lateDuplicate(LEASE)];
    const chaos = new Chaos(faults, rate, setting, this.#faults);
    const sleep = (milliseconds: number) => pause(milliseconds / HASTE);
    const results = database.results?.connect(chaos);
    const storage = new RecordedStorage(database.connect(chaos), recorder, { random, sleep, results });
    const task = chaosTask(recorder);
    return { queue: createQueue({ storage, tasks: [task], now: this.#now, random }), chaos, task };
  }

  #startWorker(): void {
    const { queue, chaos } = this.#client("worker", RATE);
    const stop = new AbortController();
    const settings = {
      concurrency: CONCURRENCY,
      lease: LEASE,
      linger: Number.POSITIVE_INFINITY,
      signal: stop.signal,
    };
    const done = queue.drain({ ...settings, grace: 1_000, poll: { min: 10, max: 100 } });
    this.#workers.push({ chaos, stop, done });
  }

  /** The worker vanishes in the middle of what it does; another takes its place. */
  #killWorker(): void {
    const [victim] = this.#workers.splice(Math.floor(this.#random() * this.#workers.length), 1);
    victim?.chaos.kill();
    victim?.stop.abort();
    this.#count("worker killed");
    this.#startWorker();
  }

  /** The worker hangs for longer than its leases hold, and goes on as if nothing had been. */
  #freezeWorker(): void {
    const { chaos } = pick(this.#workers, this.#random);
    chaos.freeze(2 * LEASE);
    this.#count("worker frozen");
  }

  #count(fault: string): void {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  }

  async #produce(): Promise<void> {
    const { queue, task } = this.#client("producer", RATE);
    const { queue: operated } = this.#client("operator", RATE);
    const { queue: quiet } = this.#client("operator", 0);
    const ways = { producer: queue, prompt: operated, quiet };
    await createSchedules(quiet, task);
    await patiently(() => operated.configureQueue(LIMITED, { concurrency: LIMIT }));
    const ids: string[] = [];
    while (ids.length < this.#options.tasks) {
      const requests = anyRequests(task, this.#random, this.#options.most ?? MOST);
      ids.push(...(await enqueue(queue, requests, this.#random, this.#now())));
      await patiently(() => operate(operated, ids.slice(-RECENT), this.#random, this.#now()));
      await patiently(() => enqueueFeature(ways, task, ids.slice(-RECENT), this.#random, this.#now()));
      const dice = this.#random();
      if (dice < 0.04) this.#killWorker();
      else if (dice < 0.1) this.#freezeWorker();
      await pause(this.#random() * 50);
    }
  }

  /** Time goes by and nothing fails any more: whatever is left must end by itself. */
  async #finish(): Promise<void> {
    const { queue } = this.#client("finisher", 0);
    await calmDown(queue, this.#options.database.database);
    // A task that never ends is a violation, not a reason to wait for ever.
    for (let quiet = 0, round = 0; quiet < 2 && round < ROUNDS; round++) {
      this.#skip(3_600_000);
      const { claimed, rescued } = await queue.drain({ concurrency: 50, lease: LEASE });
      quiet = claimed + rescued === 0 ? quiet + 1 : 0;
    }
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
