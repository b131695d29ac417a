import { StorageRejected } from "./errors.ts";
import type { EnqueueCall } from "./middleware.ts";
import { RETENTION_DEFAULTS, type TaskDefaults } from "./options.ts";
import {
  type EnqueueRequest,
  type PrepareSettings,
  prepareMany,
  prepareTask,
  type TaskRequest,
} from "./prepare.ts";
import type { Registry } from "./registry.ts";
import type { CallerKey, EnqueueReceipt, Storage } from "./storage.ts";
import type { NewTask, Task } from "./task.ts";

/** What became of a task that came from outside. */
export interface Submission {
  /** The task that was inserted, or that the request met. */
  readonly task: Task;
  readonly duplicate: boolean;
  /** True where the existing task got the payload of the request. */
  readonly replaced?: true;
  /** True where it was inserted, or replaced, and may start now. */
  readonly due: boolean;
}

/** The same of many. */
export interface BatchSubmission {
  /** One for each request, in order. */
  readonly receipts: readonly EnqueueReceipt[];
  /** True where one that was inserted may start now. */
  readonly due: boolean;
}

/** Turns requests into tasks, and inserts them. */
export class Intake {
  readonly #storage: Pick<Storage, "enqueueMany">;
  readonly #registry: Registry;
  readonly #settings: PrepareSettings;
  readonly #onInsert: (tasks: readonly NewTask[]) => void;

  constructor(
    storage: Pick<Storage, "enqueueMany">,
    registry: Registry,
    defaults: TaskDefaults,
    onInsert: (tasks: readonly NewTask[]) => void,
  ) {
    this.#storage = storage;
    this.#registry = registry;
    this.#settings = { ...defaults, longestTimeout: registry.longestTimeout };
    this.#onInsert = onInsert;
  }

  /** @throws {UnknownTaskError} {@link ValidationError} {@link SerializationError} {@link TooLargeError} */
  async prepare(request: EnqueueRequest | TaskRequest, now: number): Promise<NewTask> {
    return prepareTask("funcPath" in request ? this.#find(request) : request, this.#settings, now);
  }

  prepareMany(requests: readonly (EnqueueRequest | TaskRequest)[], now: number): Promise<NewTask[]> {
    return prepareMany(requests, (request) => this.prepare(request, now));
  }

  /** What the middleware sees of it. */
  toCall(request: EnqueueRequest | TaskRequest): EnqueueCall {
    const { task, input, options } = "funcPath" in request ? this.#find(request) : request;
    const queue = options.queue ?? task.settings.queue ?? this.#settings.queue;
    return { funcPath: task.name, queue, input, options };
  }

  /** The request as the middleware left it: of the same task. */
  toRequest(
    request: EnqueueRequest | TaskRequest | undefined,
    { funcPath, input, options }: EnqueueCall,
  ): EnqueueRequest {
    if (request !== undefined && "task" in request) return { task: request.task, input, options };
    return { task: this.#registry.get(request?.funcPath ?? funcPath), input, options };
  }

  #find({ funcPath, kwargs = {}, ...options }: TaskRequest): EnqueueRequest {
    return { task: this.#registry.get(funcPath), input: kwargs, options };
  }

  async insertMany(
    tasks: readonly NewTask[],
    now: number,
    key?: CallerKey,
  ): Promise<readonly EnqueueReceipt[]> {
    const expiredBefore = now - RETENTION_DEFAULTS.idempotencyKey;
    const receipts = await this.#storage.enqueueMany(tasks, now, key && { ...key, expiredBefore });
    this.#onInsert(tasks);
    return receipts;
  }

  async insert(task: NewTask, now: number): Promise<EnqueueReceipt> {
    const [receipt] = await this.insertMany([task], now);
    if (receipt === undefined) throw new StorageRejected("an insert of one task gave no receipt");
    return receipt;
  }
}
