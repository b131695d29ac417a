import { DUE, type Names, QUARANTINED } from "./names.ts";

/** Readers: nothing is written. */
export function readSql({
  tasks,
  results,
  queues,
  maintenance,
  dueIndex,
  leaseIndex,
  heldIndex,
  failedIndex,
  queueNames,
}: Names) {
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
      ${queueNames(leaseIndex, "status = 'RUNNING'", "running_names")},
      ${queueNames(heldIndex, QUARANTINED, "held_names")},
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

    /** Milliseconds since the epoch by the database's clock. Reads no table. */
    readClock: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",

    /** Counts as a write, and writes nothing: what is sent with it is served by the primary. */
    writeNothing: `DELETE FROM ${maintenance} WHERE false`,
    /** ?1 names: those of the tables and indexes that exist. */
    findSchema: "SELECT name FROM sqlite_schema WHERE name IN (SELECT value FROM json_each(?1))",
  };
}
