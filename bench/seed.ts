/** Tasks made by the database itself: a million would take too long through a client. */
import { firstIdAt } from "../src/core/id.ts";
import type { Bare } from "./floor.ts";
import { noop } from "./tasks.ts";

/** The moment of the first task. Task `n` is due so many milliseconds later, so the `now` of a claim decides how many are due. */
export const FIRST_ETA = Date.parse("2026-01-01T00:00:00Z");

/** A statement of this many rows stays well within the time that D1 gives to one. */
const CHUNK = 50_000;

/** Inserts the tasks from number `first` up to, not including, `end`. */
export async function seed(bare: Bare, first: number, end: number): Promise<void> {
  for (let from = first; from < end; from += CHUNK) {
    await bare.batch([{ sql: insert(from, Math.min(from + CHUNK, end)), parameters: [] }]);
  }
}

// The id is a UUIDv7 of the task's moment, so that the order of ids is that of the etas.
function insert(first: number, end: number): string {
  const variant = firstIdAt(0).slice(14);
  return `
    INSERT INTO tasks (id, func_path, kwargs, eta, created_at, updated_at)
    WITH RECURSIVE number (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM number WHERE n < ${end - 1})
    SELECT printf('%08x-%04x-${variant}', (${FIRST_ETA} + n) >> 16, (${FIRST_ETA} + n) & 65535),
      '${noop.name}', json_object('n', n), ${FIRST_ETA} + n, ${FIRST_ETA}, ${FIRST_ETA}
    FROM number`;
}

/** Empties the tables that the bench fills. */
export async function clear(bare: Bare): Promise<void> {
  await bare.batch(["tasks", "results"].map((table) => ({ sql: `DELETE FROM ${table}`, parameters: [] })));
}

/** Gives back what was claimed, as it was before. */
export async function unclaim(bare: Bare): Promise<void> {
  const sql =
    "UPDATE tasks SET status = 'PENDING', attempts = 0, lease_expires_at = NULL, claimed_by = NULL WHERE status = 'RUNNING'";
  await bare.batch([{ sql, parameters: [] }]);
}
