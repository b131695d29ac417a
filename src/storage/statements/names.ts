/**
 * The names that statements are built from. Predicates of partial indexes are literals, without which SQLite does not use them.
 */
export type Names = ReturnType<typeof namesFor>;

export const DUE = "held = 0 AND status IN ('PENDING', 'RETRYING')";
export const QUARANTINED = "held > 0 AND held = 1 AND status IN ('PENDING', 'RETRYING')";
export const ACTIVE = "status IN ('PENDING', 'RETRYING', 'RUNNING')";
export const FINISHED = "status IN ('SUCCESS', 'FAILED', 'CANCELLED')";

export function namesFor(prefix: string) {
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
