import { ACTIVE, type Names } from "./names.ts";

/** Producers: tasks come in. */
export function enqueueSql({ tasks, idempotencyKeys }: Names) {
  const insertTasks = (condition: string) => `
    INSERT INTO ${tasks} (id, queue, priority, func_path, args, kwargs, eta, interval, max_retries, timeout, unique_key, created_at, updated_at)
    SELECT value ->> 'id', value ->> 'queue', value ->> 'priority', value ->> 'funcPath', value -> 'args', value -> 'kwargs',
      value ->> 'eta', value ->> 'interval', value ->> 'maxRetries', value ->> 'timeout', value ->> 'uniqueKey', ?2, ?2
    FROM json_each(?1) WHERE ${condition} ON CONFLICT DO NOTHING RETURNING id`;

  const sameContent = `
    t.func_path = j.value ->> 'funcPath' AND t.args = j.value -> 'args' AND t.kwargs = j.value -> 'kwargs'
    AND t.interval IS j.value ->> 'interval' AND t.max_retries = j.value ->> 'maxRetries'
    AND t.timeout = j.value ->> 'timeout' AND t.unique_key IS j.value ->> 'uniqueKey'`;

  /** The task that an input has become or met. */
  const metId = `
    coalesce((SELECT t.id FROM ${tasks} t
      WHERE t.unique_key = j.value ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND t.${ACTIVE}), j.value ->> 'id')`;

  return {
    /** ?1 tasks, ?2 now. 2 W a task, 3 with a unique key. */
    enqueue: insertTasks("true"),

    /** The same, unless ?4 of API key ?3 was used since ?5. */
    enqueueOnce: insertTasks(
      `NOT EXISTS (SELECT 1 FROM ${idempotencyKeys} WHERE api_key = ?3 AND key = ?4 AND created_at > ?5)`,
    ),

    /** ?1 tasks. Fails with "malformed JSON", and its batch with it, where an id exists with another content. */
    assertSameContent: `
      SELECT iif(EXISTS (SELECT 1 FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id' WHERE NOT (${sameContent})),
        json('id_conflict'), 1) AS ok`,

    /** ?1 tasks: the ids for which the assertion above fails. */
    findConflicts: `
      SELECT DISTINCT t.id FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id' WHERE NOT (${sameContent})`,

    /** ?1 tasks: the existing tasks that they met, by id or by unique key. Index seeks. */
    findDuplicates: `
      SELECT t.id, t.unique_key, t.created_at FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
      UNION
      SELECT t.id, t.unique_key, t.created_at FROM json_each(?1) j CROSS JOIN ${tasks} t
        ON t.unique_key = j.value ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND t.${ACTIVE}`,

    /** ?1 [{id, uniqueKey}], ?2 now, ?3 API key, ?4 key, ?5 expiry, ?6 fingerprint. 1 W; returns a row only to the first. */
    recordIdempotencyKey: `
      INSERT INTO ${idempotencyKeys} (api_key, key, fingerprint, task_ids, created_at)
      SELECT ?3, ?4, ?6, (SELECT json_group_array(${metId}) FROM json_each(?1) j), ?2
      WHERE true
      ON CONFLICT (api_key, key) DO UPDATE SET fingerprint = excluded.fingerprint, task_ids = excluded.task_ids, created_at = excluded.created_at
      WHERE created_at <= ?5 RETURNING 1 AS first`,

    /** ?1 further [{id, uniqueKey}], ?2 API key, ?3 key, ?4 fingerprint, ?5 how many came before: only the first is short of them. 1 W. */
    extendIdempotencyKey: `
      UPDATE ${idempotencyKeys} SET task_ids = (
        SELECT json_group_array(id) FROM (
          SELECT value AS id FROM json_each(task_ids) UNION ALL SELECT ${metId} FROM json_each(?1) j))
      WHERE api_key = ?2 AND key = ?3 AND fingerprint = ?4 AND json_array_length(task_ids) = ?5`,

    /** ?1 API key, ?2 key. 1 read. */
    readIdempotencyKey: `SELECT fingerprint, task_ids, created_at FROM ${idempotencyKeys} WHERE api_key = ?1 AND key = ?2`,
  };
}
