import { LIMITS } from "../../core/options.ts";
import { type CancelledRow, CLAIMED_COLUMNS, type ClaimedRow } from "../rows.ts";
import { due, type Names, quarantined, running } from "./names.ts";
import { prepare } from "./statement.ts";

/** Of the lanes from which something may start, ordered by what is due first, a claim takes from so many. */
const MAX_LANES = 1_000;

/** Of each lane so many tasks that take too long are passed by. */
const MAX_PASSED_BY = 200;

type ClaimValues = {
  now: number;
  limit: number;
  /** Marks what this claim takes. */
  token: string;
  longestTimeout: number;
  leaseExpiresAt: number;
};

/** Workers: tasks are claimed. */
export function claimSql({ tasks, queues, dueIndex, leaseIndex, heldIndex, queueNames }: Names) {
  /**
   * How many tasks of a queue may start now, at most the limit: its pause and its concurrency over all workers decide. `counted`
   * tells those that take a place.
   */
  const room = (queue: string, limit = ":limit", counted = running()) => `
    coalesce((SELECT CASE WHEN paused THEN 0 WHEN concurrency IS NULL THEN ${limit}
      ELSE min(${limit}, max(0, concurrency - (SELECT count(*) FROM ${tasks} ${leaseIndex} WHERE queue = name AND ${counted}))) END
      FROM ${queues} WHERE name = ${queue}), ${limit})`;

  /**
   * A lane is a queue and priority in use: the room that its queue has left, and its first due tasks up to the limit as
   * [first eta, [ids]], without those that take too long. SQLite reads no further than to the last that is taken.
   */
  const dueOf = (queue: string, priority: string) => `
    iif((SELECT paused FROM ${queues} WHERE name = ${queue}), '[null,[]]',
      (SELECT json_array(min(eta), json_group_array(id))
       FROM (SELECT eta, id
             FROM (SELECT eta, id, timeout FROM ${tasks} ${dueIndex}
                   WHERE queue = ${queue} AND priority = ${priority} AND eta <= :now AND ${due()}
                   ORDER BY eta, id LIMIT :limit + ${MAX_PASSED_BY})
             WHERE timeout <= :longestTimeout LIMIT :limit)))`;
  const roomLeft = "lane.room - json_array_length(lane.due, '$[1]')";

  /**
   * Behind a lane. SQLite seeks `(a, b) > (?, ?)` from the first row that is equal, and reads all that are: with an eta that no
   * task has it passes them by.
   */
  const beyond = (queue: string, priority: string) =>
    `(queue, priority, eta) > (${queue}, ${priority}, ${Number.MAX_SAFE_INTEGER})`;

  /** The next queue and priority in use as a row of json_each, whose value is null at the end: one seek. */
  const nextLane = (after: string) => `
    json_each(json_array((SELECT json_array(queue, priority) FROM ${tasks} ${dueIndex}
      WHERE ${after} ${due()} ORDER BY queue, priority LIMIT 1))) p`;
  const nextPriority = (queue: string, after: string) => `
    json_each(json_array((SELECT priority FROM ${tasks} ${dueIndex}
      WHERE queue = ${queue} ${after} AND ${due()} ORDER BY priority LIMIT 1))) p`;

  const lanesOfAny = `
    lane (ord, queue, priority, room, due) AS (
      SELECT 0, p.value ->> 0, p.value ->> 1, ${room("p.value ->> 0")}, ${dueOf("p.value ->> 0", "p.value ->> 1")}
      FROM ${nextLane("")} WHERE p.value IS NOT NULL
      UNION ALL
      SELECT 0, p.value ->> 0, p.value ->> 1, iif(p.value ->> 0 = lane.queue, ${roomLeft}, ${room("p.value ->> 0")}),
        ${dueOf("p.value ->> 0", "p.value ->> 1")}
      FROM lane CROSS JOIN ${nextLane(`${beyond("lane.queue", `iif(${roomLeft} > 0, lane.priority, ${LIMITS.priority.max})`)} AND`)}
      WHERE p.value IS NOT NULL)`;

  const lanesOfListed = `
    open (ord, queue, room) AS MATERIALIZED (SELECT l.key, l.value, ${room("l.value")} FROM json_each(:queues) l),
    lane (ord, queue, priority, room, due) AS (
      SELECT open.ord, open.queue, p.value, open.room, ${dueOf("open.queue", "p.value")}
      FROM open CROSS JOIN ${nextPriority("open.queue", "")} WHERE open.room > 0 AND p.value IS NOT NULL
      UNION ALL
      SELECT lane.ord, lane.queue, p.value, ${roomLeft}, ${dueOf("lane.queue", "p.value")}
      FROM lane CROSS JOIN ${nextPriority("lane.queue", "AND priority > lane.priority")}
      WHERE ${roomLeft} > 0 AND p.value IS NOT NULL)`;

  /** What must not start any more is met when it is due, as all others: this is known at no further read. */
  const over = "cancel_reason IS NOT NULL OR expires_at <= :now";

  const claim = (found: string) => `
    UPDATE ${tasks} SET
      status = iif(${over}, 'CANCELLED', 'RUNNING'),
      cancel_reason = iif(${over}, coalesce(cancel_reason, 'expired'), NULL),
      attempts = iif(${over}, attempts, attempts + 1),
      lease_expires_at = iif(${over}, NULL, :leaseExpiresAt),
      claimed_by = iif(${over}, NULL, :token),
      last_attempt_at = iif(${over}, last_attempt_at, :now),
      held = iif(${over}, 0, held),
      unique_key = iif(${over}, unique_key, iif(unique_while = 'pending', NULL, unique_key)),
      progress = NULL, updated_at = :now
    WHERE id ${found} RETURNING ${CLAIMED_COLUMNS.join(", ")}`;

  const claimFrom = (lanes: string) => `
    WITH RECURSIVE ${lanes} ${claim(`IN (
      SELECT d.value FROM (
        SELECT room, due FROM lane WHERE room > 0 AND json_array_length(due, '$[1]') > 0
        ORDER BY priority, ord, due ->> 0, due ->> '$[1][0]' LIMIT ${MAX_LANES}) l
      CROSS JOIN json_each(l.due, '$[1]') d WHERE d.key < l.room LIMIT :limit)`)}`;

  return {
    /** 2 W a task, 7 reads a task and 7 a claim, whatever the backlog; each further lane adds up to `limit` reads. Idle: 8 reads. */
    claimAny: prepare<ClaimValues, ClaimedRow | CancelledRow>(claimFrom(lanesOfAny)),
    /** The same for these queues alone, in their order among tasks of equal priority. */
    claimListed: prepare<ClaimValues & { queues: string }, ClaimedRow | CancelledRow>(
      claimFrom(lanesOfListed),
    ),

    /** The eta of the task that is due next, in these queues or all. 2 reads a lane. */
    findNextEta: prepare<{ queues: string | null }, { eta: number | null }>(`
      WITH RECURSIVE lane (first) AS (
        SELECT (SELECT json_array(queue, priority, eta) FROM ${tasks} ${dueIndex} WHERE ${due()} ORDER BY queue, priority, eta LIMIT 1)
        UNION ALL
        SELECT (SELECT json_array(queue, priority, eta) FROM ${tasks} ${dueIndex}
          WHERE ${beyond("lane.first ->> 0", "lane.first ->> 1")} AND ${due()} ORDER BY queue, priority, eta LIMIT 1)
        FROM lane WHERE lane.first IS NOT NULL)
      SELECT min(first ->> 2) AS eta FROM lane WHERE :queues IS NULL OR first ->> 0 IN (SELECT value FROM json_each(:queues))`),

    /**
     * Whether a task of the quarantine is due, in these queues or all, and may start once those in `held` have ended. A seek a
     * queue; where it has one that is due and a concurrency, 2 reads for each task that runs.
     */
    findQuarantined: prepare<
      { now: number; queues: string | null; longestTimeout: number; held: string },
      { found: number }
    >(`
      WITH RECURSIVE ${queueNames(heldIndex, quarantined())}
      SELECT 1 AS found FROM names
      WHERE queue IS NOT NULL AND (:queues IS NULL OR queue IN (SELECT value FROM json_each(:queues)))
        AND iif(
          EXISTS (SELECT 1 FROM ${tasks} ${heldIndex}
            WHERE queue = names.queue AND ${quarantined()} AND eta <= :now AND timeout <= :longestTimeout),
          ${room("names.queue", "1", `${running()} AND id NOT IN (SELECT value FROM json_each(:held))`)}, 0)
      LIMIT 1`),

    /** The one task of the quarantine that is due first, in these queues or all; the limit is 1. */
    claimQuarantined: prepare<ClaimValues & { limit: 1; queues: string | null }, ClaimedRow | CancelledRow>(`
      WITH RECURSIVE ${queueNames(heldIndex, quarantined())},
      open (queue, room) AS MATERIALIZED (
        SELECT names.queue, ${room("names.queue")} FROM names
        WHERE names.queue IS NOT NULL AND (:queues IS NULL OR names.queue IN (SELECT value FROM json_each(:queues))))
      ${claim(`= (
        SELECT t.id FROM open CROSS JOIN ${tasks} t ${heldIndex} ON t.queue = open.queue
        WHERE open.room > 0 AND ${quarantined("t")} AND t.eta <= :now AND t.timeout <= :longestTimeout
        ORDER BY t.eta, t.id LIMIT 1)`)}`),

    /** What a claim took whose reply was lost. Seeks the lease in each queue. */
    findClaimed: prepare<{ token: string; leaseExpiresAt: number }, ClaimedRow>(`
      WITH RECURSIVE ${queueNames(leaseIndex, running())}
      SELECT ${CLAIMED_COLUMNS.map((name) => `t.${name}`).join(", ")} FROM names CROSS JOIN ${tasks} t ${leaseIndex}
        ON t.queue = names.queue AND ${running("t")} AND t.lease_expires_at = :leaseExpiresAt
      WHERE t.claimed_by = :token`),
  };
}
