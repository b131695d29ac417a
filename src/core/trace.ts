import { describe, describeKind } from "./describe.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseText } from "./options.ts";
import type { TraceHeaders } from "./task.ts";

export type { TraceHeaders } from "./task.ts";

/** Checks the headers of a trace; null where there are none. @throws {ValidationError} */
export function parseTrace(value: unknown): TraceHeaders | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new ValidationError("trace", "an object of texts", describeKind(value));
  }
  const headers = Object.entries(value);
  for (const [name, text] of headers) {
    parseText(name, "a name in trace");
    if (typeof text !== "string" || !text.isWellFormed()) {
      throw new ValidationError(`trace.${name}`, "well-formed text", describe(text));
    }
  }
  if (headers.length === 0) return null;
  const { length } = JSON.stringify(value);
  if (length <= LIMITS.traceLength) return Object.fromEntries(headers);
  throw new ValidationError("trace", `at most ${LIMITS.traceLength} characters as JSON`, `${length}`);
}
