import { DURATION_BOUNDS, type HistoryPoint } from "../core/history.ts";
import type { QueueSummary } from "../core/storage.ts";
import type { Target } from "./place.ts";

const MINUTE = 60_000;
/** Over so many minutes, the one that has begun included, rates are taken. */
const RATE_MINUTES = 5;
const HISTORY_MINUTES = 60;
/** A page has 1,500 points: 25 queues of an hour. */
const MOST_PAGES = 4;

/** How attempts ended lately. */
export interface Rates {
  /** Attempts of the last hour. */
  readonly attempts: number;
  /** Over the last five minutes. */
  readonly perMinute: {
    readonly started: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly retried: number;
  };
  /**
   * Of the last hour, in milliseconds: how long half of them, and 95 of 100, took at most, as the history's steps tell it. Null
   * where none ended, or that is more than 5 minutes.
   */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface QueueSample extends QueueSummary {
  /** Null where there is no history of it. */
  readonly rates: Rates | null;
}

/** What is seen at one look. */
export interface Sample {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly queues: readonly QueueSample[];
  readonly total: {
    readonly depth: number;
    /** True where more wait than were counted. */
    readonly more: boolean;
    readonly running: number;
    readonly oldestDueAge: number | null;
    readonly rates: Rates | null;
  };
  /** Attempts that succeeded and that failed in each of the last 60 minutes, oldest first; null without a history. */
  readonly minutes: readonly { readonly succeeded: number; readonly failed: number }[] | null;
}

/** Looks at the queues, and at the history of the last hour where there is one. */
export async function takeSample(
  client: Target["client"],
  now: number,
  signal?: AbortSignal,
): Promise<Sample> {
  const [queues, points] = await Promise.all([client.queues({ signal }), readHour(client, now, signal)]);
  const named = new Map(queues.map((queue) => [queue.name, queue]));
  // A queue where nothing waits any more is still one in which something happened.
  for (const { queue } of points) if (!named.has(queue)) named.set(queue, { ...IDLE, name: queue });
  const samples = [...named.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((queue) => ({
      ...queue,
      rates: ratesOf(
        points.filter((point) => point.queue === queue.name),
        now,
      ),
    }));
  const ages = samples.map(({ oldestDueAge }) => oldestDueAge).filter((age) => age !== null);
  const total = {
    depth: sum(samples, ({ depth }) => depth),
    more: samples.some(({ more }) => more),
    running: sum(samples, ({ running }) => running),
    oldestDueAge: ages.length === 0 ? null : Math.max(...ages),
    rates: ratesOf(points, now),
  };
  return { at: now, queues: samples, total, minutes: points.length === 0 ? null : minutesOf(points, now) };
}

const IDLE = { depth: 0, more: false, oldestDueAge: null, running: 0, paused: false, concurrency: null };

async function readHour(
  client: Target["client"],
  now: number,
  signal?: AbortSignal,
): Promise<readonly HistoryPoint[]> {
  const points: HistoryPoint[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const read = await client.history({ from: now - HISTORY_MINUTES * MINUTE, cursor }, { signal });
    points.push(...read.points);
    if (read.cursor === null) break;
    cursor = read.cursor;
  }
  return points;
}

function ratesOf(points: readonly HistoryPoint[], now: number): Rates | null {
  if (points.length === 0) return null;
  const lately = points.filter(({ minute }) => minute > now - RATE_MINUTES * MINUTE);
  const perMinute = (of: (point: HistoryPoint) => number) =>
    Math.round((sum(lately, of) / RATE_MINUTES) * 10) / 10;
  const durations = [...DURATION_BOUNDS, 0].map((_, index) =>
    sum(points, (point) => point.durations[index] ?? 0),
  );
  return {
    attempts: sum(points, ({ started }) => started),
    perMinute: {
      started: perMinute(({ started }) => started),
      succeeded: perMinute(({ succeeded }) => succeeded),
      failed: perMinute(({ failed }) => failed),
      retried: perMinute(({ retried }) => retried),
    },
    p50: quantile(durations, 0.5),
    p95: quantile(durations, 0.95),
  };
}

/** The least bound that so large a share kept to. */
function quantile(durations: readonly number[], share: number): number | null {
  const all = durations.at(-1) ?? 0;
  if (all === 0) return null;
  const index = DURATION_BOUNDS.findIndex((_, at) => (durations[at] ?? 0) >= all * share);
  return DURATION_BOUNDS[index] ?? null;
}

function minutesOf(points: readonly HistoryPoint[], now: number): NonNullable<Sample["minutes"]> {
  const last = now - (now % MINUTE);
  return Array.from({ length: HISTORY_MINUTES }, (_, index) => {
    const minute = last - (HISTORY_MINUTES - 1 - index) * MINUTE;
    const own = points.filter((point) => point.minute === minute);
    return { succeeded: sum(own, ({ succeeded }) => succeeded), failed: sum(own, ({ failed }) => failed) };
  });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
