import type { Claim } from "../../core/task.ts";
import { type Names, running } from "./names.ts";
import { prepare } from "./statement.ts";

/** Errors that a task keeps: the last ones. */
const KEPT_ERRORS = 20;

/** Tasks that one rescue takes. */
const RESCUED = 100;

/** What a result bears of the attempt that ended in it. */
export type Attempt = Claim & { last_attempt_at: number | null };

type Settle = { settlements: string; now: number };

/** Workers: leases are kept, and what ended is written, each fenced. `settlements` is a list of what `settlementJson` makes. */
export function settleSql({ tasks, results, leaseIndex, queueNames }: Names) {
  const fence = `${running("t")} AND t.attempts = j.value ->> 'attempts'`;

  const settleTasks = (claimedBy: string, furtherFence = "") => `
    UPDATE ${tasks} AS t SET
      status = CASE j.value ->> 'kind'
        WHEN 'done' THEN iif(t.interval IS NULL, 'SUCCESS', 'PENDING')
        WHEN 'fail' THEN 'FAILED'
        WHEN 'retry' THEN 'RETRYING'
        WHEN 'quarantine' THEN 'RETRYING'
        ELSE iif(t.failures > 0, 'RETRYING', 'PENDING') END,
      eta = coalesce(j.value ->> 'eta', iif(j.value ->> 'kind' = 'done', :now + t.interval, NULL), t.eta),
      failures = CASE j.value ->> 'kind'
        WHEN 'done' THEN iif(t.interval IS NULL, t.failures, 0)
        WHEN 'fail' THEN t.failures + 1
        WHEN 'retry' THEN t.failures + 1
        WHEN 'quarantine' THEN t.failures + (j.value ->> 'counted')
        ELSE t.failures END,
      held = CASE j.value ->> 'kind' WHEN 'quarantine' THEN 1 WHEN 'release' THEN t.held ELSE 0 END,
      errors = CASE
        WHEN j.value ->> 'error' IS NULL THEN t.errors
        WHEN json_array_length(t.errors) >= ${KEPT_ERRORS} THEN json_remove(json_insert(t.errors, '$[#]', j.value -> 'error'), '$[0]')
        ELSE json_insert(t.errors, '$[#]', j.value -> 'error') END,
      progress = coalesce(j.value -> 'progress', t.progress),
      scheduled_for = iif(j.value ->> 'kind' = 'done' AND t.interval IS NOT NULL, :now + t.interval, t.scheduled_for),
      lease_expires_at = NULL, claimed_by = ${claimedBy}, updated_at = :now
    FROM json_each(:settlements) j
    WHERE t.id = j.value ->> 'id' AND ${fence} ${furtherFence}
    RETURNING id, attempts, last_attempt_at`;

  const resultColumns = "task_id, status, result, error, finished_at, attempts, last_attempt_at";
  const replaceResult = `
    ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
      finished_at = excluded.finished_at, attempts = excluded.attempts, last_attempt_at = excluded.last_attempt_at`;

  const settleResults = (furtherFence = "") => `
    INSERT INTO ${results} (${resultColumns})
    SELECT t.id, iif(j.value ->> 'kind' = 'done', 'SUCCESS', 'FAILED'), j.value -> 'result', j.value -> 'error', :now, t.attempts, t.last_attempt_at
    FROM json_each(:settlements) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
    WHERE (j.value ->> 'kind' = 'fail' OR j.value ->> 'kind' = 'done' AND t.on_success IS NULL) AND ${fence} ${furtherFence}
    ${replaceResult}`;

  /** A renewed lease is not stolen. */
  const expired = "AND t.lease_expires_at <= :now";

  /** What an earlier send has ended. */
  const findEnded = (list: string, condition: string) => `
    SELECT t.id, t.attempts, t.last_attempt_at FROM json_each(${list}) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
    WHERE t.attempts = j.value ->> 'attempts' AND t.status <> 'RUNNING' AND ${condition}`;

  return {
    /** 1 W for each that ends the task (SUCCESS, FAILED). */
    settleResults: prepare<Settle>(settleResults()),
    /** 1 W each, 2 where the task becomes due again. Returns those whose fence held. */
    settleTasks: prepare<Settle, Attempt>(settleTasks("t.claimed_by")),
    /** The same for leases that expired by now. */
    rescueResults: prepare<Settle>(settleResults(expired)),
    rescueTasks: prepare<Settle, Attempt>(settleTasks("NULL", expired)),

    /** Instead, where its success deletes the task. 1 W each. Returns those whose fence held; whoever waits for one is released. */
    deleteDone: prepare<{ settlements: string }, Attempt>(`
      DELETE FROM ${tasks} AS t WHERE t.on_success = 'delete' AND ${running("t")} AND (t.id, t.attempts) IN (
        SELECT value ->> 'id', value ->> 'attempts' FROM json_each(:settlements) WHERE value ->> 'kind' = 'done')
      RETURNING id, attempts, last_attempt_at`),
    /** Those of which nothing is there any more. */
    findGone: prepare<{ claims: string }, Attempt>(`
      SELECT j.value ->> 'id' AS id, j.value ->> 'attempts' AS attempts, NULL AS last_attempt_at FROM json_each(:claims) j
      WHERE NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = j.value ->> 'id')`),

    /** Others than workers clear `claimed_by`. */
    findSettled: prepare<{ claims: string }, Attempt>(
      findEnded(":claims", "t.claimed_by = coalesce(j.value ->> 'claimToken', t.claimed_by)"),
    ),
    findRescued: prepare<Settle, Attempt>(
      findEnded(":settlements", "t.claimed_by IS NULL AND t.updated_at = :now"),
    ),

    /**
     * `claims` is a list of what `claimJson` makes. 2 W each. Returns the leases that still hold. None is shortened: its worker
     * goes by the longest renewal that was answered, and another one may arrive after that.
     */
    renew: prepare<{ claims: string; leaseExpiresAt: number }, Attempt>(`
      UPDATE ${tasks} AS t SET lease_expires_at = max(t.lease_expires_at, :leaseExpiresAt), progress = coalesce(j.value -> 'progress', t.progress)
      FROM json_each(:claims) j
      WHERE t.id = j.value ->> 'id' AND ${fence} RETURNING id, attempts, last_attempt_at`),

    /** 2 W. */
    markRunning: prepare<
      { id: string; attempts: number; leaseExpiresAt: number; now: number },
      { id: string }
    >(`
      UPDATE ${tasks} SET lease_expires_at = max(lease_expires_at, :leaseExpiresAt), last_attempt_at = :now, updated_at = :now
      WHERE id = :id AND ${running()} AND attempts = :attempts RETURNING id`),

    /** A seek a queue, and one read for each found. */
    findExpired: prepare<
      { now: number },
      { id: string; attempts: number; failures: number; max_retries: number; held: number; func_path: string }
    >(`
      WITH RECURSIVE ${queueNames(leaseIndex, running())}
      SELECT t.id, t.attempts, t.failures, t.max_retries, t.held, t.func_path FROM names CROSS JOIN ${tasks} t ${leaseIndex}
        ON t.queue = names.queue AND ${running("t")} AND t.lease_expires_at <= :now
      LIMIT ${RESCUED}`),

    /** Where results have a database of their own: written only where no later attempt's is on file. 1 W each. */
    writeResults: prepare<Settle>(`
      INSERT INTO ${results} (${resultColumns})
      SELECT value ->> 'id', iif(value ->> 'kind' = 'done', 'SUCCESS', 'FAILED'), value -> 'result', value -> 'error', :now,
        value ->> 'attempts', value ->> 'lastAttemptAt'
      FROM json_each(:settlements) WHERE true
      ${replaceResult} WHERE excluded.attempts >= attempts`),
  };
}
