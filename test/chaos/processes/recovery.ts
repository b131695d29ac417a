import type { Violation } from "../checker.ts";
import type { HistoryEvent } from "../history.ts";

/** How long after the last fault a task was started again, in milliseconds; infinite where none was. */
export function measureRecovery(history: readonly HistoryEvent[], calmAt: number): number {
  const next = history.find((event) => event.at >= calmAt && event.type === "start");
  return next === undefined ? Number.POSITIVE_INFINITY : next.at - calmAt;
}

/** A rule of the long run alone, for a test asserts nothing of time. Something must be due when the last fault has passed. */
export function judgeRecovery(recovery: number, lease: number): Violation[] {
  if (recovery <= lease) return [];
  const detail = `the first start was ${recovery} ms after it, where a lease is ${lease} ms`;
  return [{ rule: "work goes on within one lease of the last fault", detail }];
}
