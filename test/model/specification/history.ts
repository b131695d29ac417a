import {
  DURATION_BOUNDS,
  type HistoryCounts,
  type HistoryPoint,
  type HistoryRange,
} from "../../../src/core/history.ts";
import type { Settlement } from "../../../src/core/transitions.ts";
import type { State } from "./state.ts";

const MINUTE = 60_000;
/** Stands for all minutes together: it is kept when those are purged. */
const TOTAL = 0;

type Changing<T> = { -readonly [Field in keyof T]: T[Field] };
/** The counts of a queue in a minute, which change in place. */
export type ModelPoint = Changing<HistoryPoint>;

/** Counts how an attempt of a task in this queue ended. */
export function recordEnd(state: State, queue: string, { kind, duration }: Settlement, now: number): void {
  // What was given back before it ran has not begun.
  if (kind === "release" && !(duration !== undefined && duration > 0)) return;
  const took = kind === "snooze" || kind === "release" ? undefined : duration;
  for (const minute of [TOTAL, now - (now % MINUTE)]) {
    const point = pointOf(state, queue, minute);
    point.started += 1;
    point.succeeded += Number(kind === "done");
    point.failed += Number(kind === "fail");
    point.retried += Number(kind === "retry" || kind === "quarantine");
    if (took === undefined) continue;
    point.duration += took;
    const bounds = [...DURATION_BOUNDS, Number.POSITIVE_INFINITY];
    point.durations = point.durations.map((count, place) => count + Number(took <= (bounds[place] ?? 0)));
  }
  state.branches.add(took === undefined ? "counted without its time" : "counted with its time");
}

function pointOf({ history }: State, queue: string, minute: number): ModelPoint {
  const key = `${queue} ${minute}`;
  const durations = [...DURATION_BOUNDS, Number.POSITIVE_INFINITY].map(() => 0);
  const none = { started: 0, succeeded: 0, failed: 0, retried: 0, duration: 0, durations };
  const point = history.get(key) ?? { queue, ...none, minute };
  history.set(key, point);
  return point;
}

/** The minutes of a range, by queue and minute; the last point of the page before is left out, and what goes before it. */
export function readHistory({ history }: State, { from, to, queue, after }: HistoryRange): HistoryPoint[] {
  const isLater = (point: HistoryPoint) =>
    after === null ||
    point.queue > after.queue ||
    (point.queue === after.queue && point.minute > after.minute);
  return [...history.values()]
    .filter(({ minute }) => minute !== TOTAL && minute >= from && minute < to)
    .filter((point) => (queue === null || point.queue === queue) && isLater(point))
    .sort((a, b) => (a.queue === b.queue ? a.minute - b.minute : a.queue < b.queue ? -1 : 1));
}

export function readTotals({ history }: State): HistoryCounts[] {
  const totals = [...history.values()].filter(({ minute }) => minute === TOTAL);
  return totals.map(({ minute: _, ...counts }) => counts).sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

/** Forgets minutes before this one; the totals stay. */
export function purgeHistory({ history, branches }: State, before: number): void {
  for (const [key, { minute }] of history) {
    if (minute === TOTAL || minute >= before) continue;
    history.delete(key);
    branches.add("forgot a minute");
  }
}
