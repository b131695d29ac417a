import type { Task, TaskError, TaskResult, TaskStatus } from "../../../core/task.ts";
import { formatDuration } from "../../parts/time.tsx";

/** One thing that has happened to a task, or is to come. */
export interface Moment {
  readonly at: number;
  readonly kind: "enqueued" | "failed" | "started" | "ended" | "lease" | "due" | "expires";
  /** Gives it its colour. */
  readonly status: TaskStatus;
  readonly title: string;
  readonly detail?: string;
}

/**
 * What a task's row tells of its life, oldest first. It keeps the last 20 errors and the start of its last attempt: of attempts
 * that were snoozed or given back there is nothing but their number.
 *
 * @param result how it ended, or how the last run of an interval task did; null while there is none
 */
export function timelineOf(task: Task, result: TaskResult | null): Moment[] {
  const { status, attempts, lastAttemptAt, errors } = task;
  const moments: Moment[] = [enqueued(task), ...errors.map(failed)];
  if (lastAttemptAt !== null) {
    moments.push({
      at: lastAttemptAt,
      kind: "started",
      status: "RUNNING",
      title: `Attempt ${attempts} started`,
    });
  }
  switch (status) {
    case "PENDING":
    case "RETRYING":
      moments.push(...waiting(task));
      break;
    case "RUNNING":
      if (task.leaseExpiresAt !== null) {
        moments.push({ at: task.leaseExpiresAt, kind: "lease", status, title: "Lease ends, unless renewed" });
      }
      break;
    default:
      moments.push(ended(task, result));
  }
  // What happened in one millisecond stays in the order of its kind.
  return moments.sort((a, b) => a.at - b.at);
}

/** Attempts before the last one that left nothing on file. */
export function countUntold({ attempts, errors }: Pick<Task, "attempts" | "errors">): number {
  const told = new Set(errors.map(({ attempt }) => attempt));
  // Its start is on file.
  if (attempts > 0) told.add(attempts);
  return attempts - told.size;
}

function enqueued({ createdAt, parentId, schedule }: Task): Moment {
  const by = parentId !== null ? "by a task" : schedule !== null ? `by the schedule ${schedule}` : undefined;
  return { at: createdAt, kind: "enqueued", status: "PENDING", title: "Enqueued", detail: by };
}

function failed({ at, attempt, type, message }: TaskError): Moment {
  const detail = `${type}: ${message.length > 160 ? `${message.slice(0, 160)}…` : message}`;
  return { at, kind: "failed", status: "FAILED", title: `Attempt ${attempt} failed`, detail };
}

function waiting({ eta, awaits, quarantined, status, expiresAt, failures }: Task): Moment[] {
  const held = awaits > 0 ? `once ${awaits} ${awaits === 1 ? "task has" : "tasks have"} ended` : undefined;
  const alone = quarantined ? "alone, since its worker died with it" : undefined;
  const title = failures > 0 ? "Due again" : "Due";
  const due: Moment = { at: eta, kind: "due", status, title, detail: held ?? alone };
  if (expiresAt === null) return [due];
  return [
    due,
    { at: expiresAt, kind: "expires", status: "CANCELLED", title: "Expires, unless it has started" },
  ];
}

function ended({ status, updatedAt, cancelReason, lastAttemptAt }: Task, result: TaskResult | null): Moment {
  const at = result?.finishedAt ?? updatedAt;
  if (status === "CANCELLED") {
    return { at, kind: "ended", status, title: "Cancelled", detail: reasonOf(cancelReason) };
  }
  const title = status === "SUCCESS" ? "Succeeded" : "Failed for good";
  const took = lastAttemptAt === null || at < lastAttemptAt ? undefined : at - lastAttemptAt;
  return {
    at,
    kind: "ended",
    status,
    title,
    detail: took === undefined ? undefined : `after ${formatDuration(took)}`,
  };
}

function reasonOf(reason: Task["cancelReason"]): string | undefined {
  switch (reason) {
    case "operator":
      return "by an operator";
    case "expired":
      return "it had not started in time";
    case "dependency":
      return "a task that it waited for did not end well";
    case null:
      return undefined;
  }
}
