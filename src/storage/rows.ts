import { byteLength } from "../core/serialize.ts";
import type { Claim, ClaimedTask, NewTask, Task, TaskResult } from "../core/task.ts";
import type { Settlement } from "../core/transitions.ts";
import type { Row } from "./driver.ts";
import type { tasks } from "./schema.ts";

type TaskRow = typeof tasks.$inferSelect;

/** Column names as the database returns them. */
type Raw<T> = { [K in keyof T as K extends string ? SnakeCase<K> : never]: T[K] };
type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : "";

/** What decides which result is served. */
export interface OutcomeRow {
  readonly id: string;
  readonly status: TaskRow["status"];
  readonly attempts: number;
  readonly interval: number | null;
  readonly updated_at: number;
  readonly last_attempt_at: number | null;
  readonly last_error: string | null;
}

/** A result on file; all null where there is none. */
export type ResultRow = {
  readonly result_status: "SUCCESS" | "FAILED" | null;
  readonly result: string | null;
  readonly error: string | null;
  readonly finished_at: number;
  readonly result_attempts: number;
  readonly result_last_attempt_at: number | null;
};

/** Longest JSON text of a list in one statement: D1 limits a bound value, and a chunk must leave room for its neighbours. */
const CHUNK_BYTES = 1024 * 1024;

/** Where what the database returns gets its type: the statement names its columns, and a test holds the schema. */
export function typed<T>(rows: readonly Row[]): readonly T[] {
  return rows as unknown as readonly T[];
}

function typedRow<T>(row: Row): T {
  return row as unknown as T;
}

export function toTask(row: Row): Task {
  const task = typedRow<Raw<TaskRow>>(row);
  return {
    id: task.id,
    queue: task.queue,
    priority: task.priority,
    funcPath: task.func_path,
    args: JSON.parse(task.args),
    kwargs: JSON.parse(task.kwargs),
    eta: task.eta,
    interval: task.interval,
    status: task.status,
    quarantined: task.held === 1,
    attempts: task.attempts,
    failures: task.failures,
    maxRetries: task.max_retries,
    timeout: task.timeout,
    leaseExpiresAt: task.lease_expires_at,
    uniqueKey: task.unique_key,
    errors: JSON.parse(task.errors),
    lastAttemptAt: task.last_attempt_at,
    createdAt: task.created_at,
    updatedAt: task.updated_at,
  };
}

/** Its status is RUNNING: it has a token and a lease. */
type ClaimedRow = Raw<TaskRow> & { readonly claimed_by: string; readonly lease_expires_at: number };

export function toClaimedTask(row: Row): ClaimedTask {
  const task = typedRow<ClaimedRow>(row);
  return {
    id: task.id,
    attempts: task.attempts,
    claimToken: task.claimed_by,
    queue: task.queue,
    priority: task.priority,
    funcPath: task.func_path,
    args: JSON.parse(task.args),
    kwargs: JSON.parse(task.kwargs),
    eta: task.eta,
    interval: task.interval,
    quarantined: task.held === 1,
    failures: task.failures,
    maxRetries: task.max_retries,
    timeout: task.timeout,
    leaseExpiresAt: task.lease_expires_at,
  };
}

/**
 * The result to serve for a task; null while there is none.
 *
 * A result counts only with the task's final `attempts`: where results are kept in a database of their own, one can be on
 * file whose task was never settled. A failure needs no row of its own, for the task carries its last error.
 */
export function toResult(task: OutcomeRow, stored: ResultRow | undefined): TaskResult | null {
  const base = {
    taskId: task.id,
    finishedAt: task.updated_at,
    attempts: task.attempts,
    lastAttemptAt: task.last_attempt_at,
  };
  if (task.status === "CANCELLED") return { ...base, status: "CANCELLED", result: null, error: null };
  if (stored !== undefined && isServed(task, stored)) return fromResultRow(task.id, stored);
  if (task.status !== "FAILED" || task.last_error === null) return null;
  return { ...base, status: "FAILED", result: null, error: JSON.parse(task.last_error) };
}

