import type { NewTask } from "../../../src/core/task.ts";
import { ACTIVE, type ModelTask, type State } from "./state.ts";

/** It waits for others: it is not due, whatever its eta. One that is to be cancelled waits for nothing more. */
export function isHeld({ status, awaits, cancelReason }: ModelTask): boolean {
  return status === "PENDING" && awaits > 0 && cancelReason === null;
}

/** The ids that these wait for and that are neither there nor among them. */
export function findMissing(state: State, inputs: readonly NewTask[]): string[] {
  const parents = inputs.flatMap(({ extras }) => extras?.after ?? []);
  return parents.filter((id) => !state.tasks.has(id) && !inputs.some((input) => input.id === id));
}

/** A new task waits for what has not ended; where one ended badly it is to be cancelled, unless it starts all the same. */
export function hold(state: State, task: ModelTask, { extras }: NewTask, now: number): void {
  const after = extras?.after ?? [];
  const startsAnyway = extras?.startsAnyway ?? false;
  const statusOf = (id: string) => state.tasks.get(id)?.status ?? "PENDING";
  const waitsFor = after.filter((id) => ACTIVE.includes(statusOf(id)));
  for (const id of waitsFor) edgesOf(state, id).set(task.id, startsAnyway);
  task.awaits = waitsFor.length;
  const isDoomed = after.some((id) => ["FAILED", "CANCELLED"].includes(statusOf(id)));
  if (isDoomed && !startsAnyway) Object.assign(task, { cancelReason: "dependency", eta: now });
}

/** A task has ended: what waits for it waits no more, or is to be cancelled. One that is deleted leaves no mark of the moment. */
export function release(state: State, { id, status }: ModelTask, now: number, isDeleted = false): void {
  for (const [childId, startsAnyway] of edgesOf(state, id)) {
    const child = state.tasks.get(childId);
    if (child === undefined || !isHeld(child)) continue;
    if (!isDeleted) child.updatedAt = now;
    if (status === "SUCCESS" || startsAnyway) child.awaits -= 1;
    else Object.assign(child, { cancelReason: "dependency", eta: now });
  }
  state.edges.delete(id);
}

/** What waits and must not start any more, since it expired or is doomed, is cancelled where it is met. False where it may start. */
export function cancelWhereOver(state: State, task: ModelTask, now: number): boolean {
  const expired = task.expiresAt !== null && task.expiresAt <= now ? "expired" : null;
  const cancelReason = task.cancelReason ?? expired;
  if (cancelReason === null) return false;
  Object.assign(task, { status: "CANCELLED", cancelReason, quarantined: false, updatedAt: now });
  release(state, task, now);
  return true;
}

function edgesOf(state: State, parentId: string): Map<string, boolean> {
  const edges = state.edges.get(parentId) ?? new Map<string, boolean>();
  state.edges.set(parentId, edges);
  return edges;
}
