import type { Clock } from "./clock.ts";
import { StorageRejected } from "./errors.ts";
import type { EventListener } from "./events.ts";
import type { Intake } from "./intake.ts";
import { type Composed, type EnqueueCall, enqueueThrough } from "./middleware.ts";
import type { EnqueueRequest, TaskRequest } from "./prepare.ts";
import type { CallerKey, EnqueueReceipt, Storage } from "./storage.ts";
import type { NewTask } from "./task.ts";
import { refuseInStatements } from "./unique.ts";

type Request = EnqueueRequest | TaskRequest;

/** What a producer works with. */
export interface ProducerParts<Native> {
  readonly intake: Intake;
  readonly storage: Pick<Storage<Native>, "statements">;
  readonly clock: Clock;
  readonly emit: EventListener;
  readonly middleware: Composed;
}

/** Tasks that were inserted, and when. */
export interface Inserted {
  readonly tasks: readonly NewTask[];
  readonly receipts: readonly EnqueueReceipt[];
  readonly now: number;
}

/** Makes tasks another's children before they are inserted. */
export type Adopt = (tasks: readonly NewTask[]) => Promise<readonly NewTask[]>;

/** Takes requests through the middleware, inserts what comes of them, and tells of those that are new. */
export class Producer<Native> {
  readonly #parts: ProducerParts<Native>;

  constructor(parts: ProducerParts<Native>) {
    this.#parts = parts;
  }

  /** One, whose errors name the field alone. */
  async one(request: Request, key?: CallerKey, adopt?: Adopt) {
    const { tasks, receipts, now } = await this.#insert([request], false, key, adopt);
    return { task: onlyOf(tasks), receipt: onlyOf(receipts), now };
  }

  /** Many, all or nothing; an error names the one at fault. */
  many(requests: readonly Request[], key?: CallerKey, adopt?: Adopt): Promise<Inserted> {
    return this.#insert(requests, true, key, adopt);
  }

  /** What would insert one. */
  async statements(request: Request): Promise<Native[]> {
    const insert = (tasks: readonly NewTask[], now: number) => {
      for (const task of tasks) refuseInStatements(task);
      // Whether it will be a duplicate, only its batch will tell.
      const receipts = tasks.map(({ id }) => ({ id, duplicate: false }));
      return { statements: this.#parts.storage.statements(tasks, now), receipts };
    };
    return (await this.#through([request], false, insert)).statements;
  }

  async #insert(
    requests: readonly Request[],
    isBatch: boolean,
    key?: CallerKey,
    adopt: Adopt = async (tasks) => tasks,
  ): Promise<Inserted> {
    const { intake, emit } = this.#parts;
    const inserted = await this.#through(requests, isBatch, async (prepared, now) => {
      const tasks = await adopt(prepared);
      return { tasks, now, receipts: await intake.insertMany(tasks, now, key) };
    });
    for (const [index, { id, funcPath, queue }] of inserted.tasks.entries()) {
      if (inserted.receipts[index]?.duplicate !== false) continue;
      emit({ type: "task.enqueued", task: { id, attempts: 0, funcPath, queue } });
    }
    return inserted;
  }

  async #through<T extends { readonly receipts: readonly EnqueueReceipt[] }>(
    requests: readonly Request[],
    isBatch: boolean,
    insert: (tasks: readonly NewTask[], now: number) => T | Promise<T>,
  ): Promise<T> {
    const { intake, clock, middleware } = this.#parts;
    const prepare = async (from: readonly Request[]) => {
      const now = clock.now();
      const tasks = isBatch ? await intake.prepareMany(from, now) : [await intake.prepare(onlyOf(from), now)];
      return insert(tasks, now);
    };
    if (middleware.enqueue === null) return prepare(requests);
    const insertCalls = (changed: readonly EnqueueCall[]) =>
      prepare(changed.map((call, index) => intake.toRequest(requests[index], call)));
    const calls = requests.map((request) => intake.toCall(request));
    return enqueueThrough(middleware.enqueue, calls, insertCalls, ({ receipts }) => receipts);
  }
}

function onlyOf<T>(list: readonly T[]): T {
  const [only] = list;
  if (only === undefined) throw new StorageRejected("an insert of one task gave no receipt");
  return only;
}
