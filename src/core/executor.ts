import { Children, type ChildrenOptions } from "./children.ts";
import { Aborted, NonRetryable, Snooze } from "./control.ts";
import { TaskTimeoutError, ValidationError } from "./errors.ts";
import { type Logger, withFields } from "./log.ts";
import type { Composed } from "./middleware.ts";
import { LIMITS } from "./options.ts";
import { enqueueRequest } from "./prepare.ts";
import type { ProgressBook } from "./progress.ts";
import type { AnyTask, TaskContext } from "./registry.ts";
import { serialize, toTaskError, withoutStack } from "./serialize.ts";
import type { ClaimedTask, JsonText } from "./task.ts";
import type { Outcome } from "./transitions.ts";

/** How long an aborted handler may take to end before its worker goes on without it, in milliseconds. */
const ABORT_GRACE = 500;

export interface ExecutorOptions extends ChildrenOptions {
  readonly env: unknown;
  readonly log: Logger;
  readonly now: () => number;
  /** Around the handler. Defaults to nothing. */
  readonly aroundRun?: Composed["run"];
  /** Whether what the handler threw is worth another try. Defaults to always. */
  readonly mayRetry?: (task: ClaimedTask, error: unknown) => boolean;
  readonly progress: ProgressBook;
}

/**
 * Runs one claimed task to its end.
 *
 * @param controller aborted with {@link Aborted} by the worker, and by this function at the task's timeout
 * @returns how it ended; never throws
 */
export async function execute(
  task: ClaimedTask,
  definition: AnyTask,
  controller: AbortController,
  options: ExecutorOptions,
): Promise<Outcome> {
  const { signal } = controller;
  // The worker's own: what a handler changed in it would lose the acknowledgement.
  Object.freeze(task);
  const context = contextOf(task, signal, options);
  const timer = setTimeout(() => controller.abort(new TaskTimeoutError(task.timeout)), task.timeout);
  try {
    const returned = await untilAborted(
      runHandler(task, definition, context, options.aroundRun ?? null),
      signal,
    );
    return { kind: "success", result: returned };
  } catch (thrown) {
    const { now, mayRetry = () => true } = options;
    return toOutcome(thrown, signal, task, now(), (error) => mayRetry(task, error));
  } finally {
    clearTimeout(timer);
  }
}

function contextOf(task: ClaimedTask, signal: AbortSignal, options: ExecutorOptions): TaskContext {
  const fields = { taskId: task.id, funcPath: task.funcPath, attempt: task.attempts };
  const { env, log, progress } = options;
  const children = new Children(task, signal, options);
  return {
    signal,
    task,
    args: task.args,
    env,
    log: withFields(log, fields),
    progress: (value, message) => progress.note(task, value, message),
    enqueue: (definition, input, given) => children.enqueue(enqueueRequest(definition, input, given)),
    enqueueMany: (requests) => children.enqueueMany(requests),
  };
}

async function runHandler(
  task: ClaimedTask,
  definition: AnyTask,
  context: TaskContext,
  around: Composed["run"],
): Promise<JsonText> {
  const input = await definition.validate(task.kwargs).catch(refuseInvalid);
  const run = async () => definition.run(input, context);
  const returned =
    around === null ? await definition.run(input, context) : await around({ ...context, input }, run);
  try {
    return serialize(returned ?? null, "result", { maxBytes: LIMITS.resultBytes, maxDepth: LIMITS.depth });
  } catch (error) {
    return refuse(error);
  }
}

/** A payload or a result that was refused, and would be refused again. */
class Refused {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

function refuse(cause: unknown): never {
  throw new Refused(cause);
}

/** What the schema itself throws, since a service that it asks is down for one, is a failure as a handler's own. */
function refuseInvalid(error: unknown): never {
  if (error instanceof ValidationError) refuse(error);
  throw error;
}

/**
 * Waits for the handler; once its signal aborts, only for a moment more. A handler that ends well in that moment counts,
 * except after its timeout.
 */
async function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  const giveUp = () => aborted.reject(signal.reason);
  const onAbort = () => {
    if (signal.reason instanceof Aborted) grace = setTimeout(giveUp, ABORT_GRACE);
    else giveUp();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([running, aborted.promise]);
  } finally {
    if (grace !== undefined) clearTimeout(grace);
    signal.removeEventListener("abort", onAbort);
    // The loser of the race may still reject: nobody waits for it any more.
    running.catch(() => {});
    aborted.promise.catch(() => {});
  }
}

/** Anything can be thrown: a revoked proxy cannot even be asked whether it is an Error. */
function toOutcome(
  thrown: unknown,
  signal: AbortSignal,
  task: ClaimedTask,
  now: number,
  mayRetry: MayRetry,
): Outcome {
  try {
    return readOutcome(thrown, signal, task, now, mayRetry);
  } catch (unreadable) {
    return readOutcome(unreadable, signal, task, now, mayRetry);
  }
}

type MayRetry = (error: unknown) => boolean;

function readOutcome(
  thrown: unknown,
  signal: AbortSignal,
  task: ClaimedTask,
  now: number,
  mayRetry: MayRetry,
): Outcome {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  if (reason instanceof Aborted) return { kind: reason.reason };
  if (thrown instanceof Snooze) return { kind: "snooze", until: thrown.until(now) };
  const cause =
    reason instanceof TaskTimeoutError ? reason : thrown instanceof Refused ? thrown.cause : thrown;
  const isFinal = thrown instanceof Refused || cause instanceof NonRetryable;
  const retryable = !isFinal && mayRetry(cause);
  const error = toTaskError(cause, {
    at: now,
    attempt: task.attempts,
    retryable,
    maxBytes: LIMITS.errorBytes,
  });
  const ours = thrown instanceof Refused || cause instanceof TaskTimeoutError;
  return { kind: "failure", error: ours ? withoutStack(error) : error, thrown: cause };
}
