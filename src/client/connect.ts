import { describe } from "../core/describe.ts";
import type { EnqueueRequest } from "../core/prepare.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import { readRemote } from "../core/remote-errors.ts";
import type { Task } from "../core/task.ts";
import { AMBIENT } from "./ambient.ts";
import { type ClientErrorCode, OmniqError, refuse } from "./errors.ts";
import { raceAbort } from "./patience.ts";
import { checkPayload, nameOf, toTaskRequest } from "./request.ts";
import type {
  CallOptions,
  EnqueueCallOptions,
  EnqueueTaskOptions,
  InputOf,
  NameOf,
  Producer,
  Receipt,
  RequestOf,
  ResultOf,
  ResultOptions,
  TaskId,
  TaskNamed,
  Tasks,
} from "./types.ts";
import { waitInSlices } from "./wait.ts";

/**
 * Makes of a service binding what a client is: the same verbs, types and errors. Nothing is sent again by itself.
 *
 * @typeParam Known `typeof tasks` of the Worker behind the binding. Defaults to any
 * @param binding such as `env.QUEUE`, to an entrypoint that `createEntrypoint` of `omniq/rpc` made. Any object, since wrangler types a
 *   binding to another project as a mere `Fetcher`, and the platform's own types of what may be called do not end at JSON
 * @throws {OmniqError} `invalid_input` where there is no such binding
 * @example
 * import type { tasks } from "../jobs/tasks.ts";
 * const queue = connect<typeof tasks>(env.QUEUE);
 * const { id } = await queue.enqueue("email.send", { to: "a@example.com" });
 */
export function connect<Known extends Tasks = Tasks>(binding: object): Producer<Known> {
  // A binding that is missing from the configuration is the likeliest mistake, and undefined at run time alone.
  if (Object(binding) !== binding) {
    throw refuse("binding", "a service binding, such as env.QUEUE", describe(binding));
  }
  return new BoundQueue(binding);
}

class BoundQueue<Known extends Tasks> implements Producer<Known> {
  readonly #binding: object;

  constructor(binding: object) {
    this.#binding = binding;
  }

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
  async enqueue(
    task: AnyTask | string,
    input: object,
    { signal, ...options }: EnqueueTaskOptions = {},
  ): Promise<Receipt> {
    checkPayload({ ...options, kwargs: input });
    return this.#ask("enqueue", [nameOf(task), input, options], signal);
  }

  async enqueueMany(
    requests: readonly (RequestOf<Known> | EnqueueRequest)[],
    { signal, ...options }: EnqueueCallOptions = {},
  ): Promise<readonly Receipt[]> {
    const tasks = requests.map(toTaskRequest);
    for (const [index, request] of tasks.entries()) checkPayload(request, `tasks[${index}].`);
    return this.#ask("enqueueMany", [tasks, options], signal);
  }

  task(id: string, { signal }: CallOptions = {}): Promise<Task> {
    return this.#ask("task", [id], signal);
  }

  result<Definition = AnyTask>(
    id: TaskId<Definition>,
    { wait = 0, signal }: ResultOptions = {},
  ): Promise<ResultOf<Definition> | null> {
    const once = (slice: number) =>
      this.#ask<ResultOf<Definition> | null>("result", [id, { wait: slice }], signal);
    return waitInSlices(wait, signal, once, AMBIENT);
  }

  cancel(id: string, { signal }: CallOptions = {}): Promise<Task> {
    return this.#ask("cancel", [id], signal);
  }

  /** The answer is taken for what an entrypoint is known to give. @throws {OmniqError}, or the signal's reason */
  async #ask<Answer>(
    verb: keyof Producer,
    given: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    try {
      const answer: Promise<Answer> = Reflect.apply(Reflect.get(this.#binding, verb), this.#binding, given);
      return await raceAbort(answer, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw fromRemote(error);
    }
  }
}

/** The same error as a client would throw. One that is none of ours says what went wrong in the other Worker, or on the way. */
function fromRemote(error: unknown): OmniqError {
  const message = error instanceof Error ? error.message : String(error);
  const read = readRemote(message);
  if (read === null) {
    const detail = `expected the queue's Worker to answer, got an error: ${message}`;
    return new OmniqError({ code: "internal_error", detail, cause: error });
  }
  const { code, detail } = read;
  const [field, expected, got] = ["field", "expected", "got"].map((name) => textOf(error, name));
  // Of a newer Worker it may be one that is not known here yet, as it may in a reply over HTTP.
  return new OmniqError({ code: code as ClientErrorCode, detail, field, expected, got });
}

/** A property that came along, where the platform lets one. */
function textOf(error: unknown, name: string): string | null {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : null;
  return typeof value === "string" ? value : null;
}
