import { active, type Names } from "./names.ts";
import { isFirst as isFirstOf, type Once } from "./once.ts";
import { prepare } from "./statement.ts";

/** Windows that one statement forgets. */
export const WINDOWS_PAGE = 10_000;

/** `tasks` is a list of what `newTaskJson` makes, of `enqueueWithExtras`. */
type Given = { tasks: string; now: number };
/** A list of what `replacementJson` makes. */
type Replace = { replacements: string; now: number };
/** It was replaced by inputs of its own definition alone. */
type Replaced = { id: string; func_path: string };

/** What the cancel of a task `t` sets that must not start any more, as the claim that meets it does. */
export const CANCEL_OVER = `status = 'CANCELLED', cancel_reason = coalesce(t.cancel_reason, 'expired'), held = 0, updated_at = :now`;
/** Of those that hold their keys. */
export const IS_OVER = "t.status <> 'RUNNING' AND (t.cancel_reason IS NOT NULL OR t.expires_at <= :now)";

/** What a unique key does beyond the index that keeps it unique: it is held by time, it replaces, it rejects. */
export function uniqueSql({ tasks, uniqueWindows, idempotencyKeys }: Names) {
  const isFirst = isFirstOf(idempotencyKeys);
  const hasWindow = "j.value ->> '$.unique.within' IS NOT NULL";
  const sameKey = `t.unique_key = j.value ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND ${active("t")}`;

  const cancelOver = (condition: string) => `
    UPDATE ${tasks} AS t SET ${CANCEL_OVER} FROM json_each(:tasks) j WHERE ${condition} AND ${sameKey} AND ${IS_OVER}`;

  /** Of another batch's, or of one before it in this. */
  const replaced = `${sameKey} AND t.func_path = j.value ->> 'funcPath' AND t.id <> j.value ->> 'id'`;
  /** Where all inputs have met tasks by their ids, none has met it. */
  const replace = (condition: string) => `
    UPDATE ${tasks} AS t SET args = j.value -> 'args', kwargs = j.value -> 'kwargs', updated_at = :now,
      eta = iif(j.value ->> 'debounce' IS NULL, min(t.eta, j.value ->> 'eta'), min(j.value ->> 'eta', t.created_at + (j.value ->> 'debounce')))
    FROM json_each(:replacements) j WHERE ${condition} AND ${replaced} AND t.status <> 'RUNNING'
      AND EXISTS (SELECT 1 FROM json_each(j.value, '$.ids') i WHERE NOT EXISTS (SELECT 1 FROM ${tasks} own WHERE own.id = i.value))
    RETURNING id, func_path`;

  /** Neither inserted nor there before. SQLite calls `unique_conflict` malformed JSON. */
  const isRejected = `j.value ->> '$.unique.onConflict' = 'reject'
    AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = j.value ->> 'id')`;
  const assertUnique = (condition: string) => `
    SELECT iif(${condition} AND EXISTS (SELECT 1 FROM json_each(:tasks) j WHERE ${isRejected}), json('unique_conflict'), 1) AS ok`;

  return {
    /**
     * Before the insert: what holds a key and must not start any more is cancelled, as the claim that meets it would; what
     * meets it would be cancelled with it. A seek a key; 1 W each.
     */
    cancelOver: prepare<Given>(cancelOver("true")),
    /** The same, unless the caller's key was used. */
    cancelOverOnce: prepare<Once & Given>(cancelOver(isFirst)),

    /** After the insert: a window for each that was inserted by it. 1 W each. */
    openWindows: prepare<Given>(`
      INSERT INTO ${uniqueWindows} (key, task_id, expires_at)
      SELECT t.unique_key, t.id, :now + (j.value ->> '$.unique.within')
      FROM json_each(:tasks) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
      WHERE ${hasWindow} AND t.created_at = :now AND t.unique_key = j.value ->> 'uniqueKey'
      ON CONFLICT (key) DO UPDATE SET task_id = excluded.task_id, expires_at = excluded.expires_at WHERE expires_at <= :now`),

    /** The windows that they met, or opened. A seek each. */
    findWindows: prepare<Given, { key: string; task_id: string }>(`
      SELECT DISTINCT w.key, w.task_id FROM json_each(:tasks) j CROSS JOIN ${uniqueWindows} w ON w.key = j.value ->> 'uniqueKey'
      WHERE ${hasWindow} AND w.expires_at > :now`),

    /** Returns those that got another payload. 2 W each. */
    replace: prepare<Replace, Replaced>(replace("true")),
    /** The same, unless the caller's key was used. */
    replaceOnce: prepare<Once & Replace, Replaced>(replace(isFirst)),
    /** Those that an earlier send may have replaced: they have this payload, and may run by now. */
    findReplaced: prepare<Replace, Replaced>(`
      SELECT t.id, t.func_path FROM json_each(:replacements) j CROSS JOIN ${tasks} t ON ${replaced}
      WHERE t.args = j.value -> 'args' AND t.kwargs = j.value -> 'kwargs' AND t.updated_at >= :now`),

    /** Fails, and its batch with it, where one that rejects a conflict was not inserted. */
    assertUnique: prepare<{ tasks: string }, { ok: number }>(assertUnique("true")),
    /** The same, unless the caller's key was used. */
    assertUniqueOnce: prepare<Once & { tasks: string }, { ok: number }>(assertUnique(isFirst)),
    /** The inputs for which the assertion above would fail, and what holds their keys. */
    findUniqueConflicts: prepare<Given, { id: string; holder: string }>(`
      SELECT j.value ->> 'id' AS id, t.id AS holder FROM json_each(:tasks) j CROSS JOIN ${tasks} t ON ${sameKey} WHERE ${isRejected}
      UNION ALL
      SELECT j.value ->> 'id', w.task_id FROM json_each(:tasks) j CROSS JOIN ${uniqueWindows} w ON w.key = j.value ->> 'uniqueKey'
      WHERE ${hasWindow} AND w.expires_at > :now AND ${isRejected}`),

    /** 1 W each, at most a page, which are returned; reads the whole table. */
    purgeWindows: prepare<{ now: number }, { key: string }>(`
      DELETE FROM ${uniqueWindows} WHERE key IN (
        SELECT key FROM ${uniqueWindows} WHERE expires_at <= :now LIMIT ${WINDOWS_PAGE}) RETURNING key`),
  };
}
