import { FieldError, type OmniqError } from "./errors.ts";

const FORM = /^omniq\/([a-z_]+): (.*)$/s;

/**
 * An error of ours as it can go from one Worker to another: there it is an Error that has lost its class and, where the platform is
 * of before 2026, all of its properties but the message, which therefore says the code.
 */
export function toRemote(error: OmniqError): Error {
  const { code, message } = error;
  const fields =
    error instanceof FieldError ? { field: error.field, expected: error.expected, got: error.got } : {};
  return Object.assign(new Error(`omniq/${code}: ${message}`), { code, ...fields });
}

/** What the message of such an error says; null of any other. */
export function readRemote(message: string): { readonly code: string; readonly detail: string } | null {
  const [, code, detail] = FORM.exec(message) ?? [];
  return code === undefined || detail === undefined ? null : { code, detail };
}
