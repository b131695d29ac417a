import { describe } from "../../core/describe.ts";
import { ConfigError } from "../../core/errors.ts";
import type { TaskStatus } from "../../core/task.ts";

/** Goes into statements as it is. */
const PREFIX = /^(?!sqlite_)([a-z_][a-z0-9_]{0,63})?$/i;

/** @throws {ConfigError} when names with this prefix would need quotes, or are SQLite's own */
export function parsePrefix(prefix: string): string {
  if (PREFIX.test(prefix)) return prefix;
  const expected = "at most 64 letters, digits and underscores, with no digit first, and not sqlite_";
  throw new ConfigError("the table prefix", expected, describe(prefix));
}

/** The names that statements are built from. */
export type Names = ReturnType<typeof namesFor>;

export function namesFor(given: string) {
  const prefix = parsePrefix(given);
  const tasks = `${prefix}tasks`;
  return {
    tasks,
    results: `${prefix}results`,
    queues: `${prefix}queues`,
    idempotencyKeys: `${prefix}idempotency_keys`,
    uniqueWindows: `${prefix}unique_windows`,
    schedules: `${prefix}schedules`,
    schedulesDueIndex: `INDEXED BY ${prefix}schedules_due_idx`,
    maintenance: `${prefix}maintenance`,
    history: `${prefix}history`,
    backlog: `${prefix}backlog`,
    dependencies: `${prefix}dependencies`,
    dueIndex: `INDEXED BY ${prefix}tasks_due_idx`,
    leaseIndex: `INDEXED BY ${prefix}tasks_lease_idx`,
    heldIndex: `INDEXED BY ${prefix}tasks_held_idx`,
    ttlIndex: `INDEXED BY ${prefix}tasks_ttl_idx`,
    failedIndex: `INDEXED BY ${prefix}tasks_failed_idx`,
    parentIndex: `INDEXED BY ${prefix}tasks_parent_idx`,
    /**
     * Loose index scan: each queue that the index holds, for one seek each, as a table of this name; or the first few of them, from
     * where `first`, such as ` AND queue > :after`, lets it begin.
     */
    queueNames: (index: string, predicate: string, names = "names", limit = -1, first = "") => `
      ${names} (queue) AS (
        SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate}${first} ORDER BY queue LIMIT 1)
        UNION ALL
        SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate} AND queue > ${names}.queue ORDER BY queue LIMIT 1)
        FROM ${names} WHERE ${names}.queue IS NOT NULL${limit < 0 ? "" : ` LIMIT ${limit}`})`,
  };
}

// Predicates of partial indexes: SQLite uses one only where it finds its terms as the index has them, values and all. Each
// takes the alias of the table, where it has one.

export function hasStatus(statuses: readonly TaskStatus[], alias?: string): string {
  return `${column("status", alias)} IN (${statuses.map((status) => `'${status}'`).join(", ")})`;
}

/** Waits for its eta, outside the quarantine. */
export function due(alias?: string): string {
  return `${column("held", alias)} = 0 AND ${waiting(alias)}`;
}

/** Waits in the quarantine. The index holds what has `held > 0`, which SQLite does not infer from `held = 1`, the seek into it. */
export function quarantined(alias?: string): string {
  const held = column("held", alias);
  return `${held} > 0 AND ${held} = 1 AND ${waiting(alias)}`;
}

/** Waits for others to end. */
export function awaiting(alias?: string): string {
  const held = column("held", alias);
  return `${held} > 0 AND ${held} = 2 AND ${waiting(alias)}`;
}

export function running(alias?: string): string {
  return `${column("status", alias)} = 'RUNNING'`;
}

/** Holds its unique key. */
export function active(alias?: string): string {
  return hasStatus(["PENDING", "RETRYING", "RUNNING"], alias);
}

function waiting(alias?: string): string {
  return hasStatus(["PENDING", "RETRYING"], alias);
}

function column(name: string, alias?: string): string {
  return alias === undefined ? name : `${alias}.${name}`;
}
