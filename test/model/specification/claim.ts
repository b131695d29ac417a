import type { ClaimRequest } from "../../../src/core/storage.ts";
import type { ClaimedTask } from "../../../src/core/task.ts";
import { cancelWhereOver, isHeld } from "./dependencies.ts";
import { byEta, type ModelTask, type State, tasksIn, WAITING } from "./state.ts";
import { freeAtStart } from "./unique.ts";

/** What {@link Storage.dequeue} and `markRunning` grant. */
export const LEASE = 120_000;

type Claimed = Omit<ClaimedTask, "claimToken">;
type Wanted = Pick<ClaimRequest, "now" | "queues" | "longestTimeout">;

/** Lane by lane, a lane being a queue at one priority: as much of each as is due, fits, and its queue has room for. */
export function claimMany(state: State, request: ClaimRequest): Claimed[] {
  const { limit, queues } = request;
  const claimed: ModelTask[] = [];
  // What is cancelled has taken its place in the claim.
  const cancelled: ModelTask[] = [];
  for (const task of lanesOf(state, request).flatMap(({ tasks }) => tasks)) {
    if (claimed.length + cancelled.length === limit) break;
    const passed = cancelled.filter(({ queue }) => queue === task.queue).length;
    if (roomIn(state, task.queue) <= passed) continue;
    (start(state, task, request) ? claimed : cancelled).push(task);
  }
  for (const { id, attempts, funcPath, queue, cancelReason } of cancelled)
    request.onCancelled?.({ id, attempts, funcPath, queue, reason: cancelReason ?? "expired" });
  const place = ({ queue }: ModelTask) => queues?.indexOf(queue) ?? 0;
  return claimed.sort((a, b) => a.priority - b.priority || place(a) - place(b) || byEta(a, b)).map(toClaimed);
}

export function dequeue(state: State, now: number): Claimed | null {
  let met = 0;
  const onCancelled = () => {
    met += 1;
  };
  for (let before = -1; before < met; ) {
    before = met;
    const [task] = claimMany(state, { now, limit: 1, leaseExpiresAt: now + LEASE, onCancelled });
    if (task !== undefined) return task;
  }
  return null;
}

/** The one that is due first; pause, concurrency, queues and timeout hold it back as they do others. */
export function claimQuarantined(state: State, request: ClaimRequest): Claimed | null {
  for (;;) {
    const [task] = dueTasks(state, request, true).filter(({ queue }) => roomIn(state, queue) > 0);
    if (task === undefined) return null;
    if (start(state, task, request)) return toClaimed(task);
  }
}

/** As {@link claimQuarantined}, with those tasks ended. */
export function hasQuarantined(state: State, request: Wanted, held: readonly string[] = []): boolean {
  return dueTasks(state, request, true).some(({ queue }) => roomIn(state, queue, held) > 0);
}

export function findNextEta(state: State, queues?: readonly string[]): number | null {
  const waiting = tasksIn(state, WAITING).filter((task) => !task.quarantined && !isHeld(task));
  const [next] = waiting.filter(({ queue }) => queues?.includes(queue) ?? true).sort(byEta);
  return next?.eta ?? null;
}

interface Lane {
  readonly priority: number;
  /** Its place among lanes of equal priority. */
  readonly place: readonly [listed: number, firstEta: number, firstId: string];
  readonly tasks: readonly ModelTask[];
}

/** By priority; among equals as listed, or else the one first whose first task is due longest. */
function lanesOf(state: State, request: ClaimRequest): Lane[] {
  const due = dueTasks(state, request, false);
  const lanes = Object.groupBy(due, ({ priority, queue }) => `${priority} ${queue}`);
  return Object.values(lanes)
    .flatMap((tasks) => (tasks === undefined ? [] : toLane(tasks, request)))
    .sort((a, b) => a.priority - b.priority || compare(a.place, b.place));
}

/** The storage passes 200 tasks by that are too long; no program has as many. */
function toLane(due: readonly ModelTask[], { limit, queues }: ClaimRequest): Lane[] {
  const [first] = due;
  if (first === undefined) return [];
  const listed = queues?.indexOf(first.queue) ?? 0;
  return [{ priority: first.priority, place: [listed, first.eta, first.id], tasks: due.slice(0, limit) }];
}

function compare(a: Lane["place"], b: Lane["place"]): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1);
}

/** What a claim may look at, in order. */
function dueTasks(state: State, { now, queues, longestTimeout }: Wanted, quarantined: boolean): ModelTask[] {
  return tasksIn(state, WAITING)
    .filter((task) => task.quarantined === quarantined && task.eta <= now && !isHeld(task))
    .filter(({ timeout }) => timeout <= (longestTimeout ?? timeout))
    .filter(({ queue }) => queues?.includes(queue) ?? true)
    .filter(({ queue }) => !state.queues.get(queue)?.paused)
    .sort(byEta);
}

function roomIn(state: State, queue: string, ended: readonly string[] = []): number {
  const running = tasksIn(state, ["RUNNING"]).filter(
    (task) => task.queue === queue && !ended.includes(task.id),
  );
  return Math.max(0, (state.queues.get(queue)?.concurrency ?? Number.POSITIVE_INFINITY) - running.length);
}

/** False where it must not start any more: it is cancelled. */
function start(state: State, task: ModelTask, { now, leaseExpiresAt }: ClaimRequest): boolean {
  task.progress = null;
  if (cancelWhereOver(state, task, now)) return false;
  Object.assign(task, { status: "RUNNING", leaseExpiresAt, lastAttemptAt: now, updatedAt: now });
  task.attempts += 1;
  freeAtStart(state, task);
  return true;
}

function toClaimed(task: ModelTask): Claimed {
  const { id, attempts, queue, priority, funcPath, args, kwargs, eta, interval, quarantined } = task;
  const { failures, maxRetries, timeout, leaseExpiresAt } = task;
  const what = { id, attempts, queue, priority, funcPath, args, kwargs, eta, interval, quarantined };
  const { parentId, onSuccess, schedule, scheduledFor } = task;
  const origin = { parentId, onSuccess, schedule, scheduledFor, trace: null };
  return { ...what, ...origin, failures, maxRetries, timeout, leaseExpiresAt: leaseExpiresAt ?? Number.NaN };
}
