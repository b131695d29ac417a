import { StorageRejected, TaskNotFoundError, TaskStatusError, UniqueConflictError } from "../core/errors.ts";
import type { Task, TaskStatus } from "../core/task.ts";
import type { Connection } from "./connection.ts";
import type { Statement } from "./driver.ts";
import { toTask } from "./rows.ts";
import type { SettleTarget } from "./settle.ts";
import type { Statements } from "./statements.ts";

/** An operator's change of one task. */
interface Operation {
  readonly name: string;
  /** Statuses that allow it. */
  readonly from: readonly TaskStatus[];
  readonly to: TaskStatus;
  /** The last of them is the update. */
  readonly statements: readonly Statement[];
}

export function cancelTask(connection: Connection, sql: Statements, id: string, now: number): Promise<Task> {
  const statements = [{ sql: sql.cancel, parameters: [id, now] }];
  const from = ["PENDING", "RETRYING", "RUNNING"] as const;
  return operate(connection, sql, { name: "cancel", from, to: "CANCELLED", statements }, id, now);
}

export async function retryTask(target: SettleTarget, id: string, now: number): Promise<Task> {
  const { tasks, sql } = target;
  await deleteResultElsewhere(target, id);
  const statements = [
    { sql: sql.deleteOldResult, parameters: [id] },
    { sql: sql.retry, parameters: [id, now] },
  ];
  try {
    const from = ["FAILED", "CANCELLED"] as const;
    return await operate(tasks, sql, { name: "retry", from, to: "PENDING", statements }, id, now);
  } catch (error) {
    const taken = error instanceof StorageRejected && error.reason === "unique";
    throw taken ? new UniqueConflictError(id) : error;
  }
}

/**
 * Before the retry: a FAILED task is served without it too, and one that is retried must not be served with it. A run that
 * ends meanwhile has more attempts, so its result stays.
 */
async function deleteResultElsewhere({ tasks, results, sql }: SettleTarget, id: string): Promise<void> {
  if (results === null) return;
  const [row] = await tasks.decide(sql.getTask, id);
  const task = row === undefined ? null : toTask(row);
  if (task?.status !== "FAILED" && task?.status !== "CANCELLED") return;
  await results.write(() => [{ sql: sql.deleteResultOf, parameters: [id, task.attempts] }]);
}

export function rescheduleTask(
  connection: Connection,
  sql: Statements,
  id: string,
  eta: number,
  now: number,
): Promise<Task> {
  const statements = [{ sql: sql.reschedule, parameters: [id, now, eta] }];
  const from = ["PENDING", "RETRYING"] as const;
  return operate(connection, sql, { name: "reschedule", from, to: "PENDING", statements }, id, now);
}

async function operate(
  connection: Connection,
  sql: Statements,
  { name, from, to, statements }: Operation,
  id: string,
  now: number,
): Promise<Task> {
  const look = { sql: sql.getTask, parameters: [id] };
  const { rows, resent } = await connection.write(() => [...statements, look]);
  const [current] = rows.at(-1) ?? [];
  if (current === undefined) throw new TaskNotFoundError(id);
  const task = toTask(current);
  const applied = rows.at(-2)?.length === 1;
  // The first send of a resent update may be the one that applied.
  if (applied || (resent && task.updatedAt === now && task.status === to)) return task;
  throw new TaskStatusError(id, name, from, task.status);
}
