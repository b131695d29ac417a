import { FAILURES_EXAMINED, LEASES_SHOWN, QUEUES_SHOWN } from "../../core/inspector.ts";
import { LIMITS } from "../../core/options.ts";
import type { TaskRow } from "../rows.ts";
import { awaiting, due, type Names, quarantined, running } from "./names.ts";
import { prepare } from "./statement.ts";

/** One more than is shown tells that there are more. */
const NAMES = QUEUES_SHOWN + 1;

export type FailureRow = Pick<TaskRow, "id" | "queue" | "func_path" | "updated_at"> & {
  error_type: string | null;
};

export type LeaseRow = Pick<
  TaskRow,
  "id" | "queue" | "func_path" | "attempts" | "max_retries" | "claimed_by" | "last_attempt_at" | "progress"
> & { lease_expires_at: number };

/** Readers for operators: nothing is written, and what they read is bounded. */
export function inspectSql(names: Names) {
  const { tasks, queues, dueIndex, leaseIndex, heldIndex, failedIndex, queueNames } = names;
  const after = " AND queue > :after";
  const waiting = (index: string, predicate: string) =>
    `SELECT 1 FROM ${tasks} ${index} WHERE queue = q.value AND ${predicate}`;

  return {
    /** Of each queue its settings and what is due longest: some seeks. */
    findQueuesAfter: prepare<
      { after: string; now: number },
      { name: string; paused: number; concurrency: number | null; oldest_due_age: number | null }
    >(`
      WITH RECURSIVE ${queueNames(dueIndex, due(), "names", NAMES, after)},
      ${queueNames(leaseIndex, running(), "running_names", NAMES, after)},
      ${queueNames(heldIndex, quarantined(), "held_names", NAMES, after)},
      ${queueNames(heldIndex, awaiting(), "awaiting_names", NAMES, after)},
      known (queue) AS (
        SELECT queue FROM names UNION SELECT queue FROM running_names UNION SELECT queue FROM held_names
        UNION SELECT queue FROM awaiting_names
        UNION SELECT * FROM (SELECT name FROM ${queues} WHERE name > :after ORDER BY name LIMIT ${NAMES})),
      page (queue) AS (SELECT queue FROM known WHERE queue IS NOT NULL ORDER BY queue LIMIT ${NAMES}),
      priorities (value) AS (VALUES (${LIMITS.priority.min}) UNION ALL SELECT value + 1 FROM priorities WHERE value < ${LIMITS.priority.max})
      SELECT k.queue AS name, coalesce(c.paused, 0) AS paused, c.concurrency,
        :now - (SELECT min(eta) FROM (
          SELECT (SELECT min(eta) FROM ${tasks} ${dueIndex} WHERE queue = k.queue AND priority = p.value AND ${due()}) AS eta FROM priorities p
          UNION ALL SELECT (SELECT min(eta) FROM ${tasks} ${heldIndex} WHERE queue = k.queue AND ${quarantined()})) WHERE eta <= :now) AS oldest_due_age
      FROM page k LEFT JOIN ${queues} c ON c.name = k.queue ORDER BY k.queue`),

    /** A read for each task that is counted: for each queue at most the bounds. */
    countQueues: prepare<
      { names: string; mostWaiting: number; mostRunning: number },
      { name: string; waiting: number; running: number }
    >(`
      SELECT q.value AS name,
        (SELECT count(*) FROM (${waiting(dueIndex, due())} UNION ALL ${waiting(heldIndex, quarantined())}
          UNION ALL ${waiting(heldIndex, awaiting())} LIMIT :mostWaiting)) AS waiting,
        (SELECT count(*) FROM (${waiting(leaseIndex, running())} LIMIT :mostRunning)) AS running
      FROM json_each(:names) q`),

    /** A read each: to group them here would read each once more. */
    listFailures: prepare<{ before: string }, FailureRow>(`
      SELECT id, queue, func_path, errors ->> '$[#-1].type' AS error_type, updated_at
      FROM ${tasks} ${failedIndex} WHERE status = 'FAILED' AND id < :before ORDER BY id DESC LIMIT ${FAILURES_EXAMINED}`),

    /** A read each. */
    listLeases: prepare<{ queue: string; leaseExpiresAt: number; id: string }, LeaseRow>(`
      SELECT id, queue, func_path, attempts, max_retries, claimed_by, lease_expires_at, last_attempt_at, progress
      FROM ${tasks} ${leaseIndex}
      WHERE ${running()} AND (queue, lease_expires_at, id) > (:queue, :leaseExpiresAt, :id)
      ORDER BY queue, lease_expires_at, id LIMIT ${LEASES_SHOWN}`),
  };
}
