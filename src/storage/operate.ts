import { StorageRejected, TaskNotFoundError, TaskStatusError, UniqueConflictError } from "../core/errors.ts";
import type { OperatorStorage, TaskChange } from "../core/operators.ts";
import type { QueueSettings } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import { OPERATIONS, type Operation } from "../core/transitions.ts";
import type { Databases } from "./databases.ts";
import { type TaskRow, toTask } from "./rows.ts";
import type { Statement } from "./statements/statement.ts";

export function cancel(databases: Databases, id: string, now: number): Promise<Task> {
  return operate(databases, "cancel", id, now, databases.sql.cancel({ id, now }));
}

export function makeOperators(databases: Databases): OperatorStorage {
  const { tasks, sql } = databases;
  return {
    delete: (id) => deleteTask(databases, id),
    runNow: (id, now) => operate(databases, "runNow", id, now, sql.runNow({ id, now })),
    change: (id, change, now) => changeTask(databases, id, change, now),
    async hasWork(queue) {
      // Of the primary: what was enqueued just before must be seen.
      const [row] = await tasks.decide(queue === null ? sql.findWork : sql.findWorkOf({ queue }));
      return row?.found === 1;
    },
  };
}

function changeTask(
  databases: Databases,
  id: string,
  { priority = null, queue = null }: { [Name in keyof TaskChange]: TaskChange[Name] | null },
  now: number,
): Promise<Task> {
  return operate(databases, "change", id, now, databases.sql.change({ id, priority, queue, now }));
}

async function deleteTask(databases: Databases, id: string): Promise<void> {
  const { tasks, sql } = databases;
  await deleteResultElsewhere(databases, OPERATIONS.delete, id);
  const { rows, resent } = await tasks.writeMany(() => ({
    found: [sql.getTask({ id })],
    deleted: [sql.deleteTask({ id })],
    results: [sql.purgeResults({ ids: JSON.stringify([id]) })],
  }));
  // Where it was sent before, that send may have deleted it.
  if (rows.deleted.length === 1 || (resent && rows.found.length === 0)) return;
  const [found] = rows.found;
  if (found === undefined) throw new TaskNotFoundError(id);
  throw new TaskStatusError(id, "delete", OPERATIONS.delete.from, found.status);
}

export async function retry(databases: Databases, id: string, now: number): Promise<Task> {
  const { sql } = databases;
  await deleteResultElsewhere(databases, OPERATIONS.retry, id);
  try {
    const before = [sql.cancelOverHolder({ id, now }), sql.deleteOldResult({ id })];
    return await operate(databases, "retry", id, now, sql.retry({ id, now }), before);
  } catch (error) {
    throw error instanceof StorageRejected && error.reason === "unique" ? new UniqueConflictError(id) : error;
  }
}

/**
 * Before the task is retried or deleted: a FAILED task is served without it too, and one that is retried must not be served with
 * it. A run that ends meanwhile has more attempts, so its result stays.
 */
async function deleteResultElsewhere(
  { tasks, results, sql }: Databases,
  operation: Operation,
  id: string,
): Promise<void> {
  if (results === null) return;
  const [task] = await tasks.decide(sql.getTask({ id }));
  if (task === undefined || !allows(operation, task)) return;
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
