import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigError, UnknownTaskError } from "./errors.ts";
import { type EndingOptions, parseEndings } from "./extras.ts";
import type { Logger } from "./log.ts";
import { type ParsedOptions, parseShared, parseText, type SharedOptions, TASK_DEFAULTS } from "./options.ts";
import type { EnqueueRequest, TaskOptions } from "./prepare.ts";
import { parseRedact, type Redaction } from "./redact.ts";
import { parseRetries, type RetryOptions, type RetryRule } from "./retries.ts";
import type { EnqueueReceipt } from "./storage.ts";
import type { ClaimedTask, JsonObject, JsonValue } from "./task.ts";
import { type ParsedUnique, parseUnique, type UniqueOptions } from "./unique.ts";
import { validate } from "./validate.ts";

/**
 * What a handler is given besides its input.
 *
 * @typeParam Env the Worker's bindings, or what `createRunner` was given as `env`: a handler that reads `env` says here what it
 *   needs of them
 */
export interface TaskContext<Env = unknown> {
  /** Aborts at the timeout, when the lease is lost or the task cancelled, and when the worker stops. Pass it on. */
  readonly signal: AbortSignal;
  /** The task as it was claimed. Frozen, for it proves the worker's right to write. */
  readonly task: ClaimedTask;
  /** The positional values given as `args`. */
  readonly args: readonly JsonValue[];
  /** In a Worker, what is asked of its D1 databases counts in the query budget of this invocation: take them from here each time. */
  readonly env: Env;
  /** Writes lines that bear the task's id. */
  readonly log: Logger;
  /**
   * Tells how far the work is: `task.progress` shows it from the next heartbeat on, which is at most 30 s away. Only the last
   * one is kept, so that it costs nothing however often it is called.
   *
   * @param value from 0 to 1
   * @param message up to 255 characters. Defaults to none
   * @throws {ValidationError}
   * @example ctx.progress(done / total, `page ${done}`)
   */
  progress(value: number, message?: string): void;
  /**
   * Enqueues a child of this task. A retry meets the children that an earlier attempt enqueued, by their payload and, where
   * several are alike, by their order: they are not enqueued again. Nor are those of a call that threw, where the handler makes
   * it again.
   *
   * @param options see {@link TaskOptions}; an `id` is taken as it is given
   * @returns its id; `duplicate: true` where it was there already
   * @throws what {@link Queue.enqueue} throws; {@link ValidationError} where the child would be deleted at its success;
   *   {@link QueryBudgetSpent}; what aborted the attempt, once it is aborted
   * @example await ctx.enqueue(resize, { page: 3 })
   */
  enqueue<Input>(
    task: TaskDefinition<Input, never>,
    input: NoInfer<Input>,
    options?: TaskOptions,
  ): Promise<EnqueueReceipt>;
  /** The same for up to 10,000, all or nothing. @param requests made by {@link enqueueRequest} */
  enqueueMany(requests: readonly EnqueueRequest[]): Promise<readonly EnqueueReceipt[]>;
}

/** A task's settings and its handler, which returns JSON or nothing. */
export interface TaskSettings<Input, Env = unknown, Output = unknown>
  extends SharedOptions,
    RetryOptions,
    EndingOptions {
  /**
   * What reads `"[redacted]"` wherever the task is shown: in replies of the HTTP API, in what `queue.redacted()` answers and in
   * errors of the schema. It is stored whole, and the handler gets all of it. True for every value of `args`, `kwargs` and
   * `result`, or a list of paths, as errors name them; `[*]` is every member. Where a value on the way has another form than the
   * path says, all of it is redacted. A name that holds a dot or a bracket cannot be written: name what it is in. Defaults to
   * nothing.
   *
   * Told as they are: what a handler throws or writes to `ctx.log`, and what a schema's own words for one field quote of another.
   * A queue that does not have the definition shows its tasks whole.
   *
   * @example redact: ["kwargs.card.number", "kwargs.coupons[*].code", "args[0]", "result.receipt"]
   */
  readonly redact?: true | readonly string[];
  /** Of each of its tasks, unless the enqueue gives another `unique`, which then is all that counts. Defaults to none. */
  readonly unique?: UniqueOptions;
  /**
   * Does the work. What it returns is the task's result; what it throws is a failure, to be retried.
   * It may run more than once for one task: make its effects idempotent, by `ctx.task.id` for example.
   */
  readonly run: (input: Input, context: TaskContext<Env>) => Output | Promise<Output>;
}

/** The same, with a schema for the payload. */
export interface ValidatedTaskSettings<Schema extends StandardSchemaV1, Env = unknown, Output = unknown>
  extends TaskSettings<StandardSchemaV1.InferOutput<Schema>, Env, Output> {
  /** Any Standard Schema. The payload is checked at the enqueue and again before each run, which gets its output. */
  readonly input: Schema;
}

