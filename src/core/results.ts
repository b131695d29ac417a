import type { Task, TaskError, TaskResult } from "./task.ts";

/** What decides which result is served for a task. */
export interface Ending
  extends Pick<
    Task,
    "id" | "status" | "attempts" | "interval" | "lastAttemptAt" | "updatedAt" | "onSuccess"
  > {
  readonly lastError: TaskError | null;
}

/**
 * The result to serve for a task; null while there is none.
 *
 * A result counts only with the task's final `attempts`: where results are kept in a database of their own, one can be on
 * file whose task was never settled. A failure needs none on file, for the task carries its last error; nor does a success
 * of which none is kept.
 *
 * @param stored the result on file, null where there is none
 */
export function chooseResult(task: Ending, stored: TaskResult | null): TaskResult | null {
  const base = {
    taskId: task.id,
    finishedAt: task.updatedAt,
    attempts: task.attempts,
    lastAttemptAt: task.lastAttemptAt,
  };
  if (task.status === "CANCELLED") return { ...base, status: "CANCELLED", result: null, error: null };
  if (task.status === "SUCCESS" && task.onSuccess !== "keep") {
    return { ...base, status: "SUCCESS", result: null, error: null };
  }
  if (stored !== null && isServed(task, stored)) return stored;
  if (task.status !== "FAILED" || task.lastError === null) return null;
  return { ...base, status: "FAILED", result: null, error: task.lastError };
}

/** Whether a result may be on file that {@link chooseResult} would serve: where not, none need be read. */
export function mayHaveResult({ status, interval, attempts, onSuccess }: Ending): boolean {
  if (status === "SUCCESS") return onSuccess === "keep";
  if (status === "FAILED") return true;
  return status !== "CANCELLED" && interval !== null && attempts > (status === "PENDING" ? 0 : 1);
}

function isServed({ status, interval, attempts }: Ending, stored: TaskResult): boolean {
  if (status === "SUCCESS" || status === "FAILED") {
    return stored.attempts === attempts && stored.status === status;
  }
  if (interval === null) return false;
  // Between two runs an interval task shows the last one; the attempt that is under way has none yet.
  return stored.attempts < attempts || (stored.attempts === attempts && status === "PENDING");
}
