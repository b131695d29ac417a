import { OPERATIONS } from "../../core/transitions.ts";
import { active, hasStatus, type Names } from "./names.ts";
import { CANCEL, CHANGE, RESCHEDULE, RETRY, RUN_NOW } from "./operate.ts";
import { prepare } from "./statement.ts";
import { CANCEL_OVER, IS_OVER } from "./unique.ts";

/** Tasks that one page examines. */
export const BULK_PAGE = 1_000;

type Page = {
  after: string;
  end: string;
  status: string | null;
  queue: string | null;
  funcPath: string | null;
  createdBefore: number | null;
  createdAfter: number | null;
  errorType: string | null;
  schedule: string | null;
  parentId: string | null;
  /** A list of the statuses that allow what is to be done. */
  allowed: string;
};

type PageRow = {
  examined: number;
  last_id: string | null;
  matching: number;
  /** 1 where one of them has a unique key. */
  keyed: number;
  /** A list of `{id, attempts}`: those of them that may be changed. */
  picked: string;
};

type Picked = { picked: string };

/** Operators change many tasks. `picked` is what a page found: a list of `{id, attempts}`. */
export function bulkSql({ tasks, results, failedIndex, parentIndex }: Names) {
  const equals = (column: string, value: string) => `(:${value} IS NULL OR ${column} = :${value})`;
  const matching = [
    equals("status", "status"),
    equals("queue", "queue"),
    equals("func_path", "funcPath"),
    "(:createdBefore IS NULL OR created_at < :createdBefore)",
    "(:createdAfter IS NULL OR created_at >= :createdAfter)",
    equals("error_type", "errorType"),
    equals("schedule", "schedule"),
    equals("parent_id", "parentId"),
  ].join(" AND ");

  /** The errors, which may be long, are read only where they are asked for. */
  const findPage = (index: string, predicate: string) =>
    prepare<Page, PageRow>(`
      SELECT count(*) AS examined, max(id) AS last_id, count(*) FILTER (WHERE ${matching}) AS matching,
        json_group_array(json_object('id', id, 'attempts', attempts))
          FILTER (WHERE ${matching} AND status IN (SELECT value FROM json_each(:allowed))) AS picked,
        max(unique_key IS NOT NULL) AS keyed
      FROM (
        SELECT id, status, queue, func_path, attempts, created_at, schedule, parent_id, unique_key,
          iif(:errorType IS NULL, NULL, errors ->> '$[#-1].type') AS error_type
        FROM ${tasks} ${index} WHERE id > :after AND id <= :end ${predicate} ORDER BY id LIMIT ${BULK_PAGE})`);

  const listed = "IN (SELECT value ->> 'id' FROM json_each(:picked))";
  /** Those that have not been claimed since they were picked. */
  const untouched = `
    SELECT t.id FROM json_each(:picked) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id' WHERE t.attempts = j.value ->> 'attempts'`;

  return {
    /** A read for each task examined. */
    bulkFind: findPage("", ""),
    /** The same for FAILED, from an index that holds no others. */
    bulkFindFailed: findPage(failedIndex, "AND status = 'FAILED'"),
    /** The same for the tasks that one enqueued. */
    bulkFindChildren: findPage(parentIndex, "AND parent_id = :parentId"),

    /** Before it, where one has a unique key: holders that must not start any more are cancelled. 1 W each. */
    bulkCancelOver: prepare<Picked & { now: number }>(`
      UPDATE ${tasks} AS t SET ${CANCEL_OVER} WHERE id IN (
        SELECT t.id FROM json_each(:picked) j CROSS JOIN ${tasks} r ON r.id = j.value ->> 'id'
          CROSS JOIN ${tasks} t ON t.unique_key = r.unique_key AND t.unique_key IS NOT NULL AND ${active("t")}
        WHERE r.attempts = j.value ->> 'attempts' AND ${hasStatus(OPERATIONS.retry.from, "r")} AND ${IS_OVER})`),
    /** What another active task has the unique key of stays. 2 W each; 1 more with a unique key. */
    bulkRetry: prepare<Picked & { now: number }, { id: string }>(`
      UPDATE OR IGNORE ${tasks} SET ${RETRY} WHERE id IN (${untouched}) AND ${hasStatus(OPERATIONS.retry.from)} RETURNING id`),
    /** After it in its batch: the results of what it changed. 1 W each. */
    bulkDeleteOldResults: prepare<Picked & { now: number }>(`
      DELETE FROM ${results} WHERE task_id IN (
        SELECT t.id FROM json_each(:picked) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
        WHERE t.status = '${OPERATIONS.retry.to}' AND t.updated_at = :now)`),
    /** Of those picked, what a retry has left as it was. */
    bulkCountLeft: prepare<Picked, { count: number }>(
      `SELECT count(*) AS count FROM ${tasks} WHERE id IN (${untouched}) AND ${hasStatus(OPERATIONS.retry.from)}`,
    ),
    /** 1 W each. */
    bulkDelete: prepare<Picked, { id: string }>(
      `DELETE FROM ${tasks} WHERE id IN (${untouched}) AND ${hasStatus(OPERATIONS.delete.from)} RETURNING id`,
    ),
    /** After it in its batch: the results of tasks that are gone. 1 W each. */
    bulkDeleteResults: prepare<Picked>(`
      DELETE FROM ${results} WHERE task_id ${listed} AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = task_id)`),
    /** Before either, where results have a database of their own: a later attempt's stays. 1 W each. */
    bulkDeleteResultsElsewhere: prepare<Picked>(`
      DELETE FROM ${results} WHERE task_id IN (
        SELECT r.task_id FROM json_each(:picked) j CROSS JOIN ${results} r ON r.task_id = j.value ->> 'id'
        WHERE r.attempts <= j.value ->> 'attempts')`),

    /** 1 W each. */
    bulkCancel: prepare<Picked & { now: number }, { id: string }>(
      `UPDATE ${tasks} SET ${CANCEL} WHERE id ${listed} AND ${hasStatus(OPERATIONS.cancel.from)} RETURNING id`,
    ),
    /** 2 W each. */
    bulkRunNow: prepare<Picked & { now: number }, { id: string }>(
      `UPDATE ${tasks} SET ${RUN_NOW} WHERE id ${listed} AND ${hasStatus(OPERATIONS.runNow.from)} RETURNING id`,
    ),
    /** 2 W each. */
    bulkReschedule: prepare<Picked & { eta: number; now: number }, { id: string }>(
      `UPDATE ${tasks} SET ${RESCHEDULE} WHERE id ${listed} AND ${hasStatus(OPERATIONS.reschedule.from)} RETURNING id`,
    ),
    /** 2 W each. */
    bulkChange: prepare<
      Picked & { priority: number | null; queue: string | null; now: number },
      { id: string }
    >(
      `UPDATE ${tasks} SET ${CHANGE} WHERE id ${listed} AND ${hasStatus(OPERATIONS.change.from)} RETURNING id`,
    ),
  };
}
