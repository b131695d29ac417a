import { LIMITS } from "../../core/options.ts";
import type { AllNull, OutcomeRow, ResultRow, TaskRow } from "../rows.ts";
import { awaiting, due, type Names, quarantined, running } from "./names.ts";
import { prepare, type Statement } from "./statement.ts";

/** Tasks that one page of a listing with a filter examines. */
const EXAMINED = 1_000;

/** A page ends with the task whose arguments and errors, with those before it, reach so many bytes: one alone takes up to 416 KB. */
export const PAGE_BYTES = 4 * 1024 * 1024;

/** A depth is counted up to here. */
export const MAX_DEPTH = 1_000;

type Matching = {
  before: string;
  status: string | null;
  queue: string | null;
  funcPath: string | null;
  schedule: string | null;
  parentId: string | null;
  limit: number;
};

/** `bytes` are those of its page up to this task. */
export type ListedRow = TaskRow & { readonly bytes: number };

/** The edge stands in each row, and in one of its own where nothing matched. */
type MatchingRow = { edge: string | null } & (ListedRow | AllNull<ListedRow>);

type QueueRow = {
  name: string;
  paused: number;
  concurrency: number | null;
  depth: number;
  running: number;
  oldest_due_age: number | null;
};

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
  parentIndex,
  queueNames,
}: Names) {
  /** SQLite knows it without reading the texts. */
  const size = "octet_length(args) + octet_length(kwargs) + octet_length(errors) AS size";

  /** Of these ids and sizes, newest first, what fits one page, as whole tasks. */
  const pageOf = (listed: string) => `
    SELECT t.*, l.bytes
    FROM (SELECT id, size, sum(size) OVER (ORDER BY id DESC ROWS UNBOUNDED PRECEDING) AS bytes FROM (${listed})) l
    CROSS JOIN ${tasks} t ON t.id = l.id WHERE l.bytes - l.size < ${PAGE_BYTES} ORDER BY l.id DESC`;

  /** The edge is the last of the tasks examined: from there the next page goes on, whatever matched. */
  const listMatching = (index: string, predicate: string) => `
    SELECT e.edge, p.* FROM (
      SELECT (SELECT id FROM ${tasks} ${index} WHERE id < :before ${predicate} ORDER BY id DESC LIMIT 1 OFFSET ${EXAMINED - 1}) AS edge) e
    LEFT JOIN (${pageOf(`
      SELECT id, size FROM (
        SELECT id, status, queue, func_path, schedule, parent_id, ${size} FROM ${tasks} ${index} WHERE id < :before ${predicate} ORDER BY id DESC LIMIT ${EXAMINED})
      WHERE (:status IS NULL OR status = :status) AND (:queue IS NULL OR queue = :queue) AND (:funcPath IS NULL OR func_path = :funcPath)
        AND (:schedule IS NULL OR schedule = :schedule) AND (:parentId IS NULL OR parent_id = :parentId)
      ORDER BY id DESC LIMIT :limit`)}) p
    ORDER BY p.id DESC`;

  /** One more than the bound tells that there are more. */
  const depthOf = (index: string, predicate: string) =>
    `(SELECT count(*) FROM (SELECT 1 FROM ${tasks} ${index} WHERE queue = k.queue AND ${predicate} LIMIT ${MAX_DEPTH + 1}))`;

  const outcomeColumns =
    "t.id, t.func_path, t.status, t.attempts, t.interval, t.updated_at, t.last_attempt_at, t.on_success, t.errors -> '$[#-1]' AS last_error";
  const resultColumns =
    "r.status AS result_status, r.result, r.error, r.finished_at, r.attempts AS result_attempts, r.last_attempt_at AS result_last_attempt_at";

  /** Milliseconds since the epoch by the database's clock. Reads no table. */
  const readClock: Statement<{ now: number }> = {
    sql: "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now",
    parameters: [],
  };
  /** Counts as a write, and writes nothing: what is sent with it is served by the primary. */
  const writeNothing: Statement<never> = { sql: `DELETE FROM ${maintenance} WHERE false`, parameters: [] };

  return {
    /** 1 read. */
    getTask: prepare<{ id: string }, TaskRow>(`SELECT * FROM ${tasks} WHERE id = :id`),
    /** What decides which result is served. 1 read. */
    getOutcome: prepare<{ id: string }, OutcomeRow>(
      `SELECT ${outcomeColumns} FROM ${tasks} t WHERE t.id = :id`,
    ),
    /** The same with the result beside it. 2 reads. */
    getOutcomeAndResult: prepare<{ id: string }, OutcomeRow & (ResultRow | AllNull<ResultRow>)>(`
      SELECT ${outcomeColumns}, ${resultColumns}
      FROM ${tasks} t LEFT JOIN ${results} r ON r.task_id = t.id WHERE t.id = :id`),
    /** 1 read. */
    getResult: prepare<{ id: string }, ResultRow>(
      `SELECT ${resultColumns} FROM ${results} r WHERE r.task_id = :id`,
    ),

    /** 5 reads a task. */
    listTasks: prepare<{ before: string; limit: number }, ListedRow>(
      pageOf(`SELECT id, ${size} FROM ${tasks} WHERE id < :before ORDER BY id DESC LIMIT :limit`),
    ),
    /** At most 2 reads for each task examined, and 5 for each that matches. */
    listMatching: prepare<Matching, MatchingRow>(listMatching("", "")),
    /** The same for FAILED, from an index that holds no others. */
    listFailed: prepare<Matching, MatchingRow>(listMatching(failedIndex, "AND status = 'FAILED'")),
    /** The same for the tasks that one enqueued. */
    listChildren: prepare<Matching, MatchingRow>(listMatching(parentIndex, "AND parent_id = :parentId")),

    /** For each queue: its depth, what runs, and a seek for each priority and for the quarantine. */
    listQueues: prepare<{ now: number }, QueueRow>(`
      WITH RECURSIVE ${queueNames(dueIndex, due())},
      ${queueNames(leaseIndex, running(), "running_names")},
      ${queueNames(heldIndex, quarantined(), "held_names")},
      ${queueNames(heldIndex, awaiting(), "awaiting_names")},
      known (queue) AS (
        SELECT queue FROM names UNION SELECT queue FROM running_names UNION SELECT queue FROM held_names
        UNION SELECT queue FROM awaiting_names UNION SELECT name FROM ${queues}),
      priorities (value) AS (VALUES (${LIMITS.priority.min}) UNION ALL SELECT value + 1 FROM priorities WHERE value < ${LIMITS.priority.max})
      SELECT k.queue AS name, coalesce(c.paused, 0) AS paused, c.concurrency,
        ${depthOf(dueIndex, due())} + ${depthOf(heldIndex, quarantined())} + ${depthOf(heldIndex, awaiting())} AS depth,
        (SELECT count(*) FROM ${tasks} ${leaseIndex} WHERE queue = k.queue AND ${running()}) AS running,
        :now - (SELECT min(eta) FROM (
          SELECT (SELECT min(eta) FROM ${tasks} ${dueIndex} WHERE queue = k.queue AND priority = p.value AND ${due()}) AS eta FROM priorities p
          UNION ALL SELECT (SELECT min(eta) FROM ${tasks} ${heldIndex} WHERE queue = k.queue AND ${quarantined()})) WHERE eta <= :now) AS oldest_due_age
      FROM known k LEFT JOIN ${queues} c ON c.name = k.queue
      WHERE k.queue IS NOT NULL ORDER BY k.queue`),

    readClock,
    writeNothing,
    /** Those of the names that tables and indexes have. */
    findSchema: prepare<{ names: string }, { name: string }>(
      "SELECT name FROM sqlite_schema WHERE name IN (SELECT value FROM json_each(:names))",
    ),
  };
}
