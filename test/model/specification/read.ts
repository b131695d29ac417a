import type { QueueSummary, TaskFilter, TaskOutcome } from "../../../src/core/storage.ts";
import { TASK_STATUSES, type Task } from "../../../src/core/task.ts";
import { isHeld } from "./dependencies.ts";
import { ACTIVE, byEta, type State, tasksIn, WAITING } from "./state.ts";

export function getTask(state: State, id: string): Task | null {
  return state.tasks.get(id) ?? null;
}

/** A cancelled task answers with that status; any other with what is on file. */
export function getOutcome(state: State, id: string): TaskOutcome | null {
  const task = state.tasks.get(id);
  if (task === undefined) return null;
  const { funcPath, status, attempts, lastAttemptAt, updatedAt: finishedAt } = task;
  if (status === "SUCCESS" && task.onSuccess !== "keep")
    return {
      funcPath,
      status,
      result: { taskId: id, finishedAt, attempts, lastAttemptAt, status, result: null, error: null },
    };
  if (status !== "CANCELLED") return { funcPath, status, result: state.results.get(id) ?? null };
  return {
    funcPath,
    status,
    result: { taskId: id, finishedAt, attempts, lastAttemptAt, status, result: null, error: null },
  };
}

/** Newest first. */
export function listTasks(
  state: State,
  { status, queue, funcPath, parentId, schedule }: Omit<TaskFilter, "limit">,
) {
  const items = tasksIn(state, status === undefined ? TASK_STATUSES : [status])
    .filter((task) => task.queue === (queue ?? task.queue) && task.funcPath === (funcPath ?? task.funcPath))
    .filter((task) => task.parentId === (parentId ?? task.parentId))
    .filter((task) => task.schedule === (schedule ?? task.schedule))
    .reverse();
  return { items };
}

/** Every queue that was configured, or that has a task which waits or runs, by name. */
export function listQueues(state: State, now: number): QueueSummary[] {
  const names = new Set([...state.queues.keys(), ...tasksIn(state, ACTIVE).map(({ queue }) => queue)]);
  return [...names].sort().map((name) => {
    const inQueue = ({ queue }: Task) => queue === name;
    const waiting = tasksIn(state, WAITING).filter(inQueue).sort(byEta);
    const oldest = waiting.find((task) => !isHeld(task))?.eta ?? now + 1;
    return {
      name,
      depth: waiting.length,
      more: false,
      oldestDueAge: oldest <= now ? now - oldest : null,
      running: tasksIn(state, ["RUNNING"]).filter(inQueue).length,
      paused: state.queues.get(name)?.paused ?? false,
      concurrency: state.queues.get(name)?.concurrency ?? null,
    };
  });
}
