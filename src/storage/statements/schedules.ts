import { TASK_DEFAULTS } from "../../core/options.ts";
import type { ScheduleRow } from "../rows.ts";
import { active, type Names } from "./names.ts";
import { prepare } from "./statement.ts";
import { CANCEL_OVER, IS_OVER } from "./unique.ts";

/** A firing that is due, as it was read: each side of a join by it is one row at most. */
const isStillDue = (schedule: string, firing: string) => `
  ${schedule}.name = ${firing} ->> 'name' AND ${schedule}.next_at = ${firing} ->> 'dueAt'
  AND ${schedule}.updated_at = ${firing} ->> 'updatedAt' AND ${schedule}.enabled = 1`;

/** Schedules, and the tasks that they enqueue. Lists are of what `scheduleJson` and `firingJson` make. */
export function schedulesSql({ schedules, schedulesDueIndex, tasks }: Names) {
  const { queue, priority, maxRetries, timeout } = TASK_DEFAULTS;
  const columns = `name, func_path, args, kwargs, options, cron, interval, timezone, catch_up, catch_up_limit, jitter, owner, declared, next_at`;
  const values = `value ->> 'name', value ->> 'funcPath', value -> 'args', value -> 'kwargs', value -> 'options', value ->> 'cron', value ->> 'every',
    value ->> 'timezone', value ->> 'catchUp', value ->> 'catchUpLimit', value ->> 'jitter', value ->> 'app', value ->> 'declared', value ->> 'nextAt'`;
  const assign = (column: string) => `${column} = excluded.${column}`;
  const content = columns.split(", ").slice(1, -1).map(assign).join(", ");
  const wasRemoved = "(enabled = 0 AND disabled_reason = :removedReason)";
  const isAnotherFiring =
    "cron IS excluded.cron AND interval IS excluded.interval AND timezone = excluded.timezone";

  return {
    /** One row at least: `upcoming` alone where none is due. Reads 1 a due schedule, and 1. */
    findDueSchedules: prepare<{ now: number }, ScheduleRow & { upcoming: number | null }>(`
      SELECT first.upcoming, due.* FROM (
        SELECT (SELECT next_at FROM ${schedules} ${schedulesDueIndex} WHERE enabled = 1 AND next_at > :now ORDER BY next_at LIMIT 1) AS upcoming
      ) first LEFT JOIN (
        SELECT * FROM ${schedules} ${schedulesDueIndex} WHERE enabled = 1 AND next_at <= :now ORDER BY next_at LIMIT 100
      ) due ON true`),

    /**
     * Before the insert, of firings with a unique key, by the same condition: what holds the key and must not start any more is
     * cancelled. Reads 4 a firing, and 3 more where it cancels; 1 W each.
     */
    cancelOverFirings: prepare<{ firings: string; now: number }>(`
      UPDATE ${tasks} AS t SET ${CANCEL_OVER} WHERE id IN (
        SELECT t.id FROM json_each(:firings) f CROSS JOIN ${schedules} s ON ${isStillDue("s", "f.value")}
          CROSS JOIN ${tasks} t ON t.unique_key = s.options ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND ${active("t")}
        WHERE json_array_length(f.value, '$.tasks') > 0 AND ${IS_OVER})`),
    /** `OR IGNORE`: a row that somebody has edited by hand keeps no other from firing. 2 W a task, 3 with a unique key. */
    insertFirings: prepare<{ firings: string; now: number }, { id: string }>(`
      INSERT OR IGNORE INTO ${tasks} (id, queue, priority, func_path, args, kwargs, eta, max_retries, timeout, unique_key, created_at, updated_at,
        expires_at, unique_while, result_ttl, on_success, schedule, scheduled_for)
      SELECT t.value ->> 'id', coalesce(s.options ->> 'queue', '${queue}'), coalesce(s.options ->> 'priority', ${priority}), s.func_path, s.args, s.kwargs,
        t.value ->> 'eta', coalesce(s.options ->> 'maxRetries', ${maxRetries}), coalesce(s.options ->> 'timeout', ${timeout}), s.options ->> 'uniqueKey', :now, :now,
        t.value ->> 'eta' + s.options ->> 'expiresIn', s.options ->> 'uniqueWhile', s.options ->> 'resultTtl', nullif(s.options ->> 'onSuccess', 'keep'),
        s.name, t.value ->> 'scheduledFor'
      FROM json_each(:firings) f CROSS JOIN ${schedules} s ON ${isStillDue("s", "f.value")} CROSS JOIN json_each(f.value, '$.tasks') t
      RETURNING id`),
    /** In one batch after the insert, by the same condition. 2 W a firing. */
    advanceSchedules: prepare<{ firings: string }, { name: string }>(`
      UPDATE ${schedules} SET next_at = f.value ->> 'nextAt', last_at = coalesce(f.value ->> 'lastAt', last_at),
        last_task_id = coalesce((SELECT t.id FROM ${tasks} t WHERE t.id = f.value ->> 'lastTaskId'), last_task_id)
      FROM json_each(:firings) f WHERE ${isStillDue(schedules, "f.value")} RETURNING ${schedules}.name AS name`),
    /** After a resend: what the first send has inserted. Reads 1 a task. */
    findFired: prepare<{ firings: string }, { id: string; name: string }>(`
      SELECT t.id, f.value ->> 'name' AS name FROM json_each(:firings) f CROSS JOIN json_each(f.value, '$.tasks') j
        CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'`),

    /** Reads every schedule. */
    findKnownSchedules: prepare<
      { app: string; names: string },
      Pick<ScheduleRow, "name" | "owner" | "declared" | "enabled" | "disabled_reason">
    >(`
      SELECT name, owner, declared, enabled, disabled_reason FROM ${schedules}
      WHERE owner = :app OR name IN (SELECT value FROM json_each(:names))`),
    /** 2 W for each that is new or that the code has changed. A firing that comes next stays where the timing does. */
    declareSchedules: prepare<{ schedules: string; removedReason: string; now: number }>(`
      INSERT INTO ${schedules} (${columns}, created_at, updated_at) SELECT ${values}, :now, :now FROM json_each(:schedules) WHERE true
      ON CONFLICT (name) DO UPDATE SET ${content}, updated_at = max(:now, updated_at + 1),
        enabled = iif(${wasRemoved}, 1, enabled), disabled_reason = iif(${wasRemoved}, NULL, disabled_reason),
        next_at = CASE WHEN enabled = 0 AND NOT ${wasRemoved} THEN NULL WHEN enabled = 1 AND ${isAnotherFiring} THEN next_at ELSE excluded.next_at END
      WHERE (owner IS NULL OR owner = excluded.owner) AND (declared IS NOT excluded.declared OR ${wasRemoved})`),
    /** Reads every schedule; 1 W for each that is disabled. */
    removeSchedules: prepare<{ app: string; names: string; removedReason: string; now: number }>(`
      UPDATE ${schedules} SET enabled = 0, disabled_reason = :removedReason, next_at = NULL, updated_at = max(:now, updated_at + 1)
      WHERE owner = :app AND enabled = 1 AND name NOT IN (SELECT value FROM json_each(:names))`),

    /** 2 W. */
    insertSchedule: prepare<{ schedules: string; now: number }, { name: string }>(`
      INSERT INTO ${schedules} (${columns}, created_at, updated_at) SELECT ${values}, :now, :now FROM json_each(:schedules) WHERE true
      ON CONFLICT DO NOTHING RETURNING name`),
    /** 2 W. */
    updateSchedule: prepare<
      { schedule: string; readAt: number; readNextAt: number | null; updatedAt: number },
      { name: string }
    >(`
      UPDATE ${schedules} SET func_path = j.value ->> 'funcPath', args = j.value -> 'args', kwargs = j.value -> 'kwargs', options = j.value -> 'options',
        cron = j.value ->> 'cron', interval = j.value ->> 'every', timezone = j.value ->> 'timezone', catch_up = j.value ->> 'catchUp',
        catch_up_limit = j.value ->> 'catchUpLimit', jitter = j.value ->> 'jitter', enabled = j.value ->> 'enabled',
        disabled_reason = j.value ->> 'disabledReason', next_at = j.value ->> 'nextAt', updated_at = :updatedAt
      FROM json_each(:schedule) j
      WHERE name = j.value ->> 'name' AND ${schedules}.updated_at = :readAt AND ${schedules}.next_at IS :readNextAt
      RETURNING ${schedules}.name AS name`),
    /** 1 W. */
    deleteSchedule: prepare<{ name: string }, { name: string }>(
      `DELETE FROM ${schedules} WHERE name = :name RETURNING name`,
    ),

    /** 1 read. */
    getSchedule: prepare<{ name: string }, ScheduleRow>(`SELECT * FROM ${schedules} WHERE name = :name`),
    /** Reads as many as it returns. */
    listSchedules: prepare<{ after: string; limit: number }, ScheduleRow>(
      `SELECT * FROM ${schedules} WHERE name > :after ORDER BY name LIMIT :limit`,
    ),
  };
}
