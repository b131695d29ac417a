import type { BulkReport } from "../../../src/core/bulk.ts";
import type { BulkChange, BulkFilter } from "../../../src/core/bulk-options.ts";
import { TaskStatusError, UniqueConflictError } from "../../../src/core/errors.ts";
import type { TaskChange } from "../../../src/core/operators.ts";
import { TASK_STATUSES, type Task } from "../../../src/core/task.ts";
import { allowed, cancel, reschedule, retry } from "./operate.ts";
import { FINISHED, type State, tasksIn, WAITING } from "./state.ts";

export function deleteTask(state: State, id: string): void {
  allowed(state, "delete", id, FINISHED);
  state.tasks.delete(id);
  state.results.delete(id);
}

/** What is due already keeps its place. */
export function runNow(state: State, id: string, now: number): Task {
  const task = allowed(state, "runNow", id, WAITING);
  Object.assign(task, { eta: Math.min(task.eta, now), updatedAt: now });
  return { ...task };
}

export function changeTask(state: State, id: string, { priority, queue }: TaskChange, now: number): Task {
  const task = allowed(state, "change", id, WAITING);
  Object.assign(task, {
    priority: priority ?? task.priority,
    queue: queue ?? task.queue,
    updatedAt: now,
  });
  return { ...task };
}

/** What the operation on one task refuses stays as it is, and is skipped. A model has less than a page. */
export function changePage(state: State, filter: BulkFilter, change: BulkChange, now: number): BulkReport {
  const { status, queue, schedule, parentId } = filter;
  const all = tasksIn(state, TASK_STATUSES);
  // By their index alone: a parent's children, or else dead letters.
  const tasks = all.filter((task) =>
    parentId !== undefined ? task.parentId === parentId : status !== "FAILED" || task.status === "FAILED",
  );
  const matching = tasks
    .filter((task) => task.status === (status ?? task.status) && task.queue === (queue ?? task.queue))
    .filter((task) => task.schedule === (schedule ?? task.schedule));
  if (parentId !== undefined && matching.length > 0) state.branches.add("changed children");
  const changed = matching.filter(({ id }) => isChanged(() => operate(state, id, change, now))).length;
  return { changed, skipped: matching.length - changed, examined: tasks.length, cursor: null };
}

function operate(state: State, id: string, change: BulkChange, now: number): unknown {
  switch (change.action) {
    case "retry":
      return retry(state, id, now);
    case "delete":
      return deleteTask(state, id);
    case "cancel":
      return cancel(state, id, now);
    case "runNow":
      return runNow(state, id, now);
    case "reschedule":
      return reschedule(state, id, change.eta, now);
    case "change":
      return changeTask(state, id, change, now);
  }
}

function isChanged(operate: () => unknown): boolean {
  try {
    operate();
    return true;
  } catch (error) {
    if (error instanceof TaskStatusError || error instanceof UniqueConflictError) return false;
    throw error;
  }
}
