import { UniqueConflictError } from "../../../src/core/errors.ts";
import type { EnqueueReceipt } from "../../../src/core/storage.ts";
import type { NewTask } from "../../../src/core/task.ts";
import { cancelWhereOver } from "./dependencies.ts";
import { holderOf, type ModelTask, type State, WAITING } from "./state.ts";

/** A key that is held for a time, whatever becomes of the task that opened its window. */
export interface ModelWindow {
  readonly taskId: string;
  readonly endsAt: number;
}

/** The task that holds the key of an input, or whose window does: null where the input is a new task. */
export function meetByKey(state: State, input: NewTask, now: number): EnqueueReceipt | null {
  const rule = input.extras?.unique ?? null;
  const holder = holderOf(state, input.uniqueKey);
  const window = rule?.within == null ? null : openWindow(state, input.uniqueKey, now);
  const id = holder?.id ?? window?.taskId;
  if (id === undefined) return null;
  if (rule?.onConflict === "reject") {
    state.branches.add("rejected");
    throw new UniqueConflictError(input.id, id);
  }
  if (rule?.onConflict !== "replace" || holder === null) return { id, duplicate: true };
  if (!replace(holder, input, now)) return { id, duplicate: true };
  state.branches.add(rule.debounce === null ? "replaced" : "debounced");
  if (rule.debounce !== null && holder.eta < input.eta) state.branches.add("debounced to its bound");
  return { id, duplicate: true, replaced: true };
}

/** What holds the key and must not start any more is cancelled, as by the claim that meets it, and holds it no longer: true. */
export function cancelOver(state: State, uniqueKey: string | null, now: number): boolean {
  const holder = holderOf(state, uniqueKey);
  if (holder === null || !WAITING.includes(holder.status)) return false;
  if (!cancelWhereOver(state, holder, now)) return false;
  state.branches.add("cancelled what held a key");
  return true;
}

/** What waits, of the same definition, gets the payload; the earlier eta, or with a debounce the new one up to its bound. */
function replace(holder: ModelTask, input: NewTask, now: number): boolean {
  if (!WAITING.includes(holder.status) || holder.funcPath !== input.funcPath) return false;
  const debounce = input.extras?.unique?.debounce ?? null;
  holder.args = JSON.parse(input.args);
  holder.kwargs = JSON.parse(input.kwargs);
  holder.eta =
    debounce === null ? Math.min(holder.eta, input.eta) : Math.min(input.eta, holder.createdAt + debounce);
  holder.updatedAt = now;
  return true;
}

function openWindow(state: State, key: string | null, now: number): ModelWindow | null {
  const window = key === null ? undefined : state.windows.get(key);
  if (window === undefined || window.endsAt <= now) return null;
  state.branches.add("met a window");
  return window;
}

/** The length of the first one counts. */
export function noteNew(state: State, { id, uniqueKey, extras }: NewTask, now: number): void {
  const within = extras?.unique?.within ?? null;
  if (extras?.uniqueWhile === "pending") state.pendingKeys.add(id);
  else state.pendingKeys.delete(id);
  if (uniqueKey === null || within === null) return;
  state.windows.set(uniqueKey, { taskId: id, endsAt: now + within });
}

/** A key that is held while its task is pending is free as that first starts. */
export function freeAtStart(state: State, task: ModelTask): void {
  if (!state.pendingKeys.has(task.id)) return;
  state.branches.add("freed at the start");
  task.uniqueKey = null;
}

export function purgeWindows(state: State, now: number): { readonly more: boolean } {
  for (const [key, { endsAt }] of state.windows) if (endsAt <= now) state.windows.delete(key);
  return { more: false };
}
