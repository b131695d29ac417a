import { TaskNotFoundError, TaskStatusError, UniqueConflictError } from "../../../src/core/errors.ts";
import type { QueueSettings } from "../../../src/core/storage.ts";
import type { Task, TaskStatus } from "../../../src/core/task.ts";
import { release } from "./dependencies.ts";
import { ACTIVE, holderOf, type ModelTask, type State, WAITING } from "./state.ts";
import { cancelOver } from "./unique.ts";

export function cancel(state: State, id: string, now: number): Task {
  const task = allowed(state, "cancel", id, ACTIVE);
  Object.assign(task, {
    status: "CANCELLED",
    cancelReason: "operator",
    quarantined: false,
    leaseExpiresAt: null,
    updatedAt: now,
  });
  release(state, task, now);
  return { ...task };
}

export function retry(state: State, id: string, now: number): Task {
  const task = allowed(state, "retry", id, ["FAILED", "CANCELLED"]);
  cancelOver(state, task.uniqueKey, now);
  if (holderOf(state, task.uniqueKey) !== null) throw new UniqueConflictError(id);
  const expiresAt = task.expiresAt !== null && task.expiresAt <= now ? null : task.expiresAt;
  Object.assign(task, {
    status: "PENDING",
    cancelReason: null,
    awaits: 0,
    failures: 0,
    eta: now,
    expiresAt,
    updatedAt: now,
  });
  state.results.delete(id);
  return { ...task };
}

export function reschedule(state: State, id: string, eta: number, now: number): Task {
  const task = allowed(state, "reschedule", id, WAITING);
  Object.assign(task, { eta, updatedAt: now });
  return { ...task };
}

export function allowed(state: State, verb: string, id: string, from: readonly TaskStatus[]): ModelTask {
  const task = state.tasks.get(id);
  if (task === undefined) throw new TaskNotFoundError(id);
  if (!from.includes(task.status)) throw new TaskStatusError(id, verb, from, task.status);
  return task;
}

/** What the settings do not name stays. */
export function configureQueue(state: State, name: string, settings: QueueSettings): void {
  const { paused, concurrency } = state.queues.get(name) ?? { paused: false, concurrency: null };
  state.queues.set(name, {
    paused: settings.paused ?? paused,
    concurrency: settings.concurrency === undefined ? concurrency : settings.concurrency,
  });
}