/** Whether a result may be on file that {@link toResult} would serve: where not, none need be read. */
export function mayHaveResult({ status, interval, attempts }: OutcomeRow): boolean {
  if (status === "SUCCESS" || status === "FAILED") return true;
  return status !== "CANCELLED" && interval !== null && attempts > (status === "PENDING" ? 0 : 1);
}

function isServed(task: OutcomeRow, { result_status, result_attempts }: ResultRow): boolean {
  if (result_status === null) return false;
  if (task.status === "SUCCESS" || task.status === "FAILED") {
    return result_attempts === task.attempts && result_status === task.status;
  }
  if (task.interval === null) return false;
  // Between two runs an interval task shows the last one; the attempt that is under way has none yet.
  return result_attempts < task.attempts || (result_attempts === task.attempts && task.status === "PENDING");
}

function fromResultRow(taskId: string, row: ResultRow): TaskResult {
  const base = {
    taskId,
    finishedAt: row.finished_at,
    attempts: row.result_attempts,
    lastAttemptAt: row.result_last_attempt_at,
  };
  return row.error === null
    ? { ...base, status: "SUCCESS", result: JSON.parse(row.result ?? "null"), error: null }
    : { ...base, status: "FAILED", result: null, error: JSON.parse(row.error) };
}

// Values that are JSON already are spliced in as they are: each is stringified once on its whole way.
function splice(head: object, members: Readonly<Record<string, string>>): string {
  const tail = Object.entries(members).map(([name, json]) => `,"${name}":${json}`);
  return `${JSON.stringify(head).slice(0, -1)}${tail.join("")}}`;
}

/** One element of the list that `enqueue` reads. Written out, since a bulk enqueue spends its time here. */
export function newTaskJson(task: NewTask): string {
  const texts = `"queue":${JSON.stringify(task.queue)},"funcPath":${JSON.stringify(task.funcPath)}`;
  const numbers = `"priority":${task.priority},"eta":${task.eta},"interval":${task.interval},"maxRetries":${task.maxRetries},"timeout":${task.timeout}`;
  const payload = `"uniqueKey":${JSON.stringify(task.uniqueKey)},"args":${task.args},"kwargs":${task.kwargs}`;
  return `{"id":"${task.id}",${texts},${numbers},${payload}}`;
}

/**
 * One element of the list that `settleTasks`, `settleResults` and `writeResults` read.
 *
 * @param last when the attempt began; only `writeResults` reads it, since it cannot see the task
 */
export function settlementJson(settlement: Settlement, last?: number | null): string {
  const { id: i, attempts: n, claimToken: c, kind: k } = settlement;
  const head = { i, n, c, k, last };
  switch (settlement.kind) {
    case "done":
      return splice(head, { r: settlement.result });
    case "fail":
      return JSON.stringify({ ...head, e: settlement.error });
    case "retry":
      return JSON.stringify({ ...head, e: settlement.error, at: settlement.retryAt });
    case "quarantine": {
      const { error, retryAt, counted } = settlement;
      return JSON.stringify({ ...head, e: error, at: retryAt, counted: counted ? 1 : 0 });
    }
    case "snooze":
    case "release":
      return JSON.stringify({ ...head, at: settlement.until });
  }
}

/** One element of the list that `renew` reads. */
export function claimJson({ id, attempts }: Claim): string {
  return JSON.stringify({ i: id, n: attempts });
}

/** A list that travels as one JSON parameter, and what it holds. */
export interface List<T> {
  readonly json: string;
  readonly items: readonly T[];
}

/** Cuts items into lists of at most about 1 MB of JSON each: one statement takes one of them. */
export function toLists<T>(items: readonly T[], toJson: (item: T) => string): List<T>[] {
  const lists: { json: string[]; items: T[]; size: number }[] = [];
  for (const item of items) {
    const json = toJson(item);
    const size = byteLength(json, CHUNK_BYTES / 64) + 1;
    const open = lists.at(-1);
    if (open !== undefined && open.size + size <= CHUNK_BYTES) {
      open.json.push(json);
      open.items.push(item);
      open.size += size;
    } else {
      lists.push({ json: [json], items: [item], size });
    }
  }
  return lists.map((list) => ({ json: `[${list.json.join()}]`, items: list.items }));
}
