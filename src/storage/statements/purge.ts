import { FINISHED, type Names } from "./names.ts";

/** Housekeeping: what is past its time goes. */
export function purgeSql({ tasks, results, idempotencyKeys, maintenance }: Names) {
  return {
    /** ?1 after this id, ?2 to this id. At most 1,000 tasks are read: the last one examined, and how many there were. */
    examinePage: `SELECT max(id) AS last_id, count(*) AS examined FROM (SELECT id FROM ${tasks} WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1000)`,
    /** ?1 to ?4: after this id, to this id, finished before, the same for FAILED. The same page. */
    findPurgeable: `
      SELECT id FROM (SELECT id, status, updated_at FROM ${tasks} WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1000)
      WHERE ${FINISHED} AND updated_at < iif(status = 'FAILED', ?4, ?3)`,
    /** ?1 ids, ?2 and ?3 as ?3 and ?4 above: a task that was retried meanwhile stays. 1 W each. */
    purgeTasks: `
      DELETE FROM ${tasks} WHERE id IN (SELECT value FROM json_each(?1)) AND ${FINISHED}
        AND updated_at < iif(status = 'FAILED', ?3, ?2) RETURNING id`,
    /** ?1 ids. 1 W each: the results of tasks that are gone. */
    purgeResults: `
      DELETE FROM ${results} WHERE task_id IN (SELECT value FROM json_each(?1))
        AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = task_id)`,
    /** The same where the tasks are in another database. ?2 finished before: that of a task retried meanwhile stays. */
    deleteResults: `DELETE FROM ${results} WHERE task_id IN (SELECT value FROM json_each(?1)) AND finished_at < ?2`,
    /** ?1 recorded before. 1 W each, at most 10,000; reads the whole table, which holds a day. */
    purgeIdempotencyKeys: `
      DELETE FROM ${idempotencyKeys} WHERE (api_key, key) IN (
        SELECT api_key, key FROM ${idempotencyKeys} WHERE created_at < ?1 LIMIT 10000)`,
    /** ?1 finished before, raised only: ids up to then may be gone. 1 W. */
    recordPurge: `
      INSERT INTO ${maintenance} (name, due_at, done_before) VALUES ('purge', 0, ?1)
      ON CONFLICT (name) DO UPDATE SET done_before = max(done_before, ?1)`,
    /** 1 read. */
    readPurge: `SELECT done_before FROM ${maintenance} WHERE name = 'purge'`,
    /** ?1 now, ?2 next due, ?3 1 after a resend, which finds what the first send wrote. Returns a row to the one that takes the duty. */
    startPurge: `
      INSERT INTO ${maintenance} (name, due_at) VALUES ('purge', ?2)
      ON CONFLICT (name) DO UPDATE SET due_at = ?2 WHERE due_at <= ?1 OR (?3 AND due_at = ?2) RETURNING cursor`,
    /** ?1 cursor, ?2 next due or null to leave it. */
    finishPurge: `UPDATE ${maintenance} SET cursor = ?1, due_at = coalesce(?2, due_at) WHERE name = 'purge'`,
  };
}
