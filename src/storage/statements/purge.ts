import { hasStatus, type Names } from "./names.ts";
import { prepare, type Statement } from "./statement.ts";

/** Tasks that one page of a purge examines. */
export const PURGE_PAGE = 1_000;

/** Keys that one statement forgets. */
const KEYS_PAGE = 10_000;

type Page = { after: string; end: string };
/** Tasks that ended before these go: FAILED ones before the second. */
type Horizon = { olderThan: number; failedOlderThan: number };
/** 1: those too that say themselves how long they are kept. */
type WithTimed = { withTimed: number };

/** Housekeeping: what is past its time goes. `ids` is a list of task ids. */
export function purgeSql({ tasks, results, idempotencyKeys, maintenance, ttlIndex }: Names) {
  const page = (columns: string) =>
    `(SELECT ${columns} FROM ${tasks} WHERE id > :after AND id <= :end ORDER BY id LIMIT ${PURGE_PAGE})`;
  const purgeable = `${hasStatus(["SUCCESS", "FAILED", "CANCELLED"])}
        AND updated_at < iif(status = 'FAILED', :failedOlderThan, :olderThan)`;
  /** Terms of the index, as it has them. */
  const outlived = `result_ttl IS NOT NULL AND ${hasStatus(["SUCCESS", "FAILED", "CANCELLED"])} AND updated_at + result_ttl <= :now`;
  const listed = "IN (SELECT value FROM json_each(:ids))";
  const readPurge: Statement<{ done_before: number }> = {
    sql: `SELECT done_before FROM ${maintenance} WHERE name = 'purge'`,
    parameters: [],
  };

  return {
    /** The last of the tasks examined, and how many there were: a read each. */
    examinePage: prepare<Page, { last_id: string | null; examined: number }>(
      `SELECT max(id) AS last_id, count(*) AS examined FROM ${page("id")}`,
    ),
    /** Those of the same page that may go. */
    findPurgeable: prepare<Page & Horizon & WithTimed, { id: string }>(
      `SELECT id FROM ${page("id, status, updated_at, result_ttl")} WHERE ${purgeable} AND (:withTimed OR result_ttl IS NULL)`,
    ),
    /** Those whose own time is over, a page of them. A read each, and one where there is none. */
    findOutlived: prepare<{ now: number }, { id: string; updated_at: number }>(`
      SELECT id, updated_at FROM ${tasks} ${ttlIndex} WHERE ${outlived} ORDER BY updated_at + result_ttl LIMIT ${PURGE_PAGE}`),
    /** A task that was retried meanwhile stays. 1 W each. */
    purgeOutlived: prepare<{ ids: string; now: number }, { id: string }>(
      `DELETE FROM ${tasks} WHERE id ${listed} AND ${outlived} RETURNING id`,
    ),
    /** A task that was retried meanwhile stays. 1 W each. */
    purgeTasks: prepare<{ ids: string } & Horizon, { id: string }>(
      `DELETE FROM ${tasks} WHERE id ${listed} AND ${purgeable} RETURNING id`,
    ),
    /** The results of tasks that are gone. 1 W each. */
    purgeResults: prepare<{ ids: string }>(`
      DELETE FROM ${results} WHERE task_id ${listed} AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = task_id)`),
    /** The same where the tasks are in another database: that of a task retried meanwhile stays. */
    deleteResults: prepare<{ ids: string; finishedBefore: number }>(
      `DELETE FROM ${results} WHERE task_id ${listed} AND finished_at < :finishedBefore`,
    ),

    /** 1 W each, at most a page; reads the whole table, which holds a day. */
    purgeIdempotencyKeys: prepare<{ olderThan: number }>(`
      DELETE FROM ${idempotencyKeys} WHERE (api_key, key) IN (
        SELECT api_key, key FROM ${idempotencyKeys} WHERE created_at < :olderThan LIMIT ${KEYS_PAGE})`),

    /** Raised only: ids of tasks that finished before this may be gone. 1 W. */
    recordPurge: prepare<{ doneBefore: number }>(`
      INSERT INTO ${maintenance} (name, due_at, done_before) VALUES ('purge', 0, :doneBefore)
      ON CONFLICT (name) DO UPDATE SET done_before = max(done_before, :doneBefore)`),
    /** 1 read. */
    readPurge,

    /** Returns a row to the one that takes the duty; `resent` is 1 where an earlier send may have taken it. */
    startPurge: prepare<{ now: number; nextAt: number; resent: number }, { cursor: string | null }>(`
      INSERT INTO ${maintenance} (name, due_at) VALUES ('purge', :nextAt)
      ON CONFLICT (name) DO UPDATE SET due_at = :nextAt WHERE due_at <= :now OR (:resent AND due_at = :nextAt) RETURNING cursor`),
    /** Null leaves the time at which it is due. */
    finishPurge: prepare<{ cursor: string | null; nextAt: number | null }>(
      `UPDATE ${maintenance} SET cursor = :cursor, due_at = coalesce(:nextAt, due_at) WHERE name = 'purge'`,
    ),
  };
}
