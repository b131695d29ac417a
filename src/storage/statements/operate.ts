import { OPERATIONS } from "../../core/transitions.ts";
import type { TaskRow } from "../rows.ts";
import { active, awaiting, due, hasStatus, type Names, quarantined, running } from "./names.ts";
import { prepare, type Statement } from "./statement.ts";
import { CANCEL_OVER, IS_OVER } from "./unique.ts";

const { cancel, retry, reschedule, runNow, change, delete: deletion } = OPERATIONS;

// What each operation sets, of one task or of many.
export const CANCEL = `status = '${cancel.to}', cancel_reason = 'operator', held = 0, lease_expires_at = NULL, claimed_by = NULL, updated_at = :now`;
export const RETRY = `status = '${retry.to}', eta = :now, failures = 0, held = 0, awaits = 0, claimed_by = NULL, cancel_reason = NULL,
  expires_at = iif(expires_at <= :now, NULL, expires_at), updated_at = :now`;
export const RESCHEDULE = "eta = :eta, updated_at = :now";
/** What is due already keeps its place. */
export const RUN_NOW = "eta = min(eta, :now), updated_at = :now";
export const CHANGE =
  "priority = coalesce(:priority, priority), queue = coalesce(:queue, queue), updated_at = :now";

/** Operators change tasks and queues. */
export function operateSql({ tasks, results, queues, dueIndex, leaseIndex, heldIndex }: Names) {
  const exists = (index: string, predicate: string) =>
    `EXISTS (SELECT 1 FROM ${tasks} ${index} WHERE ${predicate})`;
  /** Waits, or runs. */
  const workIn = (within: string) => `
    SELECT ${exists(dueIndex, `${within} ${due()}`)} OR ${exists(leaseIndex, `${within} ${running()}`)}
      OR ${exists(heldIndex, `${within} ${quarantined()}`)} OR ${exists(heldIndex, `${within} ${awaiting()}`)} AS found`;
  const findWork: Statement<{ found: number }> = { sql: workIn(""), parameters: [] };

  return {
    /** 1 W. */
    cancel: prepare<{ id: string; now: number }, TaskRow>(`
      UPDATE ${tasks} SET ${CANCEL}
      WHERE id = :id AND ${hasStatus(cancel.from)} RETURNING *`),

    /** In one batch before the retry. 1 W. */
    deleteOldResult: prepare<{ id: string }>(`
      DELETE FROM ${results} WHERE task_id = :id
        AND EXISTS (SELECT 1 FROM ${tasks} WHERE id = :id AND ${hasStatus(retry.from)})`),
    /** The same where the tasks are in another database: a later attempt's stays. 1 W. */
    deleteResultOf: prepare<{ id: string; attempts: number }>(
      `DELETE FROM ${results} WHERE task_id = :id AND attempts <= :attempts`,
    ),
    /** Before it: the holder of its key is cancelled where that must not start any more. 1 W. */
    cancelOverHolder: prepare<{ id: string; now: number }>(`
      UPDATE ${tasks} AS t SET ${CANCEL_OVER} WHERE id IN (
        SELECT t.id FROM ${tasks} r CROSS JOIN ${tasks} t ON t.unique_key = r.unique_key AND t.unique_key IS NOT NULL AND ${active("t")}
        WHERE r.id = :id AND ${hasStatus(retry.from, "r")} AND ${IS_OVER})`),
    /** 2 W, 3 with a unique key. */
    retry: prepare<{ id: string; now: number }, TaskRow>(`
      UPDATE ${tasks} SET ${RETRY}
      WHERE id = :id AND ${hasStatus(retry.from)} RETURNING *`),

    /** 3 W. */
    reschedule: prepare<{ id: string; eta: number; now: number }, TaskRow>(`
      UPDATE ${tasks} SET ${RESCHEDULE}
      WHERE id = :id AND ${hasStatus(reschedule.from)} RETURNING *`),
    /** 2 W. */
    runNow: prepare<{ id: string; now: number }, TaskRow>(
      `UPDATE ${tasks} SET ${RUN_NOW} WHERE id = :id AND ${hasStatus(runNow.from)} RETURNING *`,
    ),
    /** 2 W. */
    change: prepare<{ id: string; priority: number | null; queue: string | null; now: number }, TaskRow>(
      `UPDATE ${tasks} SET ${CHANGE} WHERE id = :id AND ${hasStatus(change.from)} RETURNING *`,
    ),
    /** 1 W. */
    deleteTask: prepare<{ id: string }, { id: string }>(
      `DELETE FROM ${tasks} WHERE id = :id AND ${hasStatus(deletion.from)} RETURNING id`,
    ),

    /** At most 4 reads. */
    findWork,
    findWorkOf: prepare<{ queue: string }, { found: number }>(workIn("queue = :queue AND")),

    /** Null leaves `paused` as it is; `concurrency` is set only with `setsConcurrency`, since null is a value of it. 1 W. */
    configureQueue: prepare<{
      name: string;
      paused: number | null;
      setsConcurrency: number;
      concurrency: number | null;
    }>(`
      INSERT INTO ${queues} (name, paused, concurrency) VALUES (:name, coalesce(:paused, 0), iif(:setsConcurrency, :concurrency, NULL))
      ON CONFLICT (name) DO UPDATE SET paused = coalesce(:paused, paused), concurrency = iif(:setsConcurrency, :concurrency, concurrency)`),
  };
}
