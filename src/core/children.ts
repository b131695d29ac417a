import type { QueryBudget } from "./budget.ts";
import { sha256 } from "./digest.ts";
import { ValidationError } from "./errors.ts";
import { derivedId } from "./id.ts";
import type { EnqueueRequest } from "./prepare.ts";
import type { Adopt, Producer } from "./producer.ts";
import type { EnqueueReceipt } from "./storage.ts";
import { type ClaimedTask, type NewTask, NO_EXTRAS } from "./task.ts";

/** Queries of one enqueue of children at most, unless they are very large: with an id, `after`, a unique key, a window and `reject`. */
const ENQUEUE_QUERIES = 9;

export interface ChildrenOptions {
  readonly producer: Pick<Producer<unknown>, "one" | "many">;
  readonly now: () => number;
  readonly budget: Pick<QueryBudget, "allow" | "takeTurn">;
}

/** Which of those of the same content a child is. */
interface Place {
  readonly content: string;
  readonly place: number;
}

/** What one attempt of a task enqueues. */
export class Children {
  readonly #parent: ClaimedTask;
  readonly #signal: AbortSignal;
  readonly #options: ChildrenOptions;
  /** The places of those this attempt has enqueued among others of the same content. */
  readonly #places = new Map<string, { taken: number; readonly free: number[] }>();

  constructor(parent: ClaimedTask, signal: AbortSignal, options: ChildrenOptions) {
    this.#parent = parent;
    this.#signal = signal;
    this.#options = options;
  }

  async enqueue(request: EnqueueRequest): Promise<EnqueueReceipt> {
    const { producer } = this.#options;
    return (await this.#inTurn((adopt) => producer.one(request, undefined, adopt))).receipt;
  }

  async enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueReceipt[]> {
    const { producer } = this.#options;
    return (await this.#inTurn((adopt) => producer.many(requests, undefined, adopt))).receipts;
  }

  /** What those before have sent is counted by then: of many at the same time none goes beyond the budget. */
  async #inTurn<T>(insert: (adopt: Adopt) => Promise<T>): Promise<T> {
    const { now, budget } = this.#options;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const taken: Place[] = [];
    try {
      return await insert(async (tasks) => {
        const children: NewTask[] = [];
        for (const task of tasks) children.push(await this.#adopt(task, taken));
        await budget.takeTurn(ended);
        this.#signal.throwIfAborted();
        budget.allow(ENQUEUE_QUERIES, now());
        return children;
      });
    } catch (error) {
      // Whether they are there may be unknown: a handler that enqueues them again is to meet them.
      for (const { content, place } of taken) this.#places.get(content)?.free.push(place);
      throw error;
    } finally {
      end();
    }
  }

  async #adopt(task: NewTask, taken: Place[]): Promise<NewTask> {
    const extras = task.extras ?? NO_EXTRAS;
    if (extras.onSuccess === "delete") {
      const expected =
        "false for a child, which a retry of its parent must meet (keepResult: false saves its result)";
      throw new ValidationError("deleteOnSuccess", expected, "true");
    }
    const id = task.idGiven ? task.id : await this.#deriveId(task, taken);
    return { ...task, id, extras: { ...extras, parentId: this.#parent.id } };
  }

  /** An interval task's next run has children of its own: the moment it is due tells it from others. */
  async #deriveId({ funcPath, args, kwargs }: NewTask, taken: Place[]): Promise<string> {
    const { id, scheduledFor, interval } = this.#parent;
    const run = interval === null ? null : scheduledFor;
    const content = await sha256(JSON.stringify([id, run, funcPath, args, kwargs]));
    const place = this.#takePlace(content);
    taken.push({ content, place });
    return derivedId(id, await sha256(`${content} ${place}`));
  }

  /** The next; before it, those that were given back. */
  #takePlace(content: string): number {
    const places = this.#places.get(content) ?? { taken: 0, free: [] };
    this.#places.set(content, places);
    return places.free.shift() ?? places.taken++;
  }
}
