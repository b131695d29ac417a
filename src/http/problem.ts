import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode } from "../core/error-codes.ts";
import { ConfigError, FieldError, OmniqError } from "../core/errors.ts";

/** `http_error` is one of the HTTP framework's own, `internal_error` one that says nothing of itself. */
export type ProblemCode = ErrorCode | "http_error" | "internal_error";

/** The body of every error. Source: RFC 9457, Problem Details for HTTP APIs; `code` and the rest are its extensions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable: branch on this. */
  readonly code: ProblemCode;
  /** Path of the field at fault, what it should be and what it was. */
  readonly field?: string;
  readonly expected?: string;
  readonly got?: string;
}

/** Every code has its status: 500 is for a fault of ours, such as a statement that the database refuses whatever the values. */
const STATUSES = {
  invalid_input: 400,
  invalid_json: 400,
  not_serializable: 400,
  unknown_task: 400,
  parent_not_found: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  task_not_found: 404,
  schedule_not_found: 404,
  method_not_allowed: 405,
  wrong_status: 409,
  unique_conflict: 409,
  id_conflict: 409,
  schedule_exists: 409,
  schedule_changed: 409,
  task_purged: 410,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_conflict: 422,
  schema_missing: 503,
  storage_unavailable: 503,
  storage_overloaded: 503,
  query_limit: 503,
  query_budget: 503,
  migration_failed: 503,
  invalid_config: 503,
  lease_lost: 500,
  task_timeout: 500,
  not_drained: 500,
  storage_rejected: 500,
  storage_full: 507,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>;

/** The status that comes with a code. One of the framework's own errors has its own. */
export const STATUS_OF: Readonly<Record<ProblemCode, ContentfulStatusCode>> = {
  ...STATUSES,
  http_error: 500,
  internal_error: 500,
};

/** Every code that a problem may have. */
export const PROBLEM_CODES: readonly ProblemCode[] = Object.keys(STATUS_OF).filter(isProblemCode);

function isProblemCode(code: string): code is ProblemCode {
  return code in STATUS_OF;
}

type RequestCode =
  | "invalid_json"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_media_type";

/** A fault of the request that only HTTP knows. */
export class HttpError extends FieldError {
  readonly code: RequestCode;

  constructor(code: RequestCode, field: string, expected: string, got: string) {
    super(field, expected, got);
    this.code = code;
  }
}

function statusOf(error: unknown): ContentfulStatusCode {
  if (error instanceof HTTPException) return error.status;
  return error instanceof OmniqError ? STATUSES[error.code] : 500;
}

/** Answers any error as `application/problem+json`. One of our own making, or of the database's, says nothing of its inside. */
export function problemOf(error: unknown, context: Context, status = statusOf(error)): Response {
  if (error instanceof HTTPException) return answer(context, status, "http_error", error.message);
  if (status === 500 || !(error instanceof OmniqError)) {
    return answer(context, status, "internal_error", "the server met an error of its own: see its log");
  }
  if (status === 401) context.header("www-authenticate", 'Bearer realm="omniq"');
  if (status === 503) context.header("retry-after", "1");
  if (error instanceof ConfigError) {
    const { field, expected } = error;
    // What was found there may be a secret in the wrong place, and who asks may be anybody.
    const detail = `expected ${field} to be ${expected}: the server's log has what it is`;
    return answer(context, status, error.code, detail, { field, expected });
  }
  const fault =
    error instanceof FieldError ? { field: error.field, expected: error.expected, got: error.got } : {};
  return answer(context, status, error.code, error.message, fault);
}

function answer(
  context: Context,
  status: ContentfulStatusCode,
  code: ProblemCode,
  detail: string,
  fault = {},
): Response {
  const title = code.replaceAll("_", " ");
  const problem: Problem = { type: `urn:omniq:problem:${code}`, title, status, detail, code, ...fault };
  return context.json(problem, status, { "content-type": "application/problem+json" });
}
