import type { Schedule } from "../../../src/core/schedule.ts";
import type { EditedSchedule, Firing, FiringTask, NewSchedule } from "../../../src/core/schedule-storage.ts";
import { NO_EXTRAS } from "../../../src/core/task.ts";
import { json } from "../../support/tasks.ts";
import { toTask } from "./enqueue.ts";
import { byName, holderOf, type ModelSchedule, type State } from "./state.ts";
import { cancelOver } from "./unique.ts";

/** Those that are due, and when the first of the others is. */
export function findDue(state: State, now: number) {
  const waiting = [...state.schedules.values()].filter(({ enabled, nextAt }) => enabled && nextAt !== null);
  const due = waiting.filter(({ nextAt }) => (nextAt ?? 0) <= now);
  const later = waiting.filter((schedule) => !due.includes(schedule)).map(({ nextAt }) => nextAt ?? 0);
  return { due: due.sort(byName).map(shown), upcoming: later.length === 0 ? null : Math.min(...later) };
}

/** Each is made once: where its schedule is as it was read. What a unique key leaves out is not made up for. */
export function fireMany(state: State, firings: readonly Firing[], now: number) {
  const due = firings.filter((firing) => isStillDue(state, firing));
  for (const { name, tasks } of due) {
    const key = state.schedules.get(name)?.options.uniqueKey ?? null;
    if (tasks.length > 0 && cancelOver(state, key, now))
      state.branches.add("a firing cancelled what held its key");
  }
  const inserted = due.flatMap((firing) =>
    firing.tasks.filter((task) => insertTask(state, firing, task, now)),
  );
  for (const firing of due) advance(state, firing);
  return { fired: due.map(({ name }) => name).sort(), inserted: inserted.map(({ id }) => id).sort() };
}

function isStillDue(state: State, { name, dueAt, updatedAt, tasks }: Firing): boolean {
  const schedule = state.schedules.get(name);
  if (schedule === undefined) state.branches.add("a firing of a schedule that is gone");
  else if (!schedule.enabled) state.branches.add("a firing of a schedule that is disabled");
  else if (schedule.updatedAt !== updatedAt) state.branches.add("a firing of a schedule that was edited");
  else if (schedule.nextAt === dueAt) return true;
  else state.branches.add("a doubled firing");
  const isGone = tasks.some(({ id }) => state.known.has(id) && !state.tasks.has(id));
  if (schedule !== undefined && isGone) state.branches.add("a doubled firing whose task is gone");
  return false;
}

function insertTask(state: State, { name }: Firing, { id, eta, scheduledFor }: FiringTask, now: number) {
  const schedule = state.schedules.get(name);
  if (schedule === undefined || state.tasks.has(id)) return false;
  const { queue, priority, maxRetries, timeout, uniqueKey, uniqueWhile, expiresIn } = schedule.options;
  const { resultTtl, onSuccess } = schedule.options;
  if (holderOf(state, uniqueKey) !== null) {
    state.branches.add("a firing left out by its key");
    return false;
  }
  const expiresAt = expiresIn === null ? null : eta + expiresIn;
  if (expiresAt !== null && expiresAt <= now) state.branches.add("a firing whose task has expired");
  const extras = { ...NO_EXTRAS, expiresAt, resultTtl, onSuccess, schedule: name, scheduledFor };
  const [args, kwargs] = [json(schedule.args), json(schedule.kwargs)];
  const { funcPath } = schedule;
  const input = { id, idGiven: false, queue, priority, funcPath, args, kwargs, eta, interval: null };
  state.tasks.set(id, toTask({ ...input, maxRetries, timeout, uniqueKey, extras }, now));
  state.known.add(id);
  state.waits.set(id, "");
  if (uniqueWhile === "pending") state.pendingKeys.add(id);
  return true;
}

