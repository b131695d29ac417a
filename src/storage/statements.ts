/**
 * The SQL of the queue, by name. Costs are rows as D1's `meta` counts them; `W` of them are billed as written.
 *
 * Parameters that are lists are one JSON text, read by `json_each`: D1 binds at most 100 values, and a number bound from
 * JavaScript becomes REAL there, while one inside JSON stays INTEGER. Predicates of partial indexes are literals, without
 * which SQLite does not use them.
 */
export type Statements = ReturnType<typeof buildStatements>;

const cache = new Map<string, Statements>();

/** The statements for a table prefix, built once. */
export function statementsFor(prefix: string): Statements {
  const known = cache.get(prefix) ?? buildStatements(prefix);
  cache.set(prefix, known);
  return known;
}

const DUE = "held = 0 AND status IN ('PENDING', 'RETRYING')";
const QUARANTINED = "held > 0 AND held = 1 AND status IN ('PENDING', 'RETRYING')";
const ACTIVE = "status IN ('PENDING', 'RETRYING', 'RUNNING')";
const FINISHED = "status IN ('SUCCESS', 'FAILED', 'CANCELLED')";
const CLAIMED_COLUMNS =
  "id, queue, priority, func_path, args, kwargs, eta, interval, held, attempts, failures, max_retries, timeout, lease_expires_at, claimed_by";

