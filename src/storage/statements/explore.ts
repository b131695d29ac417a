import { SEARCH_EXAMINED, SEARCHED_LENGTH } from "../../core/explorer.ts";
import type { AllNull, TaskRow } from "../rows.ts";
import { awaiting, due, hasStatus, type Names, quarantined, running } from "./names.ts";
import { prepare } from "./statement.ts";

/** What runs, or waits, is looked for in its index where it is less than this. */
export const FEW = 101;

/** A payload of more bytes is not read for a list. */
const SHOWN_BYTES = 4_096;

const MAX_NAMES = 100;

const MAX_RELATED = 20;

/** Edges that are looked at for those of one task: no index leads from it to what it waits for. */
const EXAMINED_EDGES = 500;

type Found = {
  before: string;
  from: string;
  status: string | null;
  queue: string | null;
  funcPath: string | null;
  schedule: string | null;
  text: string | null;
  /** The same as JSON writes it inside of a text. */
  escaped: string | null;
  hidden: string;
  limit: number;
};

export type SummaryRow = Pick<
  TaskRow,
  | "id"
  | "queue"
  | "func_path"
  | "status"
  | "priority"
  | "eta"
  | "attempts"
  | "max_retries"
  | "held"
  | "awaits"
  | "lease_expires_at"
  | "last_attempt_at"
  | "created_at"
  | "updated_at"
  | "schedule"
  | "progress"
> & { args: string | null; kwargs: string | null; payload_bytes: number; last_error: string | null };

/** What was examined stands in each row, and in one of its own where nothing matched. */
export type FoundRow = { edge: string | null; examined: number } & (SummaryRow | AllNull<SummaryRow>);

export type RelatedRow = Pick<TaskRow, "id" | "func_path" | "status">;

