import { WorkerEntrypoint } from "cloudflare:workers";
import { sha256 } from "../core/digest.ts";
import type { Duration } from "../core/duration.ts";
import { FieldError, OmniqError } from "../core/errors.ts";
import { LIMITS, parseText } from "../core/options.ts";
import type { TaskOptions, TaskRequest } from "../core/prepare.ts";
import type { Queue } from "../core/queue.ts";
import { toRemote } from "../core/remote-errors.ts";
import { serialize } from "../core/serialize.ts";
import type { CallerKey, EnqueueReceipt } from "../core/storage.ts";
import type { Task, TaskResult } from "../core/task.ts";
import type { OmniqWorker } from "../worker/worker.ts";
import { checkOptions, checkRequest, checkRequests } from "./arguments.ts";

/** What an enqueue by a binding may say beside the task's own options. */
export interface RemoteEnqueueOptions {
  /** Makes the enqueue happen once: for a day the same key with the same content is answered as at first. Defaults to none. */
  readonly idempotencyKey?: string;
}

/** What another Worker can ask of a queue. `connect` of `omniq/client` makes of it what a client is. */
export interface QueueService {
  /** Enqueues one task by its name. */
  enqueue(
    funcPath: string,
    input: object,
    options?: TaskOptions & RemoteEnqueueOptions,
  ): Promise<EnqueueReceipt>;
  /** Enqueues up to 10,000 tasks, all or nothing: a receipt for each, in order. */
  enqueueMany(
    requests: readonly TaskRequest[],
    options?: RemoteEnqueueOptions,
  ): Promise<readonly EnqueueReceipt[]>;
  /** A task with its status, its counters and its last 20 errors. What its definition redacts is not told. */
  task(id: string): Promise<Task>;
  /** How a task ended; null while there is no result. Waits at most 30 s for it. */
  result(id: string, options?: { readonly wait?: Duration }): Promise<TaskResult | null>;
  /** Cancels a task that has not ended. */
  cancel(id: string): Promise<Task>;
}

/** The class of an entrypoint, to be exported by a Worker under a name of its own. */
export type QueueEntrypoint<Env> = new (
  ...parameters: ConstructorParameters<typeof WorkerEntrypoint<Env>>
) => WorkerEntrypoint<Env> & QueueService;

/** Whose idempotency keys they are: no API key has such a name. */
const CALLER = "service binding";

/**
 * Makes a queue callable from other Workers by a service binding, without HTTP and without a key: whoever has the binding may do all
 * of it. A task that is due starts at once, in the rest of this Worker's time.
 *
 * @param worker made by `createWorker`
 * @returns a class, to be exported beside the Worker's default export; its name is the binding's `entrypoint`
 * @example
 * const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks });
 * export class Jobs extends createEntrypoint(worker) {}
 * export default worker;
 */
export function createEntrypoint<Env extends object>(
  worker: Pick<OmniqWorker<Env, unknown>, "queueFor">,
): QueueEntrypoint<Env> {
  return class extends WorkerEntrypoint<Env> implements QueueService {
    enqueue(
      funcPath: string,
      input: object,
      options: TaskOptions & RemoteEnqueueOptions = {},
    ): Promise<EnqueueReceipt> {
      return this.#ask(async (queue) => {
        checkOptions(options);
        const { idempotencyKey, ...own } = options;
        const request: TaskRequest = { ...own, funcPath, kwargs: input };
        checkRequest(request);
        const key = await keyOf(idempotencyKey, () => fingerprint(request));
        const { task, due, ...met } = await queue.submit(request, key);
        if (due) queue.kick(this.ctx, { queries: 0 });
        return { id: task.id, ...met };
      });
    }

    enqueueMany(
      requests: readonly TaskRequest[],
      options: RemoteEnqueueOptions = {},
    ): Promise<readonly EnqueueReceipt[]> {
      return this.#ask(async (queue) => {
        checkOptions(options);
        checkRequests(requests);
        const key = await keyOf(options.idempotencyKey, () =>
          requests.map((request, index) => fingerprint(request, `tasks[${index}]`)).join("\n"),
        );
        const { receipts, due } = await queue.submitMany(requests, key);
        if (due) queue.kick(this.ctx, { queries: 0 });
        return receipts;
      });
    }

    task(id: string): Promise<Task> {
      return this.#ask((queue) => queue.get(id));
    }

    result(id: string, options: { readonly wait?: Duration } = {}): Promise<TaskResult | null> {
      return this.#ask((queue) => {
        checkOptions(options);
        return queue.result(id, options);
      });
    }

    cancel(id: string): Promise<Task> {
      return this.#ask((queue) => queue.cancel(id));
    }

    async #ask<T>(run: (queue: Queue) => T | Promise<T>): Promise<T> {
      try {
        return await run(worker.queueFor(this.env).redacted());
      } catch (error) {
        throw error instanceof OmniqError ? toRemote(error) : error;
      }
    }
  };
}

async function keyOf(given: string | undefined, content: () => string): Promise<CallerKey | undefined> {
  if (given === undefined) return undefined;
  return { apiKey: CALLER, key: parseText(given, "idempotencyKey"), fingerprint: await sha256(content()) };
}

/** What the same key must come with again. A payload that is no JSON is refused, before it is made into one. */
function fingerprint(request: TaskRequest, place?: string): string {
  const limits = { maxBytes: LIMITS.payloadBytes, maxDepth: LIMITS.depth };
  try {
    serialize(request.args ?? [], "args", limits);
    serialize(request.kwargs ?? {}, "kwargs", limits);
  } catch (error) {
    throw error instanceof FieldError && place !== undefined ? error.within(place) : error;
  }
  // What is no JSON is refused with the task, by its name.
  return JSON.stringify(request, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}
