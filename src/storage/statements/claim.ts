import { DUE, type Names, QUARANTINED } from "./names.ts";

const CLAIMED_COLUMNS =
  "id, queue, priority, func_path, args, kwargs, eta, interval, held, attempts, failures, max_retries, timeout, lease_expires_at, claimed_by";

/** Workers: tasks are claimed. */
export function claimSql({ tasks, queues, dueIndex, leaseIndex, heldIndex, queueNames }: Names) {
  /** How many tasks of a queue may start now, at most ?2: its pause and its concurrency over all workers decide. */
  const room = (queue: string) => `
    coalesce((SELECT CASE WHEN paused THEN 0 WHEN concurrency IS NULL THEN ?2
      ELSE min(?2, max(0, concurrency - (SELECT count(*) FROM ${tasks} ${leaseIndex} WHERE queue = name AND status = 'RUNNING'))) END
      FROM ${queues} WHERE name = ${queue}), ?2)`;

  /**
   * A lane is a queue and priority in use: the room that its queue has left, and its first ?2 due tasks as
   * [first eta, [ids]], without those that take longer than ?5.
   */
  const dueOf = (queue: string, priority: string) => `
    iif((SELECT paused FROM ${queues} WHERE name = ${queue}), '[null,[]]',
      (SELECT json_array(min(eta), json_group_array(id) FILTER (WHERE timeout <= ?5))
       FROM (SELECT eta, id, timeout FROM ${tasks} ${dueIndex}
             WHERE queue = ${queue} AND priority = ${priority} AND eta <= ?1 AND ${DUE} ORDER BY eta, id LIMIT ?2)))`;
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
      WHERE ${after} ${DUE} ORDER BY queue, priority LIMIT 1))) p`;
  const nextPriority = (queue: string, after: string) => `
    json_each(json_array((SELECT priority FROM ${tasks} ${dueIndex}
      WHERE queue = ${queue} ${after} AND ${DUE} ORDER BY priority LIMIT 1))) p`;

  const lanesOfAny = `
    lane (ord, queue, priority, room, due) AS (
      SELECT 0, p.value ->> 0, p.value ->> 1, ${room("p.value ->> 0")}, ${dueOf("p.value ->> 0", "p.value ->> 1")}
      FROM ${nextLane("")} WHERE p.value IS NOT NULL AND ?3 IS NULL
      UNION ALL
      SELECT 0, p.value ->> 0, p.value ->> 1, iif(p.value ->> 0 = lane.queue, ${roomLeft}, ${room("p.value ->> 0")}),
        ${dueOf("p.value ->> 0", "p.value ->> 1")}
      FROM lane CROSS JOIN ${nextLane(`${beyond("lane.queue", `iif(${roomLeft} > 0, lane.priority, 9)`)} AND`)}
      WHERE p.value IS NOT NULL)`;

  const lanesOfListed = `
    open (ord, queue, room) AS MATERIALIZED (SELECT l.key, l.value, ${room("l.value")} FROM json_each(?3) l),
    lane (ord, queue, priority, room, due) AS (
      SELECT open.ord, open.queue, p.value, open.room, ${dueOf("open.queue", "p.value")}
      FROM open CROSS JOIN ${nextPriority("open.queue", "")} WHERE open.room > 0 AND p.value IS NOT NULL
      UNION ALL
      SELECT lane.ord, lane.queue, p.value, ${roomLeft}, ${dueOf("lane.queue", "p.value")}
      FROM lane CROSS JOIN ${nextPriority("lane.queue", "AND priority > lane.priority")}
      WHERE ${roomLeft} > 0 AND p.value IS NOT NULL)`;

  const claim = (lanes: string) => `
    WITH RECURSIVE ${lanes}
    UPDATE ${tasks} SET status = 'RUNNING', attempts = attempts + 1, lease_expires_at = ?6, claimed_by = ?4,
      last_attempt_at = ?1, updated_at = ?1
    WHERE id IN (
      SELECT d.value FROM (
        SELECT room, due FROM lane ORDER BY priority, ord, due ->> 0, due ->> '$[1][0]' LIMIT 1000) l
      CROSS JOIN json_each(l.due, '$[1]') d WHERE d.key < l.room LIMIT ?2)
    RETURNING ${CLAIMED_COLUMNS}`;

  return {
    /**
     * ?1 now, ?2 limit, ?3 null, ?4 claim token, ?5 longest timeout, ?6 lease end.
     * 2 W a task, 7 reads a task and 7 a claim, whatever the backlog; each further lane adds up to ?2 reads. Idle: 8 reads.
     */
    claimAny: claim(lanesOfAny),
    /** The same for the queues ?3 alone, in their order among tasks of equal priority. */
    claimListed: claim(lanesOfListed),

    /** ?1 queues or null for all: the eta of the task that is due next. 2 reads a lane. */
    findNextEta: `
      WITH RECURSIVE lane (first) AS (
        SELECT (SELECT json_array(queue, priority, eta) FROM ${tasks} ${dueIndex} WHERE ${DUE} ORDER BY queue, priority, eta LIMIT 1)
        UNION ALL
        SELECT (SELECT json_array(queue, priority, eta) FROM ${tasks} ${dueIndex}
          WHERE ${beyond("lane.first ->> 0", "lane.first ->> 1")} AND ${DUE} ORDER BY queue, priority, eta LIMIT 1)
        FROM lane WHERE lane.first IS NOT NULL)
      SELECT min(first ->> 2) AS eta FROM lane WHERE ?1 IS NULL OR first ->> 0 IN (SELECT value FROM json_each(?1))`,
    /** ?1 now, ?2 queues or null for all, ?3 longest timeout: whether a task of the quarantine is due. A seek a queue. */
    findQuarantined: `
      WITH RECURSIVE ${queueNames(heldIndex, QUARANTINED)}
      SELECT 1 AS found FROM names
      WHERE queue IS NOT NULL AND (?2 IS NULL OR queue IN (SELECT value FROM json_each(?2)))
        AND NOT coalesce((SELECT paused FROM ${queues} WHERE name = names.queue), 0)
        AND EXISTS (SELECT 1 FROM ${tasks} ${heldIndex}
          WHERE queue = names.queue AND ${QUARANTINED} AND eta <= ?1 AND timeout <= ?3) LIMIT 1`,

    /** Parameters as above with ?3 null for all queues, ?2 always 1: the one task of the quarantine that is due first. */
    claimQuarantined: `
      WITH RECURSIVE ${queueNames(heldIndex, QUARANTINED)},
      open (queue, room) AS MATERIALIZED (
        SELECT names.queue, ${room("names.queue")} FROM names
        WHERE names.queue IS NOT NULL AND (?3 IS NULL OR names.queue IN (SELECT value FROM json_each(?3))))
      UPDATE ${tasks} SET status = 'RUNNING', attempts = attempts + 1, lease_expires_at = ?6, claimed_by = ?4,
        last_attempt_at = ?1, updated_at = ?1
      WHERE id = (
        SELECT t.id FROM open CROSS JOIN ${tasks} t ${heldIndex} ON t.queue = open.queue
        WHERE open.room > 0 AND t.held > 0 AND t.held = 1 AND t.status IN ('PENDING', 'RETRYING') AND t.eta <= ?1 AND t.timeout <= ?5
        ORDER BY t.eta, t.id LIMIT 1)
      RETURNING ${CLAIMED_COLUMNS}`,

    /** ?1 claim token, ?2 lease end: what a claim took whose reply was lost. Seeks the lease in each queue. */
    findClaimed: `
      WITH RECURSIVE ${queueNames(leaseIndex, "status = 'RUNNING'")}
      SELECT ${CLAIMED_COLUMNS.replaceAll(/(\w+)/g, "t.$1")} FROM names CROSS JOIN ${tasks} t ${leaseIndex}
        ON t.queue = names.queue AND t.status = 'RUNNING' AND t.lease_expires_at = ?2
      WHERE t.claimed_by = ?1`,
  };
}
