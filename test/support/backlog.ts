import type { TestDatabase } from "./database.ts";
import { taskError } from "./tasks.ts";

/** What there is of each state, by the number of a task modulo this. */
const STATES = [
  ["PENDING", "due"],
  ["PENDING", "later"],
  ["RETRYING", "later"],
  ["RETRYING", "quarantined"],
  ["RUNNING", "elsewhere"],
  ["SUCCESS", null],
  ["FAILED", null],
  ["CANCELLED", null],
] as const;

/**
 * Puts so many tasks there, of every status: an eighth is due, an eighth runs elsewhere, the others wait or have ended.
 *
 * @param now what is due is due since then, and leases end an hour later
 */
export async function fillBacklog(database: TestDatabase, count: number, now: number): Promise<void> {
  const states = STATES.map(([status, kind]) => ({ status, kind }));
  await database.sql(
    `WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?1 - 1),
      states AS (SELECT key, value ->> 'status' AS status, value ->> 'kind' AS kind FROM json_each(?3))
    INSERT INTO tasks (id, queue, func_path, eta, status, held, attempts, failures, lease_expires_at, claimed_by, unique_key,
      errors, last_attempt_at, created_at, updated_at)
    SELECT printf('018f0000-06bb-7e37-a6ed-%012x', i), 'queue ' || i % 5, 'test.noop',
      ?2 + iif(kind IS 'due', -1, 3600000), status, kind IS 'quarantined', status <> 'PENDING', status IN ('RETRYING', 'FAILED'),
      iif(status = 'RUNNING', ?2 + 3600000, NULL), iif(status = 'RUNNING', 'elsewhere', NULL), iif(i % 3 = 0, 'key ' || i, NULL),
      iif(status IN ('RETRYING', 'FAILED'), ?4, '[]'), iif(status = 'PENDING', NULL, ?2), ?2, ?2
    FROM numbers JOIN states ON key = i % ?5`,
    count,
    now,
    JSON.stringify(states),
    JSON.stringify([taskError()]),
    states.length,
  );
  await database.sql(
    `INSERT INTO results (task_id, status, result, error, finished_at, attempts, last_attempt_at)
    SELECT id, status, iif(status = 'SUCCESS', '{"ok":true}', NULL), iif(status = 'FAILED', errors -> 0, NULL), updated_at, attempts,
      last_attempt_at
    FROM tasks WHERE status IN ('SUCCESS', 'FAILED')`,
  );
}
