import { active, hasStatus, type Names } from "./names.ts";
import { prepare } from "./statement.ts";

/**
 * What an input that is inserted waits for, as a row of json_each: [how many, 1 where one ended badly and it does not start anyway].
 * Edges are there before it, so that it is written once, as it is to be. `j` is the input.
 */
export function parentsOf(tasks: string, dependencies: string): string {
  return `json_each(json_array(json_array(
    (SELECT count(*) FROM json_each(j.value, '$.after') a CROSS JOIN ${dependencies} d
      ON d.parent_id = a.value AND d.task_id = j.value ->> 'id' AND d.created_at = :now),
    j.value ->> 'startsAnyway' = 0 AND EXISTS (SELECT 1 FROM json_each(j.value, '$.after') a CROSS JOIN ${tasks} p ON p.id = a.value
      WHERE ${hasStatus(["FAILED", "CANCELLED"], "p")}))))`;
}

/** What an input says of those it waits for, as `waits_for` keeps it; null where it waits for none. `j` is the input. */
export const WAITS_FOR = "(j.value ->> 'startsAnyway') || (j.value -> 'after')";

/** Producers: tasks that wait for others. `waiting` is a list of `{ id, after, startsAnyway }`. */
export function dependenciesSql({ tasks, idempotencyKeys, dependencies }: Names) {
  const edges = `json_each(:waiting) j CROSS JOIN json_each(j.value, '$.after') a`;

  /**
   * A parent that has ended is waited for no more. An edge that is there is of a task with the same id, deleted while it was held. One that is not there may be inserted in the same batch: whether it was is
   * asserted after that.
   */
  const insertEdges = (condition: string) => `
    INSERT INTO ${dependencies} (parent_id, task_id, starts_anyway, created_at)
    SELECT a.value, j.value ->> 'id', j.value ->> 'startsAnyway', :now
    FROM ${edges} LEFT JOIN ${tasks} p ON p.id = a.value
    WHERE (p.id IS NULL OR ${active("p")}) AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = j.value ->> 'id') AND ${condition}
    ON CONFLICT DO UPDATE SET starts_anyway = excluded.starts_anyway, created_at = excluded.created_at`;

  return {
    /** Before the tasks are inserted: one that is there already has its edges, or had them. 1 W an edge, 2 reads. */
    insertEdges: prepare<{ waiting: string; now: number }>(insertEdges("true")),
    /** The same, unless the key was used since it would have expired. */
    insertEdgesOnce: prepare<{
      waiting: string;
      now: number;
      apiKey: string;
      key: string;
      expiredBefore: number;
    }>(
      insertEdges(
        `NOT EXISTS (SELECT 1 FROM ${idempotencyKeys} WHERE api_key = :apiKey AND key = :key AND created_at > :expiredBefore)`,
      ),
    ),

    /** Those of tasks that were not inserted after all, since they met another by its unique key. 1 W an edge. */
    deleteLooseEdges: prepare<{ waiting: string }>(`
      DELETE FROM ${dependencies} WHERE (parent_id, task_id) IN (
        SELECT a.value, j.value ->> 'id' FROM ${edges}
        WHERE NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = j.value ->> 'id'))`),

    /** Fails, and its batch with it, where a task waits for one that is not there. SQLite calls it malformed JSON. 2 reads an edge. */
    assertParents: prepare<{ waiting: string }, { ok: number }>(`
      SELECT iif(EXISTS (
        SELECT 1 FROM ${edges} CROSS JOIN ${dependencies} d ON d.parent_id = a.value AND d.task_id = j.value ->> 'id'
        WHERE NOT EXISTS (SELECT 1 FROM ${tasks} p WHERE p.id = a.value)), json('parent_not_found'), 1) AS ok`),

    /** The parents for which the assertion above may have failed. */
    findMissingParents: prepare<{ waiting: string }, { id: string }>(`
      SELECT DISTINCT a.value AS id FROM ${edges} WHERE NOT EXISTS (SELECT 1 FROM ${tasks} p WHERE p.id = a.value)`),
  };
}
