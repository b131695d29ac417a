import { type BacklogPoint, DURATION_BOUNDS, type HistoryPoint } from "../../../core/history.ts";

const MINUTE = 60_000;

/** How long the charts look back, and how long each of their points is, in milliseconds. */
export const RANGES = {
  hour: { label: "Last hour", length: 60 * MINUTE, bucket: MINUTE },
  day: { label: "Last day", length: 1_440 * MINUTE, bucket: 15 * MINUTE },
} as const;

export type RangeName = keyof typeof RANGES;

/** What the charts draw: lists of one length. */
export interface Series {
  /** When each point begins, in seconds since the epoch. */
  readonly times: readonly number[];
  /** Attempts a minute, by how they ended. */
  readonly succeeded: readonly number[];
  readonly retried: readonly number[];
  readonly failed: readonly number[];
  /** How long half of the attempts took at most, and 19 of 20, in milliseconds; null where there were none. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
}

/** What waited as each point began: null where nobody kept it. */
export interface Waits {
  /** To 1,000. */
  readonly depth: readonly (number | null)[];
  /** In seconds. */
  readonly age: readonly (number | null)[];
}

/** @param times when each point of the charts begins, in seconds since the epoch */
export function toWaits(times: readonly number[], backlog: readonly BacklogPoint[]): Waits {
  const known = new Map(backlog.map((point) => [point.minute, point]));
  const points = times.map((time) => known.get(time * 1_000));
  return {
    depth: points.map((point) => point?.waiting ?? null),
    age: points.map((point) => (point === undefined ? null : (point.oldestAge ?? 0) / 1_000)),
  };
}

/**
 * Puts minutes together to the points of a chart.
 *
 * @param every how many minutes each of `points` stands for: 1 where all were read; a point of a chart is at least so long
 * @param now the last point is the one that this is in
 */
export function toSeries(
  points: readonly HistoryPoint[],
  range: RangeName,
  every: number,
  now: number,
): Series {
  const { length, bucket: wanted } = RANGES[range];
  // Each point has some of the minutes that were read.
  const bucket = Math.max(wanted, every * MINUTE);
  const last = now - (now % bucket);
  const count = Math.ceil(length / bucket);
  const starts = Array.from({ length: count }, (_, index) => last - (count - 1 - index) * bucket);
  const groups = new Map<number, HistoryPoint[]>(starts.map((start) => [start, []]));
  for (const point of points) groups.get(point.minute - (point.minute % bucket))?.push(point);
  const rate = (name: "succeeded" | "retried" | "failed") =>
    starts.map((start) => (sum(groups.get(start), name) * every * MINUTE) / bucket);
  const quantile = (share: number) => starts.map((start) => quantileOf(addUp(groups.get(start)), share));
  return {
    times: starts.map((start) => start / 1_000),
    succeeded: rate("succeeded"),
    retried: rate("retried"),
    failed: rate("failed"),
    p50: quantile(0.5),
    p95: quantile(0.95),
  };
}

/** From when on a range reads: the beginning of its first point. */
export function startOf(range: RangeName, now: number): number {
  const { length, bucket } = RANGES[range];
  return now - (now % bucket) - length + bucket;
}

/**
 * The duration that a share of the attempts did not pass, as far as the counts of {@link DURATION_BOUNDS} tell: within a bound it is
 * taken to rise evenly, as Prometheus does. Null where nothing was counted.
 */
export function quantileOf(durations: readonly number[], share: number): number | null {
  const total = durations[DURATION_BOUNDS.length] ?? 0;
  if (total === 0) return null;
  const wanted = share * total;
  let [lower, below] = [0, 0];
  for (const [index, bound] of DURATION_BOUNDS.entries()) {
    const within = durations[index] ?? 0;
    if (within >= wanted) return lower + ((bound - lower) * (wanted - below)) / (within - below);
    [lower, below] = [bound, within];
  }
  // Longer than the last bound: how much nobody knows.
  return lower;
}

function sum(points: readonly HistoryPoint[] = [], name: "succeeded" | "retried" | "failed"): number {
  return points.reduce((total, point) => total + point[name], 0);
}

function addUp(points: readonly HistoryPoint[] = []): number[] {
  const places = Array.from({ length: DURATION_BOUNDS.length + 1 }, (_, place) => place);
  return places.map((place) => points.reduce((total, { durations }) => total + (durations[place] ?? 0), 0));
}
