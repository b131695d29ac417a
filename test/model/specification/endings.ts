import type { Claim } from "../../../src/core/task.ts";
import { FINISHED, type ModelTask, type State, tasksIn } from "./state.ts";

/** What a task that succeeds for good leaves: where the claim does not say so, none is deleted. */
export function isDeleted(task: ModelTask, { onSuccess }: Claim): boolean {
  return task.onSuccess === "delete" && onSuccess === "delete";
}

/** The task goes, and all that is kept beside it. */
export function forget(state: State, id: string): void {
  state.tasks.delete(id);
  state.results.delete(id);
}

/** What was told last stays where nothing is told. */
export function noteProgress(task: ModelTask, { progress }: Claim): void {
  task.progress = progress ?? task.progress;
}

/** Those that have ended their own time ago. */
export function purgeOutlived(state: State, now: number) {
  const outlived = tasksIn(state, FINISHED).filter(
    ({ resultTtl, updatedAt }) => resultTtl !== null && updatedAt + resultTtl <= now,
  );
  for (const { id } of outlived) {
    forget(state, id);
    state.purged.add(id);
  }
  return { purged: outlived.length, more: false };
}
