import type { Page, QueueSummary, TaskFilter } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import type { Connection } from "./connection.ts";
import { toTask, typed } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Sorts after every UUID. */
const AFTER_ALL = "g";

/** A depth is counted up to here. */
const MAX_DEPTH = 1_000;

/** One page of tasks, newest first; with a filter at most 1,000 are examined for it. */
export async function listTasks(
  connection: Connection,
  sql: Statements,
  filter: TaskFilter,
): Promise<Page<Task>> {
  const { status = null, queue = null, funcPath = null, cursor = AFTER_ALL, limit } = filter;
  const filtered = status !== null || queue !== null || funcPath !== null;
  const statement = status === "FAILED" ? sql.listFailed : sql.listMatching;
  const rows = filtered
    ? await connection.read(statement, cursor, status, queue, funcPath, limit)
    : await connection.read(sql.listTasks, cursor, limit);
  const items = rows.filter((row) => row.id !== null).map(toTask);
  if (items.length === limit) return { items, cursor: items.at(-1)?.id ?? null };
  const [row] = typed<{ edge?: string | null }>(rows);
  return { items, cursor: row?.edge ?? null };
}

interface QueueRow {
  readonly name: string;
  readonly paused: number;
  readonly concurrency: number | null;
  readonly depth: number;
  readonly running: number;
  readonly oldest_due_age: number | null;
}

export async function listQueues(
  connection: Connection,
  sql: Statements,
  now: number,
): Promise<QueueSummary[]> {
  const rows = typed<QueueRow>(await connection.read(sql.listQueues, now));
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
