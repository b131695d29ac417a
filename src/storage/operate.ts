import { StorageRejected, TaskNotFoundError, TaskStatusError, UniqueConflictError } from "../core/errors.ts";
import type { QueueSettings } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import { OPERATIONS, type Operation } from "../core/transitions.ts";
import type { Databases } from "./databases.ts";
import { type TaskRow, toTask } from "./rows.ts";
import type { Statement } from "./statements/statement.ts";

export function cancel(databases: Databases, id: string, now: number): Promise<Task> {
  return operate(databases, "cancel", id, now, databases.sql.cancel({ id, now }));
}

export async function retry(databases: Databases, id: string, now: number): Promise<Task> {
  const { sql } = databases;
  await deleteResultElsewhere(databases, id);
  try {
    return await operate(databases, "retry", id, now, sql.retry({ id, now }), [sql.deleteOldResult({ id })]);
  } catch (error) {
    throw error instanceof StorageRejected && error.reason === "unique" ? new UniqueConflictError(id) : error;
  }
}

/**
 * Before the retry: a FAILED task is served without it too, and one that is retried must not be served with it. A run that
 * ends meanwhile has more attempts, so its result stays.
 */
async function deleteResultElsewhere({ tasks, results, sql }: Databases, id: string): Promise<void> {
  if (results === null) return;
  const [task] = await tasks.decide(sql.getTask({ id }));
  if (task === undefined || !allows(OPERATIONS.retry, task)) return;
  await results.write(sql.deleteResultOf({ id, attempts: task.attempts }));
}

export function reschedule(databases: Databases, id: string, eta: number, now: number): Promise<Task> {
  return operate(databases, "reschedule", id, now, databases.sql.reschedule({ id, eta, now }));
}

export async function configureQueue(
  { tasks, sql }: Databases,
  name: string,
  { paused, concurrency }: QueueSettings,
): Promise<void> {
  await tasks.write(
    sql.configureQueue({
      name,
      paused: paused === undefined ? null : Number(paused),
      setsConcurrency: Number(concurrency !== undefined),
      concurrency: concurrency ?? null,
    }),
  );
}

/** @param before what goes before the update, in one transaction */
async function operate(
  { tasks, sql }: Databases,
  name: keyof typeof OPERATIONS,
  id: string,
  now: number,
  update: Statement<TaskRow>,
  before: readonly Statement<never>[] = [],
): Promise<Task> {
  const { rows, resent } = await tasks.writeMany(() => ({
    before,
    updated: [update],
    found: [sql.getTask({ id })],
  }));
  const [found] = rows.found;
  if (found === undefined) throw new TaskNotFoundError(id);
  const task = toTask(found);
  const { from, to } = OPERATIONS[name];
  // The first send of a resent update may be the one that applied.
  if (rows.updated.length === 1 || (resent && task.updatedAt === now && task.status === to)) return task;
  throw new TaskStatusError(id, name, from, task.status);
}

function allows({ from }: Operation, { status }: TaskRow): boolean {
  return from.includes(status);
}
