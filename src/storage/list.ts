import type { Page, QueueSummary, TaskFilter } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import type { Databases } from "./databases.ts";
import { toTask } from "./rows.ts";
import { type ListedRow, MAX_DEPTH, PAGE_BYTES } from "./statements/read.ts";

/** Sorts after every UUID. */
const AFTER_ALL = "g";

/** One page of tasks, newest first; with a filter a bounded number of them is examined for it. */
export async function listTasks({ tasks, sql }: Databases, filter: TaskFilter): Promise<Page<Task>> {
  const { status = null, queue = null, funcPath = null, schedule = null, parentId = null } = filter;
  const { cursor: before = AFTER_ALL, limit } = filter;
  const conditions = { status, queue, funcPath, schedule, parentId };
  if (Object.values(conditions).every((condition) => condition === null)) {
    const rows = await tasks.read(sql.listTasks({ before, limit }));
    return { items: rows.map(toTask), cursor: endOfFull(rows, limit) };
  }
  const list = parentId !== null ? sql.listChildren : status === "FAILED" ? sql.listFailed : sql.listMatching;
  const rows = await tasks.read(list({ before, ...conditions, limit }));
  const matching = rows.filter((row) => row.id !== null);
  return { items: matching.map(toTask), cursor: endOfFull(matching, limit) ?? rows[0]?.edge ?? null };
}

/** Where the next page goes on, if this one is full: of tasks, or of bytes. */
function endOfFull(rows: readonly ListedRow[], limit: number): string | null {
  const last = rows.at(-1);
  return last !== undefined && (rows.length === limit || last.bytes >= PAGE_BYTES) ? last.id : null;
}

export async function listQueues({ tasks, sql }: Databases, now: number): Promise<QueueSummary[]> {
  const rows = await tasks.read(sql.listQueues({ now }));
  return rows.map(({ name, paused, concurrency, depth, running, oldest_due_age }) => ({
    name,
    depth: Math.min(depth, MAX_DEPTH),
    more: depth > MAX_DEPTH,
    oldestDueAge: oldest_due_age,
    running,
    paused: paused === 1,
    concurrency,
  }));
}