function buildStatements(prefix: string) {
  const tasks = `${prefix}tasks`;
  const results = `${prefix}results`;
  const queues = `${prefix}queues`;
  const idempotencyKeys = `${prefix}idempotency_keys`;
  const maintenance = `${prefix}maintenance`;
  const dueIndex = `INDEXED BY ${prefix}tasks_due_idx`;
  const leaseIndex = `INDEXED BY ${prefix}tasks_lease_idx`;
  const heldIndex = `INDEXED BY ${prefix}tasks_held_idx`;
  const failedIndex = `INDEXED BY ${prefix}tasks_failed_idx`;

  /** Loose index scan: each queue that the index holds, for one seek each. */
  const queueNames = (index: string, predicate: string) => `
    names (queue) AS (
      SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate} ORDER BY queue LIMIT 1)
      UNION ALL
      SELECT (SELECT queue FROM ${tasks} ${index} WHERE ${predicate} AND queue > names.queue ORDER BY queue LIMIT 1)
      FROM names WHERE names.queue IS NOT NULL)`;

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
      FROM lane CROSS JOIN ${nextLane(`(queue, priority) > (lane.queue, iif(${roomLeft} > 0, lane.priority, 9)) AND`)}
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

  /** What json_each gives for one settlement: i id, n attempts, c claim token, k kind, at eta, e error, r result. */
  const settleTasks = (fence: string, claimedBy: string) => `
    UPDATE ${tasks} AS t SET
      status = CASE j.value ->> 'k'
        WHEN 'done' THEN iif(t.interval IS NULL, 'SUCCESS', 'PENDING')
        WHEN 'fail' THEN 'FAILED'
        WHEN 'retry' THEN 'RETRYING'
        WHEN 'quarantine' THEN 'RETRYING'
        ELSE iif(t.failures > 0, 'RETRYING', 'PENDING') END,
      eta = coalesce(j.value ->> 'at', iif(j.value ->> 'k' = 'done', ?2 + t.interval, NULL), t.eta),
      failures = CASE j.value ->> 'k'
        WHEN 'done' THEN iif(t.interval IS NULL, t.failures, 0)
        WHEN 'fail' THEN t.failures + 1
        WHEN 'retry' THEN t.failures + 1
        WHEN 'quarantine' THEN t.failures + (j.value ->> 'counted')
        ELSE t.failures END,
      held = CASE j.value ->> 'k' WHEN 'quarantine' THEN 1 WHEN 'release' THEN t.held ELSE 0 END,
      errors = CASE
        WHEN j.value ->> 'e' IS NULL THEN t.errors
        WHEN json_array_length(t.errors) >= 20 THEN json_remove(json_insert(t.errors, '$[#]', j.value -> 'e'), '$[0]')
        ELSE json_insert(t.errors, '$[#]', j.value -> 'e') END,
      lease_expires_at = NULL, claimed_by = ${claimedBy}, updated_at = ?2
    FROM json_each(?1) j
    WHERE t.id = j.value ->> 'i' AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' ${fence}
    RETURNING id`;

  const settleResults = (fence: string) => `
    INSERT INTO ${results} (task_id, status, result, error, finished_at, attempts, last_attempt_at)
    SELECT t.id, iif(j.value ->> 'k' = 'done', 'SUCCESS', 'FAILED'), j.value -> 'r', j.value -> 'e', ?2, t.attempts, t.last_attempt_at
    FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'i'
    WHERE j.value ->> 'k' IN ('done', 'fail') AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' ${fence}
    ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
      finished_at = excluded.finished_at, attempts = excluded.attempts, last_attempt_at = excluded.last_attempt_at`;

  const rescueFence = "AND t.lease_expires_at <= ?3";

  const insertTasks = (condition: string) => `
    INSERT INTO ${tasks} (id, queue, priority, func_path, args, kwargs, eta, interval, max_retries, timeout, unique_key, created_at, updated_at)
    SELECT value ->> 'id', value ->> 'queue', value ->> 'priority', value ->> 'funcPath', value -> 'args', value -> 'kwargs',
      value ->> 'eta', value ->> 'interval', value ->> 'maxRetries', value ->> 'timeout', value ->> 'uniqueKey', ?2, ?2
    FROM json_each(?1) WHERE ${condition} ON CONFLICT DO NOTHING RETURNING id`;

  const sameContent = `
    t.func_path = j.value ->> 'funcPath' AND t.args = j.value -> 'args' AND t.kwargs = j.value -> 'kwargs'
    AND t.interval IS j.value ->> 'interval' AND t.max_retries = j.value ->> 'maxRetries'
    AND t.timeout = j.value ->> 'timeout' AND t.unique_key IS j.value ->> 'uniqueKey'`;

  /** The edge is the last of the 1,000 tasks examined: from there the next page goes on, whatever matched. */
  const listMatching = (index: string, predicate: string) => `
    SELECT e.edge, t.* FROM (
      SELECT (SELECT id FROM ${tasks} ${index} WHERE id < ?1 ${predicate} ORDER BY id DESC LIMIT 1 OFFSET 999) AS edge) e
    LEFT JOIN (
      SELECT * FROM (SELECT * FROM ${tasks} ${index} WHERE id < ?1 ${predicate} ORDER BY id DESC LIMIT 1000)
      WHERE (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR queue = ?3) AND (?4 IS NULL OR func_path = ?4)
      ORDER BY id DESC LIMIT ?5) t
    ORDER BY t.id DESC`;

  const outcomeColumns =
    "t.id, t.status, t.attempts, t.interval, t.updated_at, t.last_attempt_at, t.errors -> '$[#-1]' AS last_error";
  const resultColumns =
    "r.status AS result_status, r.result, r.error, r.finished_at, r.attempts AS result_attempts, r.last_attempt_at AS result_last_attempt_at";

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
      SELECT ?3, ?4, ?6, (
        SELECT json_group_array(coalesce((SELECT t.id FROM ${tasks} t
          WHERE t.unique_key = j.value ->> 'uniqueKey' AND t.unique_key IS NOT NULL AND t.${ACTIVE}), j.value ->> 'id'))
        FROM json_each(?1) j), ?2
      WHERE true
      ON CONFLICT (api_key, key) DO UPDATE SET fingerprint = excluded.fingerprint, task_ids = excluded.task_ids, created_at = excluded.created_at
      WHERE created_at <= ?5 RETURNING 1 AS first`,

    /** ?1 API key, ?2 key. 1 read. */
    readIdempotencyKey: `SELECT fingerprint, task_ids, created_at FROM ${idempotencyKeys} WHERE api_key = ?1 AND key = ?2`,

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
          WHERE (queue, priority) > (lane.first ->> 0, lane.first ->> 1) AND ${DUE} ORDER BY queue, priority, eta LIMIT 1)
        FROM lane WHERE lane.first IS NOT NULL)
      SELECT min(first ->> 2) AS eta FROM lane WHERE ?1 IS NULL OR first ->> 0 IN (SELECT value FROM json_each(?1))`,
    /** ?1 now: whether a task of the quarantine is due. A seek a queue. */
    findQuarantined: `
      WITH RECURSIVE ${queueNames(heldIndex, QUARANTINED)}
      SELECT 1 AS found FROM names WHERE EXISTS (
        SELECT 1 FROM ${tasks} ${heldIndex} WHERE queue = names.queue AND ${QUARANTINED} AND eta <= ?1) LIMIT 1`,

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

    /** ?1 settlements, ?2 now. 1 W for each that ends the task (SUCCESS, FAILED). */
    settleResults: settleResults(""),
    /** ?1 settlements, ?2 now. 1 W each, 2 where the task becomes due again. Returns those whose fence held. */
    settleTasks: settleTasks("", "t.claimed_by"),
    /** The same for leases that expired by ?3: a renewed lease is not stolen. */
    rescueResults: settleResults(rescueFence),
    rescueTasks: settleTasks(rescueFence, "NULL"),

    /** ?1 settlements: after a resend, which of them took effect the first time. */
    findSettled: `
      SELECT t.id FROM json_each(?1) j CROSS JOIN ${tasks} t ON t.id = j.value ->> 'i'
      WHERE t.attempts = j.value ->> 'n' AND t.claimed_by = j.value ->> 'c' AND t.status <> 'RUNNING'`,

    /** ?1 [{i, n}], ?2 lease end. 2 W each. Returns the leases that still hold. */
    renew: `
      UPDATE ${tasks} AS t SET lease_expires_at = ?2 FROM json_each(?1) j
      WHERE t.id = j.value ->> 'i' AND t.status = 'RUNNING' AND t.attempts = j.value ->> 'n' RETURNING id, last_attempt_at`,

    /** ?1 id, ?2 attempts, ?3 lease end, ?4 now. 2 W. */
    markRunning: `
      UPDATE ${tasks} SET lease_expires_at = ?3, last_attempt_at = ?4, updated_at = ?4
      WHERE id = ?1 AND status = 'RUNNING' AND attempts = ?2 RETURNING id`,

    /** ?1 now: at most 100 tasks whose lease expired. A seek a queue, and one read for each found. */
    findExpired: `
      WITH RECURSIVE ${queueNames(leaseIndex, "status = 'RUNNING'")}
      SELECT t.id, t.attempts, t.failures, t.max_retries, t.held FROM names CROSS JOIN ${tasks} t ${leaseIndex}
        ON t.queue = names.queue AND t.status = 'RUNNING' AND t.lease_expires_at <= ?1
      LIMIT 100`,

    /** ?1 id, ?2 now. 1 W. */
    cancel: `
      UPDATE ${tasks} SET status = 'CANCELLED', held = 0, lease_expires_at = NULL, claimed_by = NULL, updated_at = ?2
      WHERE id = ?1 AND ${ACTIVE} RETURNING *`,
    /** ?1 id. 1 W; in one batch before the retry. */
    deleteOldResult: `
      DELETE FROM ${results} WHERE task_id = ?1
        AND EXISTS (SELECT 1 FROM ${tasks} WHERE id = ?1 AND status IN ('FAILED', 'CANCELLED'))`,
    /** ?1 id, ?2 now. 2 W, 3 with a unique key. */
    retry: `
      UPDATE ${tasks} SET status = 'PENDING', eta = ?2, failures = 0, held = 0, claimed_by = NULL, updated_at = ?2
      WHERE id = ?1 AND status IN ('FAILED', 'CANCELLED') RETURNING *`,
    /** ?1 id, ?2 now, ?3 eta. 3 W. */
    reschedule: `
      UPDATE ${tasks} SET eta = ?3, updated_at = ?2
      WHERE id = ?1 AND status IN ('PENDING', 'RETRYING') RETURNING *`,

    /** ?1 name, ?2 paused or null, ?3 1 to set the concurrency, ?4 concurrency. 1 W. */
    configureQueue: `
      INSERT INTO ${queues} (name, paused, concurrency) VALUES (?1, coalesce(?2, 0), iif(?3, ?4, NULL))
      ON CONFLICT (name) DO UPDATE SET paused = coalesce(?2, paused), concurrency = iif(?3, ?4, concurrency)`,

    /** ?1 id. 1 read. */
    getTask: `SELECT * FROM ${tasks} WHERE id = ?1`,
    /** ?1 id: what decides which result is served. 1 read. */
    getOutcome: `SELECT ${outcomeColumns} FROM ${tasks} t WHERE t.id = ?1`,
    /** The same with the result beside it. 2 reads. */
    getOutcomeAndResult: `
      SELECT ${outcomeColumns}, ${resultColumns}
      FROM ${tasks} t LEFT JOIN ${results} r ON r.task_id = t.id WHERE t.id = ?1`,
    /** ?1 id. 1 read. */
    getResult: `SELECT ${resultColumns} FROM ${results} r WHERE r.task_id = ?1`,

    /** ?1 before this id, ?2 limit. A read a task. */
    listTasks: `SELECT * FROM ${tasks} WHERE id < ?1 ORDER BY id DESC LIMIT ?2`,
    /** ?1 before this id, ?2 status, ?3 queue, ?4 func_path (each or null), ?5 limit. At most 2,000 reads. */
    listMatching: listMatching("", ""),
    /** The same for FAILED, from an index that holds no others. */
    listFailed: listMatching(failedIndex, "AND status = 'FAILED'"),

    /** ?1 now. For each queue: its depth to 1,001, what runs, and a seek for each priority in use. */
    listQueues: `
      WITH RECURSIVE ${queueNames(dueIndex, DUE)},
      ${queueNames(leaseIndex, "status = 'RUNNING'").replaceAll("names", "running_names")},
      ${queueNames(heldIndex, QUARANTINED).replaceAll("names", "held_names")},
      known (queue) AS (
        SELECT queue FROM names UNION SELECT queue FROM running_names UNION SELECT queue FROM held_names UNION SELECT name FROM ${queues}),
      priorities (value) AS (VALUES (0) UNION ALL SELECT value + 1 FROM priorities WHERE value < 9)
      SELECT k.queue AS name, coalesce(c.paused, 0) AS paused, c.concurrency,
        (SELECT count(*) FROM (SELECT 1 FROM ${tasks} ${dueIndex} WHERE queue = k.queue AND ${DUE} LIMIT 1001))
          + (SELECT count(*) FROM (SELECT 1 FROM ${tasks} ${heldIndex} WHERE queue = k.queue AND ${QUARANTINED} LIMIT 1001)) AS depth,
        (SELECT count(*) FROM ${tasks} ${leaseIndex} WHERE queue = k.queue AND status = 'RUNNING') AS running,
        ?1 - (SELECT min(eta) FROM (SELECT (SELECT min(eta) FROM ${tasks} ${dueIndex}
          WHERE queue = k.queue AND priority = p.value AND ${DUE}) AS eta FROM priorities p) WHERE eta <= ?1) AS oldest_due_age
      FROM known k LEFT JOIN ${queues} c ON c.name = k.queue
      WHERE k.queue IS NOT NULL ORDER BY k.queue`,

    /** ?1 after this id, ?2 to this id. At most 1,000 tasks are read: the last one examined, and how many there were. */
    examinePage: `SELECT max(id) AS last, count(*) AS examined FROM (SELECT id FROM ${tasks} WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1000)`,
    /** ?1 to ?4: after this id, to this id, finished before, the same for FAILED. The same page. */
    findPurgeable: `
      SELECT id FROM (SELECT id, status, updated_at FROM ${tasks} WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1000)
      WHERE ${FINISHED} AND updated_at < iif(status = 'FAILED', ?4, ?3)`,
    /** ?1 ids, ?2 and ?3 as ?3 and ?4 above: a task that was retried meanwhile stays. 1 W each. */
    purgeTasks: `
      DELETE FROM ${tasks} WHERE id IN (SELECT value FROM json_each(?1)) AND ${FINISHED}
        AND updated_at < iif(status = 'FAILED', ?3, ?2) RETURNING id`,
    /** ?1 ids. 1 W each: the results of tasks that are gone. */
    purgeResults: `
      DELETE FROM ${results} WHERE task_id IN (SELECT value FROM json_each(?1))
        AND NOT EXISTS (SELECT 1 FROM ${tasks} t WHERE t.id = task_id)`,
    /** The same where the tasks are in another database. */
    deleteResults: `DELETE FROM ${results} WHERE task_id IN (SELECT value FROM json_each(?1))`,
    /** ?1 recorded before. 1 W each, at most 10,000; reads the whole table, which holds a day. */
    purgeIdempotencyKeys: `
      DELETE FROM ${idempotencyKeys} WHERE (api_key, key) IN (
        SELECT api_key, key FROM ${idempotencyKeys} WHERE created_at < ?1 LIMIT 10000)`,
    /** ?1 finished before, raised only: ids up to then may be gone. 1 W. */
    recordPurge: `
      INSERT INTO ${maintenance} (name, due_at, done_before) VALUES ('purge', 0, ?1)
      ON CONFLICT (name) DO UPDATE SET done_before = max(done_before, ?1)`,
    /** 1 read. */
    readPurge: `SELECT done_before FROM ${maintenance} WHERE name = 'purge'`,
    /** ?1 now, ?2 next due. Returns a row to the one that takes the duty. */
    startPurge: `
      INSERT INTO ${maintenance} (name, due_at) VALUES ('purge', ?2)
      ON CONFLICT (name) DO UPDATE SET due_at = ?2 WHERE due_at <= ?1 RETURNING cursor`,
    /** ?1 cursor, ?2 next due or null to leave it. */
    finishPurge: `UPDATE ${maintenance} SET cursor = ?1, due_at = coalesce(?2, due_at) WHERE name = 'purge'`,

    /** Milliseconds since the epoch by the database's clock. Reads no table. */
    readClock: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",

    /** ?1 names: those of the tables and indexes that exist. */
    findSchema: "SELECT name FROM sqlite_schema WHERE name IN (SELECT value FROM json_each(?1))",

    /** Separate results. ?1 [{i, n, k, e, r, at, last}]: written only where no later attempt's is on file. 1 W each. */
    writeResults: `
      INSERT INTO ${results} (task_id, status, result, error, finished_at, attempts, last_attempt_at)
      SELECT value ->> 'i', iif(value ->> 'k' = 'done', 'SUCCESS', 'FAILED'), value -> 'r', value -> 'e', ?2, value ->> 'n', value ->> 'last'
      FROM json_each(?1) WHERE true
      ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, error = excluded.error,
        finished_at = excluded.finished_at, attempts = excluded.attempts, last_attempt_at = excluded.last_attempt_at
      WHERE excluded.attempts >= attempts`,
  };
}