/** The last task is the one that was made last: one that was left out is none. */
function advance(state: State, { name, nextAt, tasks }: Firing): void {
  const schedule = state.schedules.get(name);
  const last = tasks.at(-1);
  if (schedule === undefined) return;
  schedule.nextAt = nextAt;
  if (last === undefined) return;
  schedule.lastAt = last.scheduledFor;
  if (state.tasks.has(last.id)) schedule.lastTaskId = last.id;
}

/** The code's values take effect where the code has changed, or is back; what it declares no more is disabled. */
export function declareMany(
  state: State,
  app: string,
  changed: readonly NewSchedule[],
  names: readonly string[],
  removedReason: string,
  now: number,
): void {
  for (const input of changed) {
    const before = state.schedules.get(input.name);
    if (before === undefined) insert(state, input, now);
    else if (before.app === null || before.app === input.app)
      declare(state, before, input, removedReason, now);
    else state.branches.add("declared by another app");
  }
  for (const schedule of state.schedules.values()) {
    if (schedule.app !== app || !schedule.enabled || names.includes(schedule.name)) continue;
    state.branches.add("removed from the code");
    const updatedAt = Math.max(now, schedule.updatedAt + 1);
    Object.assign(schedule, { enabled: false, disabledReason: removedReason, nextAt: null, updatedAt });
  }
}

function declare(
  state: State,
  before: ModelSchedule,
  input: NewSchedule,
  removedReason: string,
  now: number,
): void {
  const wasRemoved = !before.enabled && before.disabledReason === removedReason;
  if (before.declared === input.declared && !wasRemoved) return;
  const { cron, every, timezone } = before;
  const isSameTiming = cron === input.cron && every === input.every && timezone === input.timezone;
  state.branches.add(
    wasRemoved ? "declared again" : before.enabled ? "declared anew" : "declared though disabled",
  );
  const nextAt = before.enabled
    ? isSameTiming
      ? before.nextAt
      : input.nextAt
    : wasRemoved
      ? input.nextAt
      : null;
  const enabling = wasRemoved ? { enabled: true, disabledReason: null } : {};
  const updatedAt = Math.max(now, before.updatedAt + 1);
  Object.assign(before, parsed(input), enabling, { nextAt, updatedAt });
}

export function insert(state: State, input: NewSchedule, now: number): boolean {
  if (state.schedules.has(input.name)) return false;
  const history = { lastAt: null, lastTaskId: null, createdAt: now, updatedAt: now };
  state.schedules.set(input.name, { ...parsed(input), enabled: true, disabledReason: null, ...history });
  return true;
}

/** Each edit has a time of its own. */
export function update(
  state: State,
  edited: EditedSchedule,
  read: Pick<Schedule, "updatedAt" | "nextAt">,
  now: number,
): boolean {
  const schedule = state.schedules.get(edited.name);
  if (schedule?.updatedAt !== read.updatedAt || schedule.nextAt !== read.nextAt) return false;
  Object.assign(schedule, parsed(edited), { updatedAt: Math.max(now, read.updatedAt + 1) });
  return true;
}

export function findKnown(state: State, app: string, names: readonly string[]) {
  const known = [...state.schedules.values()].filter(
    (schedule) => schedule.app === app || names.includes(schedule.name),
  );
  return known.sort(byName).map(({ name, app, declared, enabled, disabledReason }) => {
    return { name, app, declared, enabled, disabledReason };
  });
}

export function getSchedule(state: State, name: string): Schedule | null {
  const schedule = state.schedules.get(name);
  return schedule === undefined ? null : shown(schedule);
}

export function listSchedules(state: State) {
  return { items: [...state.schedules.values()].sort(byName).map(shown) };
}

function parsed<T extends NewSchedule | EditedSchedule>({ args, kwargs, ...rest }: T) {
  return { ...rest, args: JSON.parse(args), kwargs: JSON.parse(kwargs) };
}

function shown({ declared: _, ...schedule }: ModelSchedule): Schedule {
  return schedule;
}
