/** Runners in processes of their own, which die, hang and are wrong about the time, over a database that fails them too. */
import { setTimeout as pause } from "node:timers/promises";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { createQueue, type Queue } from "../../../src/core/queue.ts";
import { temporaryFolder } from "../../support/libsql.ts";
import { seeded } from "../../support/random.ts";
import { check, type Violation } from "../checker.ts";
import { createSchedules, enqueueFeature } from "../features.ts";
import { readFinalState } from "../final-state.ts";
import type { FinalState, HistoryEvent } from "../history.ts";
import { RecordedStorage, Recorder } from "../recorder.ts";
import {
  anyRequests,
  calmDown,
  chaosTask,
  enqueue,
  LIMIT,
  LIMITED,
  operate,
  patiently,
} from "../workload.ts";
import type { ProcessDatabase } from "./databases.ts";
import { chooseFault, type ProcessFault, workerFaults } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { clockOffset, machineClock, readJournals } from "./journal.ts";
import { poisonPill } from "./pill.ts";
import { measureRecovery } from "./recovery.ts";

export interface StormOptions {
  /** Decides everything that chance decides here; the processes have chances of their own. */
  readonly seed: number;
  readonly tasks: number;
  readonly workers: number;
  readonly database: ProcessDatabase;
}

export interface Stormed {
  readonly history: readonly HistoryEvent[];
  readonly end: FinalState;
  readonly faults: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
  /** How long after the last fault a task was started again, in milliseconds; infinite where none was. */
  readonly recovery: number;
}

export const LEASE = 2_000;
/**
 * How far a worker may be from the database's clock. It measures the offset by one query, and where its own clock is off it is
 * wrong by up to that query's round trip: 112 ms were seen through a proxy to a server, on a machine busy with starting
 * processes. A request that takes longer than half a lease is given up.
 */
const SLACK = LEASE / 2;
const MINUTE = 60_000;
/** Waited for are some of the last ones. */
const RECENT = 40;
/** Tasks in one enqueue. */
const MOST = 100;
/** How long what is left may take once all is calm, on a machine that is busy with other things: it ends much sooner. */
const PATIENCE = 10 * MINUTE;

/** Goes on until so many tasks are enqueued and every fault has befallen, calms down, and waits until all are final. */
export async function storm(options: StormOptions): Promise<Stormed> {
  const folder = await temporaryFolder();
  try {
    return await new Storm(options, folder.path).run();
  } finally {
    await folder.remove();
  }
}

class Storm {
  readonly #options: StormOptions;
  readonly #random: () => number;
  readonly #offset = clockOffset();
  readonly #now = machineClock(this.#offset);
  readonly #seen: HistoryEvent[] = [];
  readonly #recorder = new Recorder("producer", (event) => this.#seen.push(event), this.#now);
  readonly #queue: Queue;
  readonly #fleet: Fleet;
  readonly #faults = new Map<string, number>();
  readonly #passing: Promise<void>[] = [];

  constructor(options: StormOptions, folder: string) {
    this.#options = options;
    const { database, workers, seed } = options;
    this.#random = seeded(seed);
    const storage = new RecordedStorage(database.connect(), this.#recorder);
    this.#queue = createQueue({ storage });
    const [urlOf, skewOf] = [database.urlOf, () => this.#anySkew()];
    this.#fleet = new Fleet({ workers, folder, lease: LEASE, offset: this.#offset, urlOf, skewOf });
  }

  async run(): Promise<Stormed> {
    const { database } = this.#options.database;
    let calmAt: number;
    try {
      await this.#rage();
      await Promise.all(this.#passing);
      calmAt = this.#now();
      await this.#calm();
      await this.#untilFinal();
      await this.#fleet.close();
    } finally {
      this.#fleet.killAll();
    }
    const journals = await readJournals(this.#fleet.journals);
    const history = [...this.#seen, ...journals].sort((one, other) => one.at - other.at);
    const end = await readFinalState(this.#now(), database);
    const violations = [...check(history, end, { slack: SLACK }), ...accidents(this.#fleet)];
    return { history, end, faults: this.#faults, violations, recovery: measureRecovery(history, calmAt) };
  }

  async #rage(): Promise<void> {
    const random = this.#random;
    const [task, pill] = [chaosTask(this.#recorder), poisonPill(this.#recorder)];
    const faults = [...workerFaults(this.#fleet, LEASE, random), ...this.#options.database.faults];
    await patiently(() => this.#queue.configureQueue(LIMITED, { concurrency: LIMIT }));
    const ways = { producer: this.#queue, prompt: this.#queue, quiet: this.#queue };
    await createSchedules(this.#queue, task);
    const ids: string[] = [];
    while (ids.length < this.#options.tasks || this.#passing.length < faults.length) {
      const requests = anyRequests(task, random, MOST);
      if (random() < 0.04) {
        requests.push(enqueueRequest(pill, {}, { maxRetries: Math.floor(random() * 2) }));
        this.#count("worker killed by its task");
      }
      ids.push(...(await enqueue(this.#queue, requests, random, this.#now())));
      await patiently(() => enqueueFeature(ways, task, ids.slice(-RECENT), random, this.#now()));
      if (random() < 0.3) await patiently(() => operate(this.#queue, ids, random, this.#now()));
      if (random() < 0.4) this.#inject(faults);
      await pause(random() * 200);
    }
  }

  /** Each once, then by chance. */
  #inject(faults: readonly ProcessFault[]): void {
    const { name, befall } = faults[this.#passing.length] ?? chooseFault(faults, this.#random());
    this.#count(name);
    this.#passing.push(befall(300 + this.#random() * 1_700));
  }

  /** Every other worker's clock is right. */
  #anySkew(): number {
    if (this.#random() < 0.5) return 0;
    this.#count("worker's clock off by minutes");
    return Math.round((this.#random() - 0.5) * 20 * MINUTE);
  }

  #count(fault: string): void {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  }

  /** Something is due at this moment, and nothing goes on for ever. */
  async #calm(): Promise<void> {
    const due = enqueueRequest(chaosTask(this.#recorder), { behaviour: "succeed" });
    await patiently(() => this.#queue.enqueueMany(Array.from({ length: 5 }, () => due)));
    await calmDown(this.#queue, this.#options.database.database);
  }

  /** Or until it has taken too long: the tables tell. */
  async #untilFinal(): Promise<void> {
    const { database } = this.#options.database;
    const deadline = this.#now() + PATIENCE;
    const unfinished = `SELECT 1 FROM tasks WHERE status IN ('PENDING', 'RETRYING', 'RUNNING') LIMIT 1`;
    while (this.#now() < deadline && (await database.sql(unfinished)).length > 0) await pause(200);
  }
}

/** What no history tells. */
function accidents({ accidents }: Fleet): Violation[] {
  return accidents.map((detail) => ({ rule: "a runner ends only when it is told to", detail }));
}
