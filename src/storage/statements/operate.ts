import { OPERATIONS } from "../../core/transitions.ts";
import type { TaskRow } from "../rows.ts";
import { hasStatus, type Names } from "./names.ts";
import { prepare } from "./statement.ts";

/** Operators change tasks and queues. */
export function operateSql({ tasks, results, queues }: Names) {
  const { cancel, retry, reschedule } = OPERATIONS;
  return {
    /** 1 W. */
    cancel: prepare<{ id: string; now: number }, TaskRow>(`
      UPDATE ${tasks} SET status = '${cancel.to}', cancel_reason = 'operator', held = 0, lease_expires_at = NULL, claimed_by = NULL, updated_at = :now
      WHERE id = :id AND ${hasStatus(cancel.from)} RETURNING *`),

    /** In one batch before the retry. 1 W. */
    deleteOldResult: prepare<{ id: string }>(`
      DELETE FROM ${results} WHERE task_id = :id
        AND EXISTS (SELECT 1 FROM ${tasks} WHERE id = :id AND ${hasStatus(retry.from)})`),
    /** The same where the tasks are in another database: a later attempt's stays. 1 W. */
    deleteResultOf: prepare<{ id: string; attempts: number }>(
      `DELETE FROM ${results} WHERE task_id = :id AND attempts <= :attempts`,
    ),
    /** 2 W, 3 with a unique key. */
    retry: prepare<{ id: string; now: number }, TaskRow>(`
      UPDATE ${tasks} SET status = '${retry.to}', eta = :now, failures = 0, held = 0, awaits = 0, claimed_by = NULL, cancel_reason = NULL,
        expires_at = iif(expires_at <= :now, NULL, expires_at), updated_at = :now
      WHERE id = :id AND ${hasStatus(retry.from)} RETURNING *`),

    /** 3 W. */
    reschedule: prepare<{ id: string; eta: number; now: number }, TaskRow>(`
      UPDATE ${tasks} SET eta = :eta, updated_at = :now
      WHERE id = :id AND ${hasStatus(reschedule.from)} RETURNING *`),

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
