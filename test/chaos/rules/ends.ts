import type { TaskTimeline } from "../timeline.ts";

/**
 * The earliest moment at which a task may have ended: -Infinity where nobody saw when, Infinity where it has not.
 *
 * @param since ends after which an operator certainly retried it, before this, do not count
 */
export function firstPossibleEnd(timeline: TaskTimeline, since = Number.NEGATIVE_INFINITY): number {
  const { task, endings, cancels, retries } = timeline;
  const failed = endings.filter(({ kind }) => kind === "fail");
  const done = endings.filter(({ kind }) => kind === "done" && (task?.interval ?? null) === null);
  const seen = [...failed, ...done, ...cancels];
  const unseen =
    (task?.status === "FAILED" && failed.length === 0) ||
    (task?.status === "CANCELLED" && cancels.length === 0 && task.cancelReason !== "expired") ||
    retries.some(({ to }) => !seen.some(({ from }) => from <= to));
  if (unseen) return Number.NEGATIVE_INFINITY;
  const expired = task?.cancelReason === "expired" ? (task.expiresAt ?? Number.NEGATIVE_INFINITY) : null;
  const last = seen.filter(
    (end) => !retries.some(({ from, to, certain }) => certain && from > end.to && to < since),
  );
  return Math.min(...last.map(({ from }) => from), expired ?? Number.POSITIVE_INFINITY);
}

/** True where its success, of which somebody told, is to have deleted it. */
export function isDeletedByDone(timeline: TaskTimeline | undefined): boolean {
  const deletes = timeline?.asked.some(({ extras }) => extras?.onSuccess === "delete") ?? false;
  return deletes && (timeline?.endings.some(({ kind }) => kind === "done") ?? false);
}
