import { StorageRejected } from "../core/errors.ts";
import { chooseResult, type Ending, mayHaveResult } from "../core/results.ts";
import type { TaskOutcome } from "../core/storage.ts";
import type { Task, TaskResult } from "../core/task.ts";
import type { Connection } from "./connection.ts";
import type { Databases } from "./databases.ts";
import { toEnding, toStoredResult, toTask } from "./rows.ts";
import type { Statement } from "./statements/statement.ts";

export async function readClock({ tasks, sql }: Databases): Promise<number> {
  const [row] = await tasks.decide(sql.readClock);
  if (row === undefined) throw new StorageRejected("the database's clock returned no row");
  return row.now;
}

export async function getTask({ tasks, sql }: Databases, id: string): Promise<Task | null> {
  const row = await find(tasks, sql.getTask({ id }));
  return row === undefined ? null : toTask(row);
}

export async function getOutcome(databases: Databases, id: string): Promise<TaskOutcome | null> {
  const { tasks, results, sql } = databases;
  if (results === null) {
    const row = await find(tasks, sql.getOutcomeAndResult({ id }));
    if (row === undefined) return null;
    const stored = row.result_status === null ? null : toStoredResult(id, row);
    return { funcPath: row.func_path, status: row.status, result: chooseResult(toEnding(row), stored) };
  }
  const row = await find(tasks, sql.getOutcome({ id }));
  if (row === undefined) return null;
  const task = toEnding(row);
  const stored = mayHaveResult(task) ? await findResult(databases, results, task) : null;
  return { funcPath: row.func_path, status: task.status, result: chooseResult(task, stored) };
}

async function findResult(
  { sql }: Databases,
  results: Connection,
  { id, status, attempts }: Ending,
): Promise<TaskResult | null> {
  const statement = sql.getResult({ id });
  let [row] = await results.read(statement);
  // A SUCCESS has a result: a replica may not have it yet.
  if (status === "SUCCESS" && row?.result_attempts !== attempts) [row] = await results.decide(statement);
  return row === undefined ? null : toStoredResult(id, row);
}

/** One row by its id. That there is none decides something, and a replica may not have it yet. */
async function find<R>(connection: Connection, statement: Statement<R>): Promise<R | undefined> {
  return (await connection.read(statement))[0] ?? (await connection.decide(statement))[0];
}
