import type { ErrorCode } from "../core/error-codes.ts";
import type { FieldError } from "../core/errors.ts";

/**
 * What can be wrong with a call: the server's codes, and those of the way to it.
 *
 * - `http_error`: the reply has the status of an error, and no problem of ours: something in between has answered.
 * - `internal_error`: the server met an error of its own, and has it in its log.
 * - `network_error`: no reply came.
 * - `request_timeout`: none came in time.
 * - `invalid_reply`: it is none of the API's.
 */
export type ClientErrorCode =
  | ErrorCode
  | "http_error"
  | "internal_error"
  | "network_error"
  | "request_timeout"
  | "invalid_reply";

/** What is known of an error. */
export interface Fault {
  readonly code: ClientErrorCode;
  readonly detail: string;
  readonly status?: number | null;
  readonly field?: string | null;
  readonly expected?: string | null;
  readonly got?: string | null;
  readonly retryAfter?: number | null;
  readonly cause?: unknown;
}

/**
 * The one error of the client and of a service binding: branch on its `code`, which is stable across releases. An abort by a
 * signal of yours throws that signal's reason instead.
 *
 * @example
 * try {
 *   await client.cancel(id);
 * } catch (error) {
 *   if (error instanceof OmniqError && error.code === "wrong_status") return; // it had ended
 *   throw error;
 * }
 */
export class OmniqError extends Error {
  override readonly name = "OmniqError";
  readonly code: ClientErrorCode;
  /** For people; the same as `message`. */
  readonly detail: string;
  /** Of the HTTP reply; null where none came. */
  readonly status: number | null;
  /** Path of the field at fault, such as `tasks[3].eta`, what it should be and what it was; null where it is no field's. */
  readonly field: string | null;
  readonly expected: string | null;
  readonly got: string | null;
  /** How long the server asks to be left alone, in milliseconds; null where it does not. */
  readonly retryAfter: number | null;
  /** How often the call was sent. */
  tries = 0;

  constructor(fault: Fault) {
    super(fault.detail, fault.cause === undefined ? undefined : { cause: fault.cause });
    this.code = fault.code;
    this.detail = fault.detail;
    this.status = fault.status ?? null;
    this.field = fault.field ?? null;
    this.expected = fault.expected ?? null;
    this.got = fault.got ?? null;
    this.retryAfter = fault.retryAfter ?? null;
  }
}

/** An argument that cannot be sent. */
export function refuse(field: string, expected: string, got: string): OmniqError {
  const detail = `expected ${field} to be ${expected}, got ${got}`;
  return new OmniqError({ code: "invalid_input", detail, field, expected, got });
}

/** What core's guards throw, as the one error. */
export function fromFieldError({ code, message, field, expected, got }: FieldError): OmniqError {
  return new OmniqError({ code, detail: message, field, expected, got });
}
