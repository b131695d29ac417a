import { describe } from "../../core/duration.ts";
import { ConfigError } from "../../core/errors.ts";

/** Goes into statements as it is. */
const PREFIX = /^(?!sqlite_)([a-z_][a-z0-9_]{0,63})?$/i;

/** @throws {ConfigError} when names with this prefix would need quotes, or are SQLite's own */
export function parsePrefix(prefix: string): string {
  if (PREFIX.test(prefix)) return prefix;
  const expected = "at most 64 letters, digits and underscores, with no digit first, and not sqlite_";
  throw new ConfigError("the table prefix", expected, describe(prefix));
}

/**
 * The names that statements are built from. Predicates of partial indexes are literals, without which SQLite does not use them.
 */
export type Names = ReturnType<typeof namesFor>;

export const DUE = "held = 0 AND status IN ('PENDING', 'RETRYING')";
export const QUARANTINED = "held > 0 AND held = 1 AND status IN ('PENDING', 'RETRYING')";
export const ACTIVE = "status IN ('PENDING', 'RETRYING', 'RUNNING')";
export const FINISHED = "status IN ('SUCCESS', 'FAILED', 'CANCELLED')";

export function namesFor(given: string) {
  const prefix = parsePrefix(given);
  const tasks = `${prefix}tasks`;
  return {
    tasks,
    results: `${prefix}results`,
    queues: `${prefix}queues`,
    idempotencyKeys: `${prefix}idempotency_keys`,
    maintenance: `${prefix}maintenance`,
    dueIndex: `INDEXED BY ${prefix}tasks_due_idx`,
    leaseIndex: `INDEXED BY ${prefix}tasks_lease_idx`,
    heldIndex: `INDEXED BY ${prefix}tasks_held_idx`,
    failedIndex: `INDEXED BY ${prefix}tasks_failed_idx`,
    /** Loose index scan: each queue that the index holds, for one seek each, as a table of this name. */
    queueNames: (index: string, predicate: string, names = "names") => `
      ${names} (queue) AS (
        SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate} ORDER BY queue LIMIT 1)
        UNION ALL
        SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate} AND queue > ${names}.queue ORDER BY queue LIMIT 1)
        FROM ${names} WHERE ${names}.queue IS NOT NULL)`,
  };
}
