import { Clock } from "../core/clock.ts";
import { type Instant, parseInstant } from "../core/duration.ts";
import type { QueueEvent } from "../core/events.ts";
import { execute } from "../core/executor.ts";
import { Intake } from "../core/intake.ts";
import { Judge } from "../core/judge.ts";
import type { Logger } from "../core/log.ts";
import { composeMiddleware, type Middleware } from "../core/middleware.ts";
import { type DefaultOptions, parseDefaults } from "../core/options.ts";
import { enqueueRequest, type TaskOptions } from "../core/prepare.ts";
import { Producer } from "../core/producer.ts";
import { Registry, type TaskDefinition } from "../core/registry.ts";
import type { Task } from "../core/task.ts";
import { settle } from "../core/transitions.ts";
import { keepLines, type LogLine, ProgressTape } from "./capture.ts";
import { claimTask, controllerOf, keepTasks } from "./claim.ts";
import { type TaskRun, toEnd } from "./task-run.ts";

/** What a run is told of its task, in the words of an enqueue, and of the attempt. */
export interface RunTaskOptions<Env = unknown> extends TaskOptions {
  /** What the handler gets as `ctx.env`. Defaults to `{}`. */
  readonly env?: Env;
  /** Which attempt it is, from 1. Defaults to 1. */
  readonly attempt?: number;
  /** How many attempts have failed before. Defaults to all of them. */
  readonly failures?: number;
  /** The time, which stands still. Defaults to the machine's. */
  readonly now?: Instant;
  /** Ends the attempt as it aborts: the worker stops; with `new Aborted("lost")` as its reason, the task was cancelled. */
  readonly signal?: AbortSignal;
  /** The schedule that it is a firing of. Defaults to none. */
  readonly schedule?: string;
  /** The moment of that firing. Defaults to none. */
  readonly scheduledFor?: Instant;
  /** For what the definition does not say. Defaults to those of a queue. */
  readonly defaults?: DefaultOptions;
  /** Around the run, and around what it enqueues. Defaults to none. */
  readonly middleware?: readonly Middleware[];
  /** Gets the lines of `ctx.log` too. Defaults to silence. */
  readonly log?: Logger;
  /** A number from 0 to 1, exclusive, for jitter. Defaults to 0: none. */
  readonly random?: () => number;
}

/**
 * Runs a handler once, without a database: its context is complete, and what it says is kept. How the attempt ends is decided by what
 * decides it in a queue: the schema, the timeout, `backoff`, `retryIf`, `maxRetries`.
 *
 * @param task its definition
 * @param input its payload, as for an enqueue
 * @param options see {@link RunTaskOptions}
 * @returns how it ended, its `result` typed by the definition; what the handler throws is in it
 * @throws {ValidationError} {@link SerializationError} {@link TooLargeError} where the enqueue would refuse the task
 * @example
 * const run = await runTask(sendEmail, { to: "a@example.com" }, { env: { MAILER: broken }, attempt: 2 });
 * expect(run).toMatchObject({ outcome: "retrying", error: { message: "no route" } });
 */
export async function runTask<Input, Env = unknown, Output = unknown>(
  task: TaskDefinition<Input, NoInfer<Env>, Output>,
  input: NoInfer<Input>,
  options: RunTaskOptions<Env> = {},
): Promise<TaskRun<Output>> {
  const { signal, middleware, log, random = () => 0 } = options;
  const now = options.now === undefined ? new Clock().now() : parseInstant(options.now, "now");
  const [logs, enqueued, events]: [LogLine[], Task[], QueueEvent[]] = [[], [], []];
  const emit = (event: QueueEvent) => events.push(event);
  const composed = composeMiddleware(middleware);
  const registry = new Registry([task]);
  const intake = new Intake(keepTasks(enqueued), registry, parseDefaults(options.defaults), () => {});
  const clock = new Clock(() => now);
  const producer = new Producer({
    ...{ intake, clock, emit, middleware: composed, storage: { statements: () => [] } },
  });
  const claimed = claimTask(await intake.prepare(enqueueRequest(task, input, options), now), options, now);
  const judge = new Judge({ registry, emit, random });
  const progress = new ProgressTape();
  const outcome = await execute(claimed, task, controllerOf(signal), {
    ...{ producer, progress, env: options.env ?? {}, log: keepLines(logs, log), now: () => now },
    ...{
      aroundRun: composed.run,
      mayRetry: judge.mayRetry,
      budget: { allow: () => {}, takeTurn: async () => {} },
    },
  });
  const settlement = settle(claimed, outcome, now, judge.backoffAfter(claimed, outcome));
  const notes = { task: claimed, logs, progress: progress.told, enqueued, events };
  return { ...notes, ...toEnd<Output>(settlement, outcome) };
}
