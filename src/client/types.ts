import type { Duration } from "../core/duration.ts";
import type { OutputOf } from "../core/output.ts";
import type { EnqueueRequest, TaskOptions, TaskRequest } from "../core/prepare.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import type { EnqueueReceipt } from "../core/storage.ts";
import type { Task, TaskResult } from "../core/task.ts";

/** Tasks by their definitions: `typeof tasks` of the app that runs them. */
export type Tasks = readonly AnyTask[];

/** What an enqueue of this task takes; any object where that is not known. */
export type InputOf<Definition> =
  Definition extends TaskDefinition<infer Input, never> ? ([Input] extends [never] ? object : Input) : never;

/** The names that an enqueue takes. */
export type NameOf<Known extends Tasks> = Known[number]["name"];

/** The definition of this name; any task, where the registry has it without its name. */
export type TaskNamed<Known extends Tasks, Name extends string> = [WithName<Known[number], Name>] extends [
  never,
]
  ? AnyTask
  : WithName<Known[number], Name>;

type WithName<Definition, Name extends string> = Definition extends { readonly name: infer Own }
  ? Own extends Name
    ? Definition
    : never
  : never;

declare const definition: unique symbol;
/** The id of a task that remembers whose it is, so that its result is typed. It is a text, and any text is taken for one. */
export type TaskId<Definition = AnyTask> = string & { readonly [definition]?: Definition };

/** What became of an enqueue: the id of the new task, or of the one that it met. */
export interface Receipt<Definition = AnyTask> extends EnqueueReceipt {
  readonly id: TaskId<Definition>;
}

/** How a task ended, typed by its definition. */
export type ResultOf<Definition> =
  | Exclude<TaskResult, { readonly status: "SUCCESS" }>
  | (Omit<Extract<TaskResult, { readonly status: "SUCCESS" }>, "result"> & {
      readonly result: OutputOf<Definition>;
    });

/** A task by its name, in a batch. */
export type RequestOf<Known extends Tasks> = Known extends Tasks ? RequestFor<Known[number]> : never;

type RequestFor<Definition> = Definition extends AnyTask
  ? [InputOf<Definition>] extends [infer Input]
    ? Omit<TaskRequest, "funcPath" | "kwargs" | "trace"> & {
        readonly funcPath: Definition["name"];
      } & (Record<never, never> extends Input ? { readonly kwargs?: Input } : { readonly kwargs: Input })
    : never
  : never;

/** Of any call. */
export interface CallOptions {
  /** Ends the call, with all that it would have tried: it then throws the signal's reason. Defaults to none. */
  readonly signal?: AbortSignal;
}

/** Of an enqueue of one or many. */
export interface EnqueueCallOptions extends CallOptions {
  /**
   * A text of yours that makes the enqueue happen once: for a day the same key with the same content is answered as at first. Defaults to
   * a new one for each call, so that its own repetitions change nothing, and to none where every task comes with an `id`.
   */
  readonly idempotencyKey?: string;
}

export interface EnqueueTaskOptions extends Omit<TaskOptions, "trace">, EnqueueCallOptions {}

export interface ResultOptions extends CallOptions {
  /** How long to wait for it: as long as you like. Defaults to not at all. */
  readonly wait?: Duration;
}

/**
 * What enqueues tasks and follows them, wherever the queue is: over HTTP ({@link createClient}), or in another Worker behind a
 * service binding ({@link connect}).
 *
 * @typeParam Known the tasks that the queue knows, as `typeof tasks`: names and payloads are then checked. Defaults to any
 */
export interface Producer<Known extends Tasks = Tasks> {
  /**
   * Enqueues one task.
   *
   * @param task its definition, of which only the name is used; or its name, checked where the registry's type is given
   * @param input its payload, stored as `kwargs`
   * @param options see {@link EnqueueTaskOptions}
   * @returns its id; `duplicate: true` with the id of the task that already had the id or the unique key
   * @throws {OmniqError} `unknown_task`, `invalid_input`, `not_serializable`, `too_large`, `id_conflict`, `unique_conflict` ...
   * @example
   * const { id } = await client.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m" });
   * await client.enqueue("email.send", { to: "a@example.com" });
   */
  enqueue<Input, Output>(
    task: TaskDefinition<Input, never, Output>,
    input: NoInfer<Input>,
    options?: EnqueueTaskOptions,
  ): Promise<Receipt<TaskDefinition<Input, never, Output>>>;
  enqueue<Name extends NameOf<Known>>(
    funcPath: Name,
    input: InputOf<TaskNamed<Known, Name>>,
    options?: EnqueueTaskOptions,
  ): Promise<Receipt<TaskNamed<Known, Name>>>;

  /**
   * Enqueues up to 10,000 tasks, all or nothing.
   *
   * @param requests `{ funcPath, kwargs, ...options }`, or made by `enqueueRequest`
   * @param options see {@link EnqueueCallOptions}
   * @returns a receipt for each, in order
   * @throws {OmniqError} what {@link Producer.enqueue} throws, with `tasks[3]` before the field
   * @example await client.enqueueMany(users.map(({ email }) => ({ funcPath: "email.send", kwargs: { to: email } })))
   */
  enqueueMany(
    requests: readonly (RequestOf<Known> | EnqueueRequest)[],
    options?: EnqueueCallOptions,
  ): Promise<readonly Receipt[]>;

  /**
   * A task with its status, its counters and its last 20 errors.
   *
   * @throws {OmniqError} `task_not_found`, `task_purged`
   */
  task(id: string, options?: CallOptions): Promise<Task>;

  /**
   * How a task ended.
   *
   * @param id of a receipt, whose task types the result; or any text, with the type said: `result<typeof sendEmail>(id)`
   * @param options `wait`: how long to wait for it. Defaults to not at all
   * @returns null while there is no result
   * @throws {OmniqError} `task_not_found`, `task_purged`
   * @example const ended = await client.result(id, { wait: "2m" })
   */
  result<Definition = AnyTask>(
    id: TaskId<Definition>,
    options?: ResultOptions,
  ): Promise<ResultOf<Definition> | null>;

  /**
   * Cancels a task that has not ended; a handler that runs is aborted at its next heartbeat.
   *
   * @throws {OmniqError} `wrong_status` when it has ended, `task_not_found`, `task_purged`
   */
  cancel(id: string, options?: CallOptions): Promise<Task>;
}
