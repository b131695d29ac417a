import type { Depth } from "../../core/storage.ts";

/** A number for the eye. */
export function formatCount(count: number): string {
  return count.toLocaleString("en");
}

/** A count that may be cut off. */
export function Count({ of: { depth, more } }: { of: Depth }) {
  if (!more) return <>{formatCount(depth)}</>;
  return <span title={`More than ${formatCount(depth)}`}>{formatCount(depth)}+</span>;
}

/** `1 task`, `2 tasks`. */
export function formatTasks(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "task" : "tasks"}`;
}
