import { IdConflictError, IdempotencyConflictError, ParentNotFoundError } from "../../../src/core/errors.ts";
import type { EnqueueReceipt, IdempotencyKey } from "../../../src/core/storage.ts";
import { type NewTask, NO_EXTRAS } from "../../../src/core/task.ts";
import { findMissing, hold } from "./dependencies.ts";
import type { ModelTask, State } from "./state.ts";
import { cancelOver, meetByKey, noteNew } from "./unique.ts";

/** A request whose key was used before is answered as it was then, and changes nothing. */
export function enqueueMany(
  state: State,
  inputs: readonly NewTask[],
  now: number,
  idempotency?: IdempotencyKey,
): EnqueueReceipt[] {
  if (inputs.length === 0) return [];
  if (idempotency === undefined) return enqueueAll(state, inputs, now);
  const { fingerprint, expiredBefore } = idempotency;
  const name = nameOf(idempotency);
  const key = state.keys.get(name);
  if (key !== undefined && key.createdAt > expiredBefore) {
    if (key.fingerprint !== fingerprint) throw new IdempotencyConflictError();
    return key.ids.map((id) => ({ id, duplicate: true }));
  }
  const receipts = enqueueAll(state, inputs, now);
  state.keys.set(name, { fingerprint, ids: receipts.map(({ id }) => id), createdAt: now });
  return receipts;
}

export function nameOf({ apiKey, key }: Pick<IdempotencyKey, "apiKey" | "key">): string {
  return `${apiKey} ${key}`;
}

export function purgeIdempotencyKeys(state: State, olderThan: number): void {
  for (const [name, { createdAt }] of state.keys) if (createdAt < olderThan) state.keys.delete(name);
}

/** All or nothing. Each input in turn is a new task, or meets the one with its id or, failing that, with its unique key. */
function enqueueAll(state: State, inputs: readonly NewTask[], now: number): EnqueueReceipt[] {
  const before = new Set(state.tasks.keys());
  const undo = remember(state);
  try {
    const missing = findMissing(state, inputs);
    const conflicts = inputs.filter((input) => isConflict(state, input));
    if (missing.length > 0) throw new ParentNotFoundError(missing);
    if (conflicts.length > 0) throw new IdConflictError(conflicts.map(({ id }) => id));
    for (const { uniqueKey } of inputs) cancelOver(state, uniqueKey, now);
    const receipts = inputs.map((input) => enqueue(state, input, now));
    const fresh = inputs.filter((_, index) => receipts[index]?.duplicate === false);
    const repeated = inputs.filter((input) =>
      fresh.some((first) => first.id === input.id && !isSameInput(first, input)),
    );
    if (repeated.length > 0) throw new IdConflictError(repeated.map(({ id }) => id));
    holdFresh(state, inputs, before, now);
    return receipts;
  } catch (error) {
    undo();
    throw error;
  }
}

/** What an enqueue may change. */
function remember({ tasks, windows, pendingKeys, edges }: State): () => void {
  const stored = [...tasks].map(([id, task]) => [id, task, { ...task }] as const);
  const [open, pending] = [[...windows], [...pendingKeys]];
  const waiting = [...edges].map(([id, children]) => [id, new Map(children)] as const);
  return () => {
    tasks.clear();
    for (const [id, task, before] of stored) tasks.set(id, Object.assign(task, before));
    windows.clear();
    for (const [key, window] of open) windows.set(key, window);
    edges.clear();
    for (const [id, children] of waiting) edges.set(id, children);
    pendingKeys.clear();
    for (const id of pending) pendingKeys.add(id);
  };
}

function holdFresh(state: State, inputs: readonly NewTask[], before: ReadonlySet<string>, now: number): void {
  for (const input of inputs) {
    const task = state.tasks.get(input.id);
    state.known.add(input.id);
    if (task !== undefined && !before.has(input.id)) hold(state, task, input, now);
  }
}

function enqueue(state: State, input: NewTask, now: number): EnqueueReceipt {
  if (state.tasks.has(input.id)) return { id: input.id, duplicate: true };
  const met = meetByKey(state, input, now);
  if (met !== null) return met;
  state.tasks.set(input.id, toTask(input, now));
  state.waits.set(input.id, waitsOf(input));
  noteNew(state, input, now);
  return { id: input.id, duplicate: false };
}

export function toTask({ idGiven: _, args, kwargs, extras, ...input }: NewTask, now: number): ModelTask {
  const { expiresAt, parentId, after, resultTtl, onSuccess, schedule, scheduledFor } = extras ?? NO_EXTRAS;
  return {
    ...input,
    args: JSON.parse(args),
    kwargs: JSON.parse(kwargs),
    status: "PENDING",
    quarantined: false,
    attempts: 0,
    failures: 0,
    leaseExpiresAt: null,
    errors: [],
    lastAttemptAt: null,
    createdAt: now,
    updatedAt: now,
    expiresAt,
    cancelReason: null,
    parentId,
    awaits: after.length,
    progress: null,
    resultTtl,
    onSuccess,
    schedule,
    scheduledFor,
  };
}

/** What an enqueue that names the id again must repeat. When the task is due is no part of it: a delay moves that. */
export function contentOf({
  queue,
  priority,
  funcPath,
  args,
  kwargs,
  interval,
  maxRetries,
  timeout,
  uniqueKey,
}: Pick<NewTask, "queue" | "priority" | "funcPath" | "interval" | "maxRetries" | "timeout" | "uniqueKey"> & {
  readonly args: unknown;
  readonly kwargs: unknown;
}) {
  return { queue, priority, funcPath, args, kwargs, interval, maxRetries, timeout, uniqueKey };
}

/** The order in which it names others is no part of it. */
function waitsOf({ extras }: NewTask): string {
  const { after, startsAnyway } = extras ?? NO_EXTRAS;
  return after.length === 0 ? "" : JSON.stringify([startsAnyway, ...after.toSorted()]);
}

function isSameInput(first: NewTask, second: NewTask): boolean {
  const all = (task: NewTask) => {
    const { uniqueWhile, resultTtl, onSuccess, parentId } = task.extras ?? NO_EXTRAS;
    return JSON.stringify([contentOf(task), uniqueWhile, resultTtl, onSuccess, parentId]);
  };
  return all(first) === all(second);
}

/** It comes with an id that there is, and with other content. */
function isConflict(state: State, input: NewTask): boolean {
  const task = state.tasks.get(input.id);
  if (task === undefined) return false;
  const given = { ...input, args: JSON.parse(input.args), kwargs: JSON.parse(input.kwargs) };
  if (waitsOf(input) !== state.waits.get(input.id)) return true;
  const { uniqueWhile, resultTtl, onSuccess, parentId } = input.extras ?? NO_EXTRAS;
  const own = { uniqueWhile, resultTtl, onSuccess, parentId };
  if (JSON.stringify(own) !== JSON.stringify(lastingExtras(state, task))) return true;
  // The task may hold its key no more, and nobody remembers it.
  const uniqueKey = uniqueWhile === "pending" ? task.uniqueKey : given.uniqueKey;
  return JSON.stringify(contentOf(task)) !== JSON.stringify(contentOf({ ...given, uniqueKey }));
}

/** The rest of what is to be repeated, which few have. */
export function lastingExtras(state: State, { id, resultTtl, onSuccess, parentId }: ModelTask) {
  const uniqueWhile = state.pendingKeys.has(id) ? ("pending" as const) : null;
  return { uniqueWhile, resultTtl, onSuccess, parentId };
}
