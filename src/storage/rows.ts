import { SerializationError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import type { Ending } from "../core/results.ts";
import type { CancelledAtClaim, CancelReason, ClaimedTask, Task, TaskResult } from "../core/task.ts";
import type { schedules, tasks } from "./schema.ts";

/** Column names as the database returns them. */
type Raw<T> = { readonly [K in keyof T as K extends string ? SnakeCase<K> : never]: T[K] };
type SnakeCase<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : "";

/** A row of an outer join that found none. */
export type AllNull<T> = { readonly [K in keyof T]: null };

export type TaskRow = Raw<typeof tasks.$inferSelect>;
export type ScheduleRow = Raw<typeof schedules.$inferSelect>;

/** What a claim returns. */
export const CLAIMED_COLUMNS = [
  "id",
  "queue",
  "priority",
  "func_path",
  "args",
  "kwargs",
  "eta",
  "interval",
  "held",
  "attempts",
  "failures",
  "max_retries",
  "timeout",
  "lease_expires_at",
  "claimed_by",
  "parent_id",
  "on_success",
  "schedule",
  "scheduled_for",
  "trace",
  "cancel_reason",
] as const satisfies readonly (keyof TaskRow)[];

type ClaimColumns = Pick<TaskRow, (typeof CLAIMED_COLUMNS)[number]>;

/** Its status is RUNNING: it has a token and a lease. */
export type ClaimedRow = ClaimColumns & {
  readonly claimed_by: string;
  readonly lease_expires_at: number;
  readonly cancel_reason: null;
};

/** The claim found that it must not start any more, and cancelled it. */
export type CancelledRow = ClaimColumns & {
  readonly claimed_by: null;
  readonly lease_expires_at: null;
  readonly cancel_reason: CancelReason;
};

/** What decides which result is served, and how it is shown. */
export type OutcomeRow = Pick<
  TaskRow,
  "id" | "func_path" | "status" | "attempts" | "interval" | "updated_at" | "last_attempt_at" | "on_success"
> & { readonly last_error: string | null };

/** A result on file. */
export interface ResultRow {
  readonly result_status: "SUCCESS" | "FAILED";
  readonly result: string | null;
  readonly error: string | null;
  readonly finished_at: number;
  readonly result_attempts: number;
  readonly result_last_attempt_at: number | null;
}

export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    queue: row.queue,
    priority: row.priority,
    funcPath: row.func_path,
    args: readJson(row.args, []),
    kwargs: readJson(row.kwargs, {}),
    eta: row.eta,
    interval: row.interval,
    status: row.status,
    quarantined: row.held === 1,
    attempts: row.attempts,
    failures: row.failures,
    maxRetries: row.max_retries,
    timeout: row.timeout,
    leaseExpiresAt: row.lease_expires_at,
    uniqueKey: row.unique_key,
    errors: readJson(row.errors, []),
    lastAttemptAt: row.last_attempt_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    cancelReason: row.cancel_reason,
    parentId: row.parent_id,
    awaits: row.awaits,
    progress: row.progress === null ? null : readJson(row.progress, null),
    resultTtl: row.result_ttl,
    onSuccess: row.on_success ?? "keep",
    schedule: row.schedule,
    scheduledFor: row.scheduled_for,
  };
}

export function toCancelled({
  id,
  attempts,
  func_path,
  queue,
  cancel_reason,
}: CancelledRow): CancelledAtClaim {
  return { id, attempts, funcPath: func_path, queue, reason: cancel_reason };
}

export function toClaimedTask(row: ClaimedRow): ClaimedTask {
  return {
    id: row.id,
    attempts: row.attempts,
    claimToken: row.claimed_by,
    queue: row.queue,
    priority: row.priority,
    funcPath: row.func_path,
    ...readArguments(row),
    eta: row.eta,
    interval: row.interval,
    quarantined: row.held === 1,
    failures: row.failures,
    maxRetries: row.max_retries,
    timeout: row.timeout,
    leaseExpiresAt: row.lease_expires_at,
    parentId: row.parent_id,
    onSuccess: row.on_success ?? "keep",
    schedule: row.schedule,
    scheduledFor: row.scheduled_for,
    trace: row.trace === null ? null : readJson(row.trace, null),
  };
}

export function toEnding(row: OutcomeRow): Ending {
  return {
    id: row.id,
    status: row.status,
    attempts: row.attempts,
    interval: row.interval,
    updatedAt: row.updated_at,
    lastAttemptAt: row.last_attempt_at,
    onSuccess: row.on_success ?? "keep",
    lastError: row.last_error === null ? null : parseJson(row.last_error),
  };
}

export function toStoredResult(taskId: string, row: ResultRow): TaskResult {
  const base = {
    taskId,
    finishedAt: row.finished_at,
    attempts: row.result_attempts,
    lastAttemptAt: row.result_last_attempt_at,
  };
  return row.error === null
    ? { ...base, status: "SUCCESS", result: parseJson(row.result ?? "null"), error: null }
    : { ...base, status: "FAILED", result: null, error: parseJson(row.error) };
}

/** Whatever is wrong with one task, the others of its claim are to be run. */
function readArguments({ args, kwargs }: ClaimedRow): Pick<ClaimedTask, "args" | "kwargs" | "unreadable"> {
  try {
    return { args: parseJson(args), kwargs: parseJson(kwargs) };
  } catch (cause) {
    const field = readJson(args, null) === null ? "args" : "kwargs";
    const unreadable = new SerializationError(field, "JSON", "text that is none", { cause });
    return { args: [], kwargs: {}, unreadable };
  }
}

/** JSON for the eye: a page shows the other tasks all the same. */
function readJson<T>(text: string, fallback: T): T {
  try {
    return parseJson(text);
  } catch {
    return fallback;
  }
}
