import { DURATION_BOUNDS, HISTORY_PAGE } from "../../core/history.ts";
import { type Names, running } from "./names.ts";
import { prepare, type Statement } from "./statement.ts";

/** Minutes that one statement forgets. */
export const PURGED = 10_000;

type Counts = {
  queue: string;
  started: number;
  succeeded: number;
  failed: number;
  retried: number;
  duration: number;
  durations: string;
};

/** How attempts ended, by minute. */
export function historySql({ tasks, history }: Names) {
  const ended = "FILTER (WHERE j.value ->> 'kind'";
  /** What was given back before it ran has taken no time. */
  const began = "j.value ->> 'kind' <> 'release' OR j.value ->> 'duration' > 0";
  const took = "(iif(j.value ->> 'kind' IN ('snooze', 'release'), NULL, j.value ->> 'duration'))";
  const within = DURATION_BOUNDS.map((bound) => `count(*) FILTER (WHERE ${took} <= ${bound})`).join(", ");
  const columns = "queue, started, succeeded, failed, retried, duration, durations";

  const record = (furtherFence = "") => `
    INSERT INTO ${history} (minute, ${columns})
    SELECT m.value, e.* FROM (
      SELECT t.queue, count(*), count(*) ${ended} = 'done'), count(*) ${ended} = 'fail'), count(*) ${ended} IN ('retry', 'quarantine')),
        coalesce(sum${took}, 0), json_array(${within}, count${took})
      FROM json_each(:settlements) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'id'
      WHERE (${began}) AND ${running("t")} AND t.attempts = j.value ->> 'attempts' ${furtherFence}
      GROUP BY t.queue) e
    CROSS JOIN json_each(json_array(0, :now - :now % 60000)) m
    WHERE true
    ON CONFLICT (queue, minute) DO UPDATE SET started = started + excluded.started, succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed,
      retried = retried + excluded.retried, duration = duration + excluded.duration,
      durations = (SELECT json_group_array(value + coalesce(${history}.durations ->> key, 0)) FROM json_each(excluded.durations))`;

  /** Loose scan: each queue that has a history, for one seek each. */
  const names = (from: string) => `
    WITH RECURSIVE names (queue) AS (
      SELECT (SELECT queue FROM ${history} WHERE ${from} ORDER BY queue LIMIT 1)
      UNION ALL
      SELECT (SELECT queue FROM ${history} WHERE queue > names.queue ORDER BY queue LIMIT 1)
      FROM names WHERE names.queue IS NOT NULL)`;
  const totals: Statement<Counts> = {
    sql: `${names("queue > ''")}
      SELECT h.* FROM names CROSS JOIN ${history} h ON h.queue = names.queue AND h.minute = 0`,
    parameters: [],
  };

  return {
    /**
     * Goes before the settling statements of its batch: what they have ended its fence does not find, so that a batch sent twice
     * counts nothing twice. 2 W for each queue: its minute, and its total as minute 0.
     */
    recordSettled: prepare<{ settlements: string; now: number }>(record()),
    /** The same for leases that expired by now. */
    recordRescued: prepare<{ settlements: string; now: number }>(record("AND t.lease_expires_at <= :now")),

    /** Two reads for each point, and a seek a queue. */
    readHistory: prepare<
      { from: number; to: number; queue: string | null; afterQueue: string; afterMinute: number },
      Counts & { minute: number }
    >(`${names("queue >= coalesce(:queue, :afterQueue)")}
      SELECT h.* FROM names CROSS JOIN ${history} h ON h.queue = names.queue
        AND h.minute >= max(:from, 1, iif(names.queue = :afterQueue, :afterMinute + 1, 1)) AND h.minute < :to
      WHERE (:queue IS NULL OR names.queue = :queue) AND names.queue >= :afterQueue
      ORDER BY h.queue, h.minute LIMIT ${HISTORY_PAGE}`),
    /** Some seeks a queue: the first 30 by name. */
    findHistoryNames: prepare<Record<never, never>, { name: string }>(
      `${names("queue > ''")} SELECT queue AS name FROM names WHERE queue IS NOT NULL LIMIT 30`,
    ),
    /** A read for each point, in no order. */
    readHistoryBetween: prepare<
      { queues: string; from: number; to: number; limit: number },
      Counts & { minute: number }
    >(`
      SELECT h.* FROM json_each(:queues) q CROSS JOIN ${history} h ON h.queue = q.value AND h.minute >= :from AND h.minute < :to
      LIMIT :limit`),
    /** 2 reads for each queue and minute. */
    readHistoryAt: prepare<{ queues: string; minutes: string }, Counts & { minute: number }>(`
      SELECT h.* FROM json_each(:queues) q CROSS JOIN json_each(:minutes) m
      CROSS JOIN ${history} h ON h.queue = q.value AND h.minute = m.value`),
    /** A seek a queue, and a read each. */
    readTotals: totals,
    /** 1 W each. */
    purgeHistory: prepare<{ before: number }>(`
      DELETE FROM ${history} WHERE (queue, minute) IN (${names("queue > ''")}
        SELECT h.queue, h.minute FROM names CROSS JOIN ${history} h
          ON h.queue = names.queue AND h.minute > 0 AND h.minute < :before
        LIMIT ${PURGED})`),
  };
}
