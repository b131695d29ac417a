import { ACTIVE, type Names } from "./names.ts";

/** Operators change tasks and queues. */
export function operateSql({ tasks, results, queues }: Names) {
  return {
    /** ?1 id, ?2 now. 1 W. */
    cancel: `
      UPDATE ${tasks} SET status = 'CANCELLED', held = 0, lease_expires_at = NULL, claimed_by = NULL, updated_at = ?2
      WHERE id = ?1 AND ${ACTIVE} RETURNING *`,
    /** ?1 id. 1 W; in one batch before the retry. */
    deleteOldResult: `
      DELETE FROM ${results} WHERE task_id = ?1
        AND EXISTS (SELECT 1 FROM ${tasks} WHERE id = ?1 AND status IN ('FAILED', 'CANCELLED'))`,
    /** The same where the tasks are in another database. ?1 id, ?2 attempts: a later attempt's stays. 1 W. */
    deleteResultOf: `DELETE FROM ${results} WHERE task_id = ?1 AND attempts <= ?2`,
    /** ?1 id, ?2 now. 2 W, 3 with a unique key. */
    retry: `
      UPDATE ${tasks} SET status = 'PENDING', eta = ?2, failures = 0, held = 0, claimed_by = NULL, updated_at = ?2
      WHERE id = ?1 AND status IN ('FAILED', 'CANCELLED') RETURNING *`,
    /** ?1 id, ?2 now, ?3 eta. 3 W. */
    reschedule: `
      UPDATE ${tasks} SET eta = ?3, updated_at = ?2
      WHERE id = ?1 AND status IN ('PENDING', 'RETRYING') RETURNING *`,

    /** ?1 name, ?2 paused or null, ?3 1 to set the concurrency, ?4 concurrency. 1 W. */
    configureQueue: `
      INSERT INTO ${queues} (name, paused, concurrency) VALUES (?1, coalesce(?2, 0), iif(?3, ?4, NULL))
      ON CONFLICT (name) DO UPDATE SET paused = coalesce(?2, paused), concurrency = iif(?3, ?4, concurrency)`,
  };
}
