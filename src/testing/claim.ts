import { Aborted } from "../core/control.ts";
import { parseInstant, parseInteger } from "../core/duration.ts";
import { DRAIN_DEFAULTS, LIMITS } from "../core/options.ts";
import { pendingTask } from "../core/prepare.ts";
import type { Storage } from "../core/storage.ts";
import { type ClaimedTask, type NewTask, NO_EXTRAS, type Task } from "../core/task.ts";
import type { RunTaskOptions } from "./run-task.ts";

const ATTEMPT = { min: 1, max: LIMITS.maxRetries.max + 1 };

/** The task as a worker would have it that has just claimed it. @throws {ValidationError} */
export function claimTask(
  prepared: NewTask,
  {
    attempt = 1,
    failures,
    schedule,
    scheduledFor,
  }: Pick<RunTaskOptions, "attempt" | "failures" | "schedule" | "scheduledFor">,
  now: number,
): ClaimedTask {
  const attempts = parseInteger(attempt, "attempt", ATTEMPT);
  return {
    ...pickClaimed(pendingTask(prepared, now)),
    attempts,
    failures: parseInteger(failures ?? attempts - 1, "failures", { min: 0, max: attempts - 1 }),
    claimToken: "test",
    leaseExpiresAt: now + DRAIN_DEFAULTS.lease,
    trace: (prepared.extras ?? NO_EXTRAS).trace,
    schedule: schedule ?? null,
    scheduledFor: scheduledFor === undefined ? null : parseInstant(scheduledFor, "scheduledFor"),
  };
}

/** What a claim reads of a task. */
function pickClaimed({
  id,
  queue,
  priority,
  funcPath,
  args,
  kwargs,
  eta,
  interval,
  quarantined,
  maxRetries,
  timeout,
  parentId,
  onSuccess,
}: Task) {
  const identity = { id, queue, priority, funcPath, parentId, quarantined };
  return { ...identity, args, kwargs, eta, interval, maxRetries, timeout, onSuccess };
}

/** Takes what a handler enqueues, and inserts none of it. */
export function keepTasks(tasks: Task[]): Pick<Storage, "enqueueMany"> {
  return {
    async enqueueMany(given, now) {
      return given.map((task) => {
        const duplicate = tasks.some(({ id }) => id === task.id);
        if (!duplicate) tasks.push(pendingTask(task, now));
        return { id: task.id, duplicate };
      });
    },
  };
}

/** Aborts as the signal does, for a reason that a worker has. */
export function controllerOf(signal: AbortSignal | undefined): AbortController {
  const controller = new AbortController();
  const abort = () => {
    controller.abort(signal?.reason instanceof Aborted ? signal.reason : new Aborted("release"));
  };
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return controller;
}
