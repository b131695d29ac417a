import { refuseCycles } from "./after.ts";
import { describe, describeKind } from "./describe.ts";
import { FieldError, ValidationError } from "./errors.ts";
import { type ExtraOptions, parseExtras, withEndings } from "./extras.ts";
import { newId } from "./id.ts";
import { parseJson } from "./json.ts";
import {
  type EnqueueOptions,
  LIMITS,
  type ParsedOptions,
  parseEta,
  parseNewId,
  parseShared,
  type TaskDefaults,
} from "./options.ts";
import { type AnyTask, atMost, type TaskDefinition } from "./registry.ts";
import { byteLength, serialize } from "./serialize.ts";
import { type NewTask, NO_EXTRAS, type Task, type TaskExtras } from "./task.ts";
import { debounced, parseUnique, uniqueKeyOf, withUnique } from "./unique.ts";

/** One task to enqueue. Build it with {@link enqueueRequest}, which checks the payload's type. */
export interface EnqueueRequest {
  readonly task: AnyTask;
  readonly input: unknown;
  readonly options: TaskOptions;
}

/** Everything that an enqueue may say about a task. */
export interface TaskOptions extends EnqueueOptions, ExtraOptions {}

/** A task to enqueue that comes from outside: it names its definition. */
export interface TaskRequest extends TaskOptions {
  readonly funcPath: string;
  /** The payload. Defaults to `{}`. */
  readonly kwargs?: unknown;
}

/**
 * A request for `enqueueMany`.
 *
 * @param task the definition
 * @param input its payload, stored as `kwargs`
 * @param options see {@link TaskOptions}
 * @example await queue.enqueueMany(users.map((user) => enqueueRequest(sendEmail, { to: user.email })))
 */
export function enqueueRequest<Input>(
  task: TaskDefinition<Input, never>,
  input: NoInfer<Input>,
  options: TaskOptions = {},
): EnqueueRequest {
  return { task, input, options };
}

/** What a queue adds to each request. */
export interface PrepareSettings extends TaskDefaults {
  /** No task may have a longer timeout, in milliseconds. Defaults to no limit. */
  readonly longestTimeout?: number;
}

/**
 * Checks a request and applies the defaults: of the options first, then of the definition, then of the queue.
 *
 * @throws {ValidationError} {@link SerializationError} {@link TooLargeError}
 */
export async function prepareTask(
  request: EnqueueRequest,
  defaults: PrepareSettings,
  now: number,
): Promise<NewTask> {
  const { task, input, options } = request;
  if (options.args !== undefined && !Array.isArray(options.args)) {
    throw new ValidationError("args", "an array", describeKind(options.args));
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new ValidationError("kwargs", "an object", describeKind(input));
  }
  const settings = parseShared(options, parseShared(task.settings, { ...defaults, interval: null }));
  const { longestTimeout = Number.POSITIVE_INFINITY } = defaults;
  if (settings.timeout > longestTimeout) {
    throw new ValidationError("timeout", atMost(longestTimeout), `${settings.timeout} ms`);
  }
  const limits = { maxBytes: LIMITS.payloadBytes, maxDepth: LIMITS.depth };
  const args = serialize(options.args ?? [], "args", limits);
  const taken = options.args === undefined ? args.length : byteLength(args);
  const kwargs = serialize(input, "kwargs", { ...limits, maxBytes: LIMITS.payloadBytes - taken });
  const id = options.id === undefined ? newId(now) : parseNewId(options.id, "id", now);
  const extras = parseExtras(withEndings(options, task.settings), now);
  refuseContradictions(id, settings, extras);
  await task.validate(input);
  const unique = options.unique === undefined ? (task.unique ?? null) : parseUnique(options.unique);
  const payload = { args: options.args ?? [], kwargs: input };
  return {
    id,
    idGiven: options.id !== undefined,
    funcPath: task.name,
    args,
    kwargs,
    eta: debounced(parseEta(options, now), unique, now),
    uniqueKey: await uniqueKeyOf(options.uniqueKey, unique, task.name, payload),
    ...settings,
    extras: withUnique(extras, unique),
  };
}

function refuseContradictions(id: string, { interval }: ParsedOptions, extras: TaskExtras | null): void {
  if (extras === null) return;
  const { onSuccess, after } = extras;
  // Its success is not its end.
  if (onSuccess === "delete" && interval !== null) {
    throw new ValidationError("deleteOnSuccess", "absent where the task has an interval", "true");
  }
  const own = after.indexOf(id);
  if (own >= 0) throw new ValidationError(`after[${own}]`, "the id of another task", describe(id));
}

/** Prepares many, one by one; an error names the request at fault. */
export async function prepareMany<Request>(
  requests: readonly Request[],
  prepare: (request: Request) => Promise<NewTask>,
): Promise<NewTask[]> {
  if (requests.length > LIMITS.batch) {
    throw new ValidationError("tasks", `at most ${LIMITS.batch} tasks`, `${requests.length}`);
  }
  const tasks: NewTask[] = [];
  for (const [index, request] of requests.entries()) {
    try {
      tasks.push(await prepare(request));
    } catch (error) {
      throw error instanceof FieldError ? error.within(`tasks[${index}]`) : error;
    }
  }
  refuseCycles(tasks);
  return tasks;
}

/** Whether it is to wait for other tasks. */
export function waits({ extras }: NewTask): boolean {
  return extras !== null && extras.after.length > 0;
}

/** The task that an insert makes of it, where it waits for no other. */
export function pendingTask({ idGiven: _, args, kwargs, extras, ...task }: NewTask, now: number): Task {
  const { expiresAt, parentId, after, resultTtl, onSuccess, schedule, scheduledFor } = extras ?? NO_EXTRAS;
  return {
    ...task,
    args: parseJson(args),
    kwargs: parseJson(kwargs),
    status: "PENDING",
    quarantined: false,
    attempts: 0,
    failures: 0,
    leaseExpiresAt: null,
    errors: [],
    lastAttemptAt: null,
    createdAt: now,
    updatedAt: now,
    expiresAt,
    cancelReason: null,
    parentId,
    awaits: after.length,
    progress: null,
    resultTtl,
    onSuccess,
    schedule,
    scheduledFor,
  };
}
