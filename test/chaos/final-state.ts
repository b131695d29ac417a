import type { TestDatabase } from "../support/database.ts";
import type { FinalResult, FinalSchedule, FinalState, FinalTask } from "./history.ts";

const TASKS = `
  SELECT id, queue, status, eta, interval, attempts, failures, max_retries AS maxRetries, lease_expires_at AS leaseExpiresAt,
    kwargs AS payload, cancel_reason AS cancelReason, expires_at AS expiresAt, parent_id AS parentId, awaits, on_success AS onSuccess,
    schedule, scheduled_for AS scheduledFor
  FROM tasks WHERE id > ?1 ORDER BY id LIMIT 1000`;
const RESULTS = `
  SELECT task_id AS id, status, result, attempts FROM results WHERE task_id > ?1 ORDER BY task_id LIMIT 1000`;
const SCHEDULES = `
  SELECT name AS id, name, interval AS every, catch_up AS catchUp, created_at AS createdAt, last_at AS lastAt
  FROM schedules WHERE name > ?1 AND interval IS NOT NULL ORDER BY name LIMIT 1000`;

/** Reads the tables, page by page. @param second the database of the results, where they have one of their own */
export async function readFinalState(
  at: number,
  database: TestDatabase,
  second: TestDatabase = database,
): Promise<FinalState> {
  const tasks = await readAll<FinalTask>(database, TASKS);
  const results = await readAll<FinalResult>(second, RESULTS);
  const schedules = await readAll<FinalSchedule & { readonly id: string }>(database, SCHEDULES);
  return { at, tasks, results, schedules };
}

async function readAll<Row extends { readonly id: string }>(
  database: TestDatabase,
  sql: string,
): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const page = (await database.sql(sql, all.at(-1)?.id ?? "")) as unknown as Row[];
    all.push(...page);
    if (page.length < 1_000) return all;
  }
}
