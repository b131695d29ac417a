import { parentsOf, WAITS_FOR } from "./dependencies.ts";
import { active, type Names } from "./names.ts";
import { isFirst as isFirstOf, type Once } from "./once.ts";
import { prepare } from "./statement.ts";

/** Producers: tasks come in. `tasks` is a list of what `newTaskJson` makes. */
export function enqueueSql({ tasks, idempotencyKeys, uniqueWindows, dependencies }: Names) {
  const isFirst = isFirstOf(idempotencyKeys);
  const insertInto = (
    columns: string,
    values: string,
    condition: string,
    eta = "j.value ->> 'eta'",
    beside = "",
  ) => `
    INSERT INTO ${tasks} (id, queue, priority, func_path, args, kwargs, eta, interval, max_retries, timeout, unique_key, created_at, updated_at ${columns})
    SELECT j.value ->> 'id', j.value ->> 'queue', j.value ->> 'priority', j.value ->> 'funcPath', j.value -> 'args', j.value -> 'kwargs',
      ${eta}, j.value ->> 'interval', j.value ->> 'maxRetries', j.value ->> 'timeout', j.value ->> 'uniqueKey', :now, :now ${values}
    FROM json_each(:tasks) j ${beside} WHERE ${condition} ON CONFLICT DO NOTHING RETURNING id`;
  const insertTasks = (condition: string) => insertInto("", "", condition);
  /** Apart, so that what few tasks have costs others no time. */
  const insertWithExtras = (condition: string) =>
    insertInto(
      `, expires_at, unique_while, parent_id, result_ttl, on_success, schedule, scheduled_for, trace, waits_for, awaits, held, cancel_reason`,
      `, j.value ->> 'expiresAt', j.value ->> 'uniqueWhile', j.value ->> 'parentId', j.value ->> 'resultTtl', j.value ->> 'onSuccess', j.value ->> 'schedule',
      j.value ->> 'scheduledFor', j.value ->> 'trace', ${WAITS_FOR}, w.value ->> 0, iif(w.value ->> 0 > 0 AND NOT w.value ->> 1, 2, 0), iif(w.value ->> 1, 'dependency', NULL)`,
      `${condition} AND iif(j.value ->> '$.unique.within' IS NULL, 1, NOT EXISTS (
        SELECT 1 FROM ${uniqueWindows} u WHERE u.key = j.value ->> 'uniqueKey' AND u.expires_at > :now))`,
      "iif(w.value ->> 1, :now, j.value ->> 'eta')",
      `CROSS JOIN ${parentsOf(tasks, dependencies)} w`,
    );

  /** All but the eta, which a delay moves. */
  const sameContent = `
    t.queue = j.value ->> 'queue' AND t.priority = j.value ->> 'priority' AND t.func_path = j.value ->> 'funcPath' AND t.args = j.value -> 'args' AND t.kwargs = j.value -> 'kwargs'
    AND t.interval IS j.value ->> 'interval' AND t.max_retries = j.value ->> 'maxRetries'
    AND t.timeout = j.value ->> 'timeout' AND (t.unique_key IS j.value ->> 'uniqueKey' OR t.unique_while IS 'pending')
    AND t.result_ttl IS j.value ->> 'resultTtl' AND t.on_success IS j.value ->> 'onSuccess' AND t.unique_while IS j.value ->> 'uniqueWhile'
    AND t.parent_id IS j.value ->> 'parentId' AND t.waits_for IS (${WAITS_FOR})`;

  const byId = `json_each(:tasks) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'`;
  const byUniqueKey = `t.unique_key = j.value ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND ${active("t")}`;

  /**
   * The task that an input has become or met: once all are inserted, the one with its id or else the one that holds its key, now
   * or for its window.
   */
  const metId = `coalesce(
    (SELECT t.id FROM ${tasks} t WHERE t.id = j.value ->> 'id'), (SELECT t.id FROM ${tasks} t WHERE ${byUniqueKey}),
    (SELECT w.task_id FROM ${uniqueWindows} w WHERE w.key = j.value ->> 'uniqueKey'))`;

  /** SQLite calls `id_conflict` malformed JSON. */
  const assertSameContent = (condition: string) => `
    SELECT iif(${condition} AND EXISTS (SELECT 1 FROM ${byId} WHERE NOT (${sameContent})), json('id_conflict'), 1) AS ok`;

  return {
    /** 2 W a task, 3 with a unique key. */
    enqueue: prepare<{ tasks: string; now: number }, { id: string }>(insertTasks("true")),

    /** The same with what only some tasks have: one more for a parent's child. */
    enqueueWithExtras: prepare<{ tasks: string; now: number }, { id: string }>(insertWithExtras("true")),

    /** The same, unless the key was used since it would have expired. */
    enqueueOnce: prepare<Once & { tasks: string; now: number }, { id: string }>(insertTasks(isFirst)),
    enqueueWithExtrasOnce: prepare<Once & { tasks: string; now: number }, { id: string }>(
      insertWithExtras(isFirst),
    ),

    /** Fails, and its batch with it, where an id exists with another content. */
    assertSameContent: prepare<{ tasks: string }, { ok: number }>(assertSameContent("true")),

    /** The same, unless the key was used: a repeated request is answered as the first was, whatever became of its ids. */
    assertSameContentOnce: prepare<Once & { tasks: string }, { ok: number }>(assertSameContent(isFirst)),

    /** The ids for which the assertion above fails. */
    findConflicts: prepare<{ tasks: string }, { id: string }>(
      `SELECT DISTINCT t.id FROM ${byId} WHERE NOT (${sameContent})`,
    ),

    /** The existing tasks that they met, by id or by unique key, which one that has ended holds no more. Index seeks. */
    findDuplicates: prepare<
      { tasks: string },
      { id: string; unique_key: string | null; created_at: number }
    >(`
      SELECT t.id, iif(${active("t")}, t.unique_key, NULL) AS unique_key, t.created_at FROM ${byId}
      UNION
      SELECT t.id, t.unique_key, t.created_at FROM json_each(:tasks) j CROSS JOIN ${tasks} t ON ${byUniqueKey}`),

    /** `ids` is a list of `{ id, uniqueKey }`. 1 W; returns a row only to the first. */
    recordIdempotencyKey: prepare<
      Once & { ids: string; now: number; fingerprint: string },
      { first: number }
    >(`
      INSERT INTO ${idempotencyKeys} (api_key, key, fingerprint, task_ids, created_at)
      SELECT :apiKey, :key, :fingerprint, (SELECT json_group_array(${metId}) FROM json_each(:ids) j), :now
      WHERE true
      ON CONFLICT (api_key, key) DO UPDATE SET fingerprint = excluded.fingerprint, task_ids = excluded.task_ids, created_at = excluded.created_at
      WHERE created_at <= :expiredBefore RETURNING 1 AS first`),

    /** Further ids, after so many that are recorded: only the first request is short of them. 1 W. */
    extendIdempotencyKey: prepare<{
      ids: string;
      recorded: number;
      apiKey: string;
      key: string;
      fingerprint: string;
    }>(`
      UPDATE ${idempotencyKeys} SET task_ids = (
        SELECT json_group_array(id) FROM (
          SELECT value AS id FROM json_each(task_ids) UNION ALL SELECT ${metId} FROM json_each(:ids) j))
      WHERE api_key = :apiKey AND key = :key AND fingerprint = :fingerprint AND json_array_length(task_ids) = :recorded`),

    /** 1 read. */
    readIdempotencyKey: prepare<
      { apiKey: string; key: string },
      { fingerprint: string; task_ids: string; created_at: number }
    >(
      `SELECT fingerprint, task_ids, created_at FROM ${idempotencyKeys} WHERE api_key = :apiKey AND key = :key`,
    ),
  };
}
