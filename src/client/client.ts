import type { EnqueueRequest, TaskOptions, TaskRequest } from "../core/prepare.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import { ClientOperations, pathOf } from "./operations.ts";
import type { ClientOptions } from "./options.ts";
import { checkPayload, nameOf, readIdempotencyKey, toTaskRequest } from "./request.ts";
import { Transport } from "./transport.ts";
import type {
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
 * A client of the HTTP API.
 *
 * @typeParam Known `typeof tasks` of the app that runs them: names and payloads are then checked, and results are typed, by an import
 *   of the type alone. Defaults to any
 * @param options where the API is, and the key; see {@link ClientOptions}
 * @throws {OmniqError} `invalid_input` when an option cannot be used
 * @example
 * import type { tasks } from "../jobs/tasks.ts";
 * const client = createClient<typeof tasks>({ url: "https://jobs.example.com", key: process.env.OMNIQ_KEY });
 * const { id } = await client.enqueue("email.send", { to: "a@example.com" });
 * const ended = await client.result(id, { wait: "2m" });
 */
export function createClient<Known extends Tasks = Tasks>(options: ClientOptions): Client<Known> {
  return new Client(new Transport(options));
}

/** Made by {@link createClient}. */
export class Client<Known extends Tasks = Tasks> extends ClientOperations implements Producer<Known> {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    super(transport);
    this.#transport = transport;
  }

  /** Marks what this client has seen of D1: another one made with it sees at least that. Null where the server has no such mark. */
  get bookmark(): string | null {
    return this.#transport.bookmark;
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
    input: unknown,
    { signal, idempotencyKey, ...options }: EnqueueTaskOptions = {},
  ): Promise<Receipt> {
    const body: TaskRequest = { ...options, funcPath: nameOf(task), kwargs: input };
    checkPayload(body);
    const key = this.#keyOf([body], idempotencyKey);
    const call = { method: "POST", path: "/v1/tasks", body, idempotencyKey: key, signal } as const;
    const { id, duplicate = false, replaced } = await this.#transport.json(call, "id");
    return { id, duplicate, ...(replaced === true ? { replaced } : {}) };
  }

  async enqueueMany(
    requests: readonly (RequestOf<Known> | EnqueueRequest)[],
    { signal, idempotencyKey }: EnqueueCallOptions = {},
  ): Promise<readonly Receipt[]> {
    const tasks = requests.map(toTaskRequest);
    for (const [index, request] of tasks.entries()) checkPayload(request, `tasks[${index}].`);
    const key = this.#keyOf(tasks, idempotencyKey);
    const path = "/v1/tasks/batch";
    const call = { method: "POST", path, body: { tasks }, idempotencyKey: key, signal } as const;
    return toReceipts(await this.#transport.json(call, "ids"));
  }

  result<Definition = AnyTask>(
    id: TaskId<Definition>,
    { wait = 0, signal }: ResultOptions = {},
  ): Promise<ResultOf<Definition> | null> {
    const path = `${pathOf(id)}/result`;
    const ask = async (slice: number) => {
      const query = slice > 0 ? { wait: slice } : {};
      const call = { method: "GET", path, query, patience: slice, signal } as const;
      const body = await this.#transport.json(call, "taskId");
      return body.result === null && body.status === undefined ? null : body;
    };
    return waitInSlices(wait, signal, ask, this.#transport.ambient);
  }

  /** By which the server knows a repetition. A task with an id is known by that, which costs no row. */
  #keyOf(requests: readonly TaskOptions[], given: string | undefined): string | undefined {
    if (given !== undefined) return readIdempotencyKey(given);
    const isKnown = requests.every(({ id }) => id !== undefined);
    return isKnown || this.#transport.retries === 0 ? undefined : crypto.randomUUID();
  }
}

interface BatchReply {
  readonly ids: readonly string[];
  readonly duplicates: readonly string[];
  readonly replaced?: readonly string[];
}

/** One for each id. Of those that are there more than once all but the first may be duplicates: as many as the reply lists. */
function toReceipts({ ids, duplicates, replaced = [] }: BatchReply): readonly Receipt[] {
  const changed = new Set(replaced);
  const inserted = new Map<string, number>();
  for (const id of ids) inserted.set(id, (inserted.get(id) ?? 0) + 1);
  for (const id of duplicates) inserted.set(id, (inserted.get(id) ?? 0) - 1);
  return ids.map((id) => {
    const left = inserted.get(id) ?? 0;
    inserted.set(id, left - 1);
    if (left > 0) return { id, duplicate: false };
    return { id, duplicate: true, ...(changed.has(id) ? { replaced: true as const } : {}) };
  });
}
