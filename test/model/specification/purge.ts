import type { PurgeRequest } from "../../../src/core/storage.ts";
import type { TaskStatus } from "../../../src/core/task.ts";
import { FINISHED, type State, tasksIn } from "./state.ts";

/** Workers take turns: the duty is one's who asks when it is due, and then not until `nextAt`. */
export function startPurge(state: State, now: number, nextAt: number) {
  const { dueAt, cursor } = state.purge;
  if (dueAt > now) return null;
  state.purge = { dueAt: nextAt, cursor };
  return { cursor };
}

/** Where it stopped before the end it is due again at once. */
export function finishPurge(state: State, cursor: string | null, now: number): void {
  state.purge = { dueAt: cursor === null ? state.purge.dueAt : now, cursor };
}

/** Finished tasks last changed before the limit of their status go, with their results. */
export function purgeResults(
  state: State,
  { olderThan, failedOlderThan, cursor, leavesTimed = false }: PurgeRequest,
) {
  const limit = (status: TaskStatus) => (status === "FAILED" ? failedOlderThan : olderThan);
  const purged = tasksIn(state, FINISHED)
    .filter(({ resultTtl }) => resultTtl === null || !leavesTimed)
    .filter(({ id }) => id > (cursor ?? ""))
    .filter(({ status, updatedAt }) => updatedAt < limit(status));
  for (const { id } of purged) {
    state.tasks.delete(id);
    state.results.delete(id);
    state.purged.add(id);
  }
  return { purged: purged.length, cursor: null };
}