/**
 * A task that can be enqueued and run.
 *
 * @typeParam Input what the enqueue takes: the payload, stored as `kwargs`
 * @typeParam Env what the handler needs as `ctx.env`: a Worker or a runner that lacks some of it does not take the task. Defaults to
 *   nothing
 * @typeParam Output what the handler returns, for whoever reads the result
 * @typeParam Name the name itself, where it is known, for whoever enqueues by it
 */
export interface TaskDefinition<
  in Input = never,
  in Env = unknown,
  out Output = unknown,
  out Name extends string = string,
> {
  readonly name: Name;
  readonly settings: SharedOptions & EndingOptions;
  /** What of its tasks is not to be shown. */
  readonly redaction: Redaction;
  /** Which of its tasks are the same. Absent: none. */
  readonly unique?: ParsedUnique;
  /** When a failed one is tried again, and whether. Absent: by the defaults. */
  readonly retries?: RetryRule;
  /** The payload as the handler wants it. @throws {ValidationError} naming the field */
  validate(kwargs: unknown): Promise<unknown>;
  /** Runs the handler on what `validate` returned. */
  run(validated: unknown, context: TaskContext): Output | Promise<Output>;
  /** Never set: carries the types. */
  readonly accepts?: (input: Input, env: Env) => void;
}

/** Any task, whatever it takes and needs. */
export type AnyTask = TaskDefinition<never, never>;

/**
 * Defines a task: its name, its settings and its handler.
 *
 * @param name `funcPath` of its tasks: what rows and requests call it. Keep it when you move the code.
 * @param settings see {@link TaskSettings}; durations in milliseconds or like `"20s"`
 * @throws {ValidationError} when a setting is out of its range, {@link ConfigError} when `redact` is no list of paths
 * @example
 * const sendEmail = defineTask("email.send", {
 *   input: v.object({ to: v.string() }),
 *   queue: "mail", maxRetries: 5, timeout: "20s",
 *   run: async (input, ctx: TaskContext<Env>) => {
 *     await ctx.env.MAILER.send(input.to);
 *     return { sent: input.to };
 *   },
 * });
 */
export function defineTask<
  Schema extends StandardSchemaV1,
  Env = unknown,
  Output = unknown,
  Name extends string = string,
>(
  name: Name,
  settings: ValidatedTaskSettings<Schema, Env, Output>,
): TaskDefinition<StandardSchemaV1.InferInput<Schema>, Env, Output, Name>;
export function defineTask<
  Input extends object = JsonObject,
  Env = unknown,
  Output = unknown,
  Name extends string = string,
>(name: Name, settings: TaskSettings<Input, Env, Output>): TaskDefinition<Input, Env, Output, Name>;
export function defineTask(
  name: string,
  settings: TaskSettings<unknown> & { readonly input?: StandardSchemaV1 },
): TaskDefinition<unknown, unknown> {
  parseText(name, "name");
  parseShared(settings, DEFINITION_DEFAULTS);
  parseEndings(settings);
  const { input: schema, run, redact = [], unique, backoff, retryIf, ...shared } = settings;
  const redaction = parseRedact(redact, name);
  return {
    name,
    settings: shared,
    redaction,
    retries: parseRetries({ backoff, retryIf }),
    unique: unique === undefined ? undefined : parseUnique(unique),
    validate: async (kwargs) => (schema === undefined ? kwargs : validate(schema, kwargs, redaction)),
    run: (validated, context) => run.call(settings, validated, context),
  };
}

const DEFINITION_DEFAULTS: ParsedOptions = { ...TASK_DEFAULTS, interval: null };

/** What a timeout is expected to be where no worker of the queue may take longer. */
export function atMost(longestTimeout: number): string {
  return `at most ${longestTimeout} ms, since the platform ends a Worker then`;
}

/** The tasks that a queue knows, by name. */
export class Registry {
  readonly #definitions: ReadonlyMap<string, AnyTask>;
  /** No task of this queue may take longer, in milliseconds: none would run it. */
  readonly longestTimeout: number;

  /** @throws {ConfigError} when two tasks share a name, or one takes longer than `longestTimeout` */
  constructor(definitions: readonly AnyTask[], longestTimeout = Number.POSITIVE_INFINITY) {
    this.longestTimeout = longestTimeout;
    const byName = new Map<string, AnyTask>();
    for (const definition of definitions) {
      const { name, settings } = definition;
      if (byName.has(name))
        throw new ConfigError("tasks", "definitions with names of their own", `two named ${name}`);
      const { timeout } = parseShared(settings, DEFINITION_DEFAULTS);
      if (timeout > longestTimeout) {
        throw new ConfigError(`timeout of task ${name}`, atMost(longestTimeout), `${timeout} ms`);
      }
      byName.set(name, definition);
    }
    this.#definitions = byName;
  }

  get names(): string[] {
    return [...this.#definitions.keys()];
  }

  find(name: string): AnyTask | undefined {
    return this.#definitions.get(name);
  }

  /** @throws {UnknownTaskError} */
  get(name: string): AnyTask {
    const definition = this.find(name);
    if (definition === undefined) throw new UnknownTaskError(name, this.names);
    return definition;
  }
}
