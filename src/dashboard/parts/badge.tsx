import type { TaskStatus } from "../../core/task.ts";

const LABELS: Readonly<Record<TaskStatus, string>> = {
  PENDING: "Pending",
  RUNNING: "Running",
  RETRYING: "Retrying",
  SUCCESS: "Success",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

export function labelOf(status: TaskStatus): string {
  return LABELS[status];
}

/** A status, by its name and its colour. */
export function StatusBadge({ status }: { status: TaskStatus }) {
  return <span class={`badge ${status.toLowerCase()}`}>{LABELS[status]}</span>;
}