/** Readers for the eye: nothing is written, and what they read is bounded. */
export function exploreSql(names: Names) {
  const { tasks, queues, dependencies, dueIndex, leaseIndex, heldIndex, failedIndex, parentIndex } = names;
  const { queueNames } = names;
  const size = "octet_length(t.args) + octet_length(t.kwargs)";
  const shown = (column: string) => `iif(${size} <= ${SHOWN_BYTES}, t.${column}, NULL) AS ${column}`;
  const summary = `t.id, t.queue, t.func_path, t.status, t.priority, t.eta, t.attempts, t.max_retries, t.held, t.awaits, t.lease_expires_at,
    t.last_attempt_at, t.created_at, t.updated_at, t.schedule, t.progress, ${shown("args")}, ${shown("kwargs")}, ${size} AS payload_bytes,
    t.errors -> '$[#-1]' AS last_error`;

  const holds = (text: string) =>
    `(instr(lower(${text}), lower(:text)) > 0 OR instr(lower(${text}), lower(:escaped)) > 0)`;
  const searched = `substr(args, 1, ${SEARCHED_LENGTH}) || substr(kwargs, 1, ${SEARCHED_LENGTH})`;
  const matches = `(:status IS NULL OR status = :status) AND (:queue IS NULL OR queue = :queue) AND (:funcPath IS NULL OR func_path = :funcPath)
    AND (:schedule IS NULL OR schedule = :schedule)
    AND (:text IS NULL OR ${holds(`substr(errors, -${SEARCHED_LENGTH})`)}
      OR (func_path NOT IN (SELECT value FROM json_each(:hidden)) AND ${holds(searched)}))`;

  /** One pass tells both what matches and where it ended, since an aggregate keeps no rows. */
  const search = (index: string, predicate: string) =>
    prepare<Found, FoundRow>(`
      SELECT s.edge, s.examined, ${summary} FROM (
        SELECT min(id) AS edge, count(*) AS examined, json_group_array(id) FILTER (WHERE ${matches}) AS matching
        FROM (SELECT id, status, queue, func_path, args, kwargs, errors, schedule FROM ${tasks} ${index}
          WHERE id < :before AND id >= :from ${predicate} ORDER BY id DESC LIMIT ${SEARCH_EXAMINED})) s
      LEFT JOIN json_each(s.matching) m
      LEFT JOIN ${tasks} t ON t.id = m.value LIMIT :limit`);

  /**
   * Those of a few, from what they lie in apart; `examined` tells whether that were all of them. The matches alone are
   * put in order, since sorting costs reads; a libSQL server does not read an `ORDER BY` within an aggregate.
   */
  const searchAmong = (...sources: readonly [index: string, predicate: string][]) => {
    const columns = "id, status, queue, func_path, args, kwargs, errors, schedule";
    const few = ([index, predicate]: readonly [string, string], place: number) =>
      `SELECT * FROM (SELECT ${place} AS source, ${columns} FROM ${tasks} ${index} WHERE ${predicate} LIMIT ${FEW})`;
    const most = sources.map((_, place) => `count(*) FILTER (WHERE source = ${place})`).join(", ");
    return prepare<Found, FoundRow>(`
      SELECT NULL AS edge, s.examined, ${summary} FROM (
        SELECT max(0, ${most}) AS examined,
          json_group_array(id) FILTER (WHERE id < :before AND id >= :from AND ${matches}) AS matching
        FROM (${sources.map(few).join(" UNION ALL ")})) s
      LEFT JOIN json_each(iif(s.examined < ${FEW}, (
        SELECT json_group_array(value) FROM (SELECT value FROM json_each(s.matching) ORDER BY value DESC)), '[]')) m
      LEFT JOIN ${tasks} t ON t.id = m.value LIMIT :limit`);
  };

  return {
    /** One read for each task examined, and 2 for each that is shown. */
    searchTasks: search("", ""),
    /** The same for FAILED, from an index that holds no others. */
    searchFailed: search(failedIndex, "AND status = 'FAILED'"),
    /** Where at most 100 run, all of them. 2 reads for each, and some for each that is shown. */
    searchRunning: searchAmong([leaseIndex, running()]),
    /** The same of those that wait, due or held: up to 100 of each. */
    searchWaiting: searchAmong(
      [dueIndex, due()],
      [heldIndex, `held > 0 AND ${hasStatus(["PENDING", "RETRYING"])}`],
    ),
    /** Every task matches. 1 read for each. */
    findNewest: prepare<{ before: string; from: string; limit: number }, SummaryRow>(
      `SELECT ${summary} FROM ${tasks} t WHERE t.id < :before AND t.id >= :from ORDER BY t.id DESC LIMIT :limit`,
    ),
    /** 1 read each. */
    findChildren: prepare<{ id: string }, RelatedRow>(`
      SELECT id, func_path, status FROM ${tasks} ${parentIndex} WHERE parent_id = :id ORDER BY id DESC LIMIT ${MAX_RELATED}`),
    /** 2 reads each. */
    findDependents: prepare<{ id: string }, RelatedRow>(`
      SELECT t.id, t.func_path, t.status FROM (
        SELECT task_id FROM ${dependencies} WHERE parent_id = :id ORDER BY task_id LIMIT ${MAX_RELATED}) d
      CROSS JOIN ${tasks} t ON t.id = d.task_id`),
    /** At most 500 reads, and 1 for each that is found: those before the task are the most likely. */
    findAwaited: prepare<{ id: string; before: string }, RelatedRow>(`
      SELECT t.id, t.func_path, t.status FROM (
        SELECT parent_id, task_id FROM ${dependencies} WHERE parent_id < :before ORDER BY parent_id DESC LIMIT ${EXAMINED_EDGES}) d
      CROSS JOIN ${tasks} t ON t.id = d.parent_id WHERE d.task_id = :id LIMIT ${MAX_RELATED}`),

    /** Some seeks a queue. */
    findQueueNames: prepare<Record<never, never>, { name: string }>(`
      WITH RECURSIVE ${queueNames(dueIndex, due(), "names", MAX_NAMES)},
      ${queueNames(leaseIndex, running(), "running_names", MAX_NAMES)},
      ${queueNames(heldIndex, quarantined(), "held_names", MAX_NAMES)},
      ${queueNames(heldIndex, awaiting(), "awaiting_names", MAX_NAMES)}
      SELECT queue AS name FROM (
        SELECT queue FROM names UNION SELECT queue FROM running_names UNION SELECT queue FROM held_names
        UNION SELECT queue FROM awaiting_names UNION SELECT * FROM (SELECT name FROM ${queues} ORDER BY name LIMIT ${MAX_NAMES}))
      WHERE queue IS NOT NULL ORDER BY queue LIMIT ${MAX_NAMES}`),
  };
}
