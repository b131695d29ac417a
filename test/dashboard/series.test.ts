import { describe, expect, it } from "vitest";
import type { HistoryPoint } from "../../src/core/history.ts";
import { quantileOf, startOf, toSeries } from "../../src/dashboard/pages/overview/series.ts";
import { NOW } from "../support/tasks.ts";

const MINUTE = 60_000;

/** Counts of a minute, of which this many took at most 10, 50 and 100 ms, and so many there were. */
const durations = (...counts: [number, number, number, number]) => [
  ...counts.slice(0, 3),
  ...Array(7).fill(counts[2]),
  counts[3],
];

function point(minute: number, changes: Partial<HistoryPoint> = {}): HistoryPoint {
  const counts = { started: 0, succeeded: 0, failed: 0, retried: 0, duration: 0, durations: [] };
  return { queue: "mail", minute, ...counts, ...changes };
}

describe("the points of the charts", () => {
  it("are the minutes of an hour, to the one that is now", () => {
    const now = NOW + 30_000;
    const { times } = toSeries([], "hour", 1, now);
    expect(times).toHaveLength(60);
    expect(times.at(-1)).toBe(NOW / 1_000);
    expect(times[0]).toBe(startOf("hour", now) / 1_000);
  });

  it("are the quarters of a day's hours", () => {
    const { times } = toSeries([], "day", 1, NOW + MINUTE);
    expect(times).toHaveLength(96);
    expect(times.at(-1)).toBe(NOW / 1_000);
  });

  it("add up the queues, as attempts a minute", () => {
    const points = [
      point(NOW, { succeeded: 3, failed: 1 }),
      point(NOW, { queue: "b", succeeded: 4, retried: 2 }),
    ];
    const hour = toSeries(points, "hour", 1, NOW);
    expect([hour.succeeded.at(-1), hour.failed.at(-1), hour.retried.at(-1)]).toEqual([7, 1, 2]);
    expect(hour.succeeded.at(-2)).toBe(0);
    const day = toSeries([...points, point(NOW + MINUTE, { succeeded: 8 })], "day", 1, NOW + MINUTE);
    expect(day.succeeded.at(-1)).toBe(1);
  });

  it("stand for the minutes that were not read", () => {
    expect(toSeries([point(NOW, { succeeded: 5 })], "day", 3, NOW).succeeded.at(-1)).toBe(1);
  });

  it("are longer where fewer minutes were read than there would be points", () => {
    const { times, succeeded } = toSeries([point(NOW, { succeeded: 5 })], "day", 60, NOW);
    expect([times.length, succeeded.at(-1)]).toEqual([24, 5]);
  });

  it("leave out what is before or after", () => {
    const { succeeded } = toSeries(
      [NOW - 60 * MINUTE, NOW + MINUTE].map((at) => point(at, { succeeded: 1 })),
      "hour",
      1,
      NOW,
    );
    expect(succeeded.every((count) => count === 0)).toBe(true);
  });
});

describe("a duration that a share of the attempts did not pass", () => {
  it("is within the bound that they were counted by", () => {
    expect(quantileOf(durations(10, 10, 10, 10), 0.5)).toBe(5);
    expect(quantileOf(durations(0, 10, 10, 10), 0.5)).toBe(30);
    expect(quantileOf(durations(50, 90, 100, 100), 0.95)).toBe(75);
  });

  it("is the last bound where it was longer, and nothing where nothing was counted", () => {
    expect(quantileOf(durations(0, 0, 0, 4), 0.5)).toBe(300_000);
    expect(quantileOf(durations(0, 0, 0, 0), 0.5)).toBeNull();
    expect(quantileOf([], 0.5)).toBeNull();
  });
});
