import type { Names } from "./names.ts";

/** Workers: leases are kept, and what ended is written, each fenced. */
export function settleSql({ tasks, results, leaseIndex, queueNames }: Names) {
  /** What json_each gives for one settlement: i id, n attempts, c claim token, k kind, at eta, e error, r result. */
  const settleTasks = (fence: string, claimedBy: string) => `
    UPDATE ${tasks} AS t SET
      status = CASE j.value ->> 'k'
        WHEN 'done' THEN iif(t.interval IS NULL, 'SUCCESS', 'PENDING')
        WHEN 'fail' THEN 'FAILED'
        WHEN 'retry' THEN 'RETRYING'
        WHEN 'quarantine' THEN 'RETRYING'
        ELSE iif(t.failures > 0, 'RETRYING', 'PENDING') END,
      eta = coalesce(j.value ->> 'at', iif(j.value ->> 'k' = 'done', ?2 + t.interval, NULL), t.eta),
      failures = CASE j.value ->> 'k'
        WHEN 'done' THEN iif(t.interval IS NULL, t.failures, 0)
        WHEN 'fail' THEN t.failures + 1
        WHEN 'retry' THEN t.failures + 1
        WHEN 'quarantine' THEN t.failures + (j.value ->> 'counted')
        ELSE t.failures END,
      held = CASE j.value ->> 'k' WHEN 'quarantine' THEN 1 WHEN 'release' THEN t.held ELSE 0 END,
      errors = CASE
        WHEN j.value ->> 'e' IS NULL THEN t.errors
        WHEN json_array_length(t.errors) >= 20 THEN json_remove(json_insert(t.errors, '$[#]', j.value -> 'e'), '$[0]')
        ELSE json_insert(t.errors, '$[#]', j.value -> 'e') END,
      lease_expires_at = NULL, claimed_by = ${claimedBy}, updated_at = ?2
    FROM json_each(?1) j
    WHERE t.id = j.value ->> 'i' AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' ${fence}
    RETURNING id`;

  const settleResults = (fence: string) => `
    INSERT INTO ${results} (task_id, status, result, error, finished_at, attempts, last_attempt_at)
    SELECT t.id, iif(j.value ->> 'k' = 'done', 'SUCCESS', 'FAILED'), j.value -> 'r', j.value -> 'e', ?2, t.attempts, t.last_attempt_at
    FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'i'
    WHERE j.value ->> 'k' IN ('done', 'fail') AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' ${fence}
    ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
      finished_at = excluded.finished_at, attempts = excluded.attempts, last_attempt_at = excluded.last_attempt_at`;

  const rescueFence = "AND t.lease_expires_at <= ?3";

  return {
    /** ?1 settlements, ?2 now. 1 W for each that ends the task (SUCCESS, FAILED). */
    settleResults: settleResults(""),
    /** ?1 settlements, ?2 now. 1 W each, 2 where the task becomes due again. Returns those whose fence held. */
    settleTasks: settleTasks("", "t.claimed_by"),
    /** The same for leases that expired by ?3: a renewed lease is not stolen. */
    rescueResults: settleResults(rescueFence),
    rescueTasks: settleTasks(rescueFence, "NULL"),

    /** ?1 settlements: after a resend, which of them took effect the first time. Others than workers clear `claimed_by`. */
    findSettled: `
      SELECT t.id FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'i'
      WHERE t.attempts = j.value ->> 'n' AND t.claimed_by = coalesce(j.value ->> 'c', t.claimed_by) AND t.status <> 'RUNNING'`,

    /** ?1 settlements, ?2 now: after a resend, which rescues took effect the first time. */
    findRescued: `
      SELECT t.id FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'i'
      WHERE t.attempts = j.value ->> 'n' AND t.status <> 'RUNNING' AND t.claimed_by IS NULL AND t.updated_at = ?2`,

    /** ?1 [{i, n}], ?2 lease end. 2 W each. Returns the leases that still hold. */
    renew: `
      UPDATE ${tasks} AS t SET lease_expires_at = ?2 FROM json_each(?1) j
      WHERE t.id = j.value ->> 'i' AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' RETURNING id, last_attempt_at`,

    /** ?1 id, ?2 attempts, ?3 lease end, ?4 now. 2 W. */
    markRunning: `
      UPDATE ${tasks} SET lease_expires_at = ?3, last_attempt_at = ?4, updated_at = ?4
      WHERE id = ?1 AND status = 'RUNNING' AND attempts = ?2 RETURNING id`,

    /** ?1 now: at most 100 tasks whose lease expired. A seek a queue, and one read for each found. */
    findExpired: `
      WITH RECURSIVE ${queueNames(leaseIndex, "status = 'RUNNING'")}
      SELECT t.id, t.attempts, t.failures, t.max_retries, t.held FROM names CROSS JOIN ${tasks} t ${leaseIndex}
        ON t.queue = names.queue AND t.status = 'RUNNING' AND t.lease_expires_at <= ?1
      LIMIT 100`,

    /** Where results have a database of their own. ?1 [{i, n, k, e, r, at, last}]: written only where no later attempt's is on file. 1 W each. */
    writeResults: `
      INSERT INTO ${results} (task_id, status, result, error, finished_at, attempts, last_attempt_at)
      SELECT value ->> 'i', iif(value ->> 'k' = 'done', 'SUCCESS', 'FAILED'), value -> 'r', value -> 'e', ?2, value ->> 'n', value ->> 'last'
      FROM json_each(?1) WHERE true
      ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
        finished_at = excluded.finished_at, attempts = excluded.attempts, last_attempt_at = excluded.last_attempt_at
      WHERE excluded.attempts >= attempts`,
  };
}
