import { describe, describeKind } from "./describe.ts";
import { SerializationError, TooLargeError } from "./errors.ts";
import type { JsonText, TaskError } from "./task.ts";

/** Bounds of one JSON value. */
export interface JsonLimits {
  readonly maxBytes: number;
  /** SQLite calls JSON nested about 1,000 deep malformed, and with it every list that contains it. */
  readonly maxDepth: number;
}

const encoder = new TextEncoder();

/** Bytes of `text` in UTF-8; counts exactly only where `text` may pass `limit`, since encoding costs a copy. */
export function byteLength(text: string, limit = 0): number {
  return text.length * 3 <= limit ? text.length : encoder.encode(text).byteLength;
}

/**
 * Turns a value into JSON text that comes back equal, or refuses it.
 *
 * `-0` becomes `0`, an undefined property is dropped; everything else that JSON would change or lose is refused:
 * functions, symbols, BigInt, NaN, Infinity, cycles, Date, Map, Set and other class instances, `undefined` in an array,
 * lone surrogates.
 *
 * @param value what to serialize
 * @param field its name in an error, such as `kwargs`; the path inside it is added
 * @throws {SerializationError} naming the path of the first value that cannot be kept
 * @throws {TooLargeError} when the text takes more bytes than the limit
 * @example serialize({ to: "a@example.com" }, "kwargs", { maxBytes: 262_144, maxDepth: 100 })
 */
export function serialize(value: unknown, field: string, limits: JsonLimits): JsonText {
  assertJson(value, field, 0, limits.maxDepth);
  const text = JSON.stringify(value);
  const size = byteLength(text, limits.maxBytes);
  if (size > limits.maxBytes)
    throw new TooLargeError(field, `at most ${limits.maxBytes} bytes of JSON`, `${size} bytes`);
  return text as JsonText;
}

// A cycle is never followed for longer than the depth allows, so it needs no bookkeeping of its own.
function assertJson(value: unknown, path: string, depth: number, maxDepth: number): void {
  switch (typeof value) {
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) throw refusal(path, "a finite number", String(value));
      return;
    case "string":
      if (!value.isWellFormed()) throw refusal(path, "well-formed text", "a lone surrogate");
      return;
    case "object":
      if (value !== null) assertContainer(value, path, depth, maxDepth);
      return;
    case "bigint":
      throw refusal(path, "a number, or text where it has more digits than a number holds", "a bigint");
    default:
      throw refusal(path, "a JSON value", describeKind(value));
  }
}

function assertContainer(value: object, path: string, depth: number, maxDepth: number): void {
  if (depth === maxDepth)
    throw refusal(path, `nested at most ${maxDepth} deep`, "a deeper nesting or a cycle");
  if (!isPlain(value)) throw refusal(path, "a plain object, an array or a primitive", describe(value));
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      assertJson(value[index], `${path}[${index}]`, depth + 1, maxDepth);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    if (!key.isWellFormed()) throw refusal(path, "an object with well-formed keys", "a lone surrogate");
    if (child !== undefined) assertJson(child, `${path}.${key}`, depth + 1, maxDepth);
  }
}

/** With a method `toJSON` an object would be written as something else than what was checked. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  const writesItself = "toJSON" in value && typeof value.toJSON === "function";
  return (Array.isArray(value) || prototype === Object.prototype || prototype === null) && !writesItself;
}

function refusal(path: string, expected: string, got: string): SerializationError {
  const shown = path.length > 120 ? `${path.slice(0, 120).toWellFormed()}...` : path;
  return new SerializationError(shown, expected, got);
}

/** Turns whatever a handler threw into the record that is kept, cut to `maxBytes` of JSON. */
export function toTaskError(
  thrown: unknown,
  context: {
    readonly at: number;
    readonly attempt: number;
    readonly retryable: boolean;
    readonly maxBytes: number;
  },
): TaskError {
  const { at, attempt, retryable, maxBytes } = context;
  const { type, message, stack } = readThrown(thrown);
  // A third for the message and half for the stack leave room for the rest, even if every character is escaped in JSON.
  const base = {
    type: truncate(type, 255),
    message: truncate(message, maxBytes / 3),
    at,
    attempt,
    retryable,
  };
  return stack === undefined ? base : { ...base, stack: truncate(stack, maxBytes / 2) };
}

/** Of an error of ours: the stack tells whoever reads it nothing, and names files of the server. */
export function withoutStack({ stack: _, ...error }: TaskError): TaskError {
  return error;
}

/** Anything can be thrown, an Error whose properties are no text or cannot be read included. */
function readThrown(thrown: unknown): { type: string; message: string; stack?: string } {
  try {
    if (!(thrown instanceof Error)) return { type: "NonError", message: `thrown: ${describe(thrown)}` };
    const { name, message, stack } = thrown;
    const texts = { type: String(name), message: String(message) };
    return stack === undefined ? texts : { ...texts, stack: String(stack) };
  } catch {
    return { type: "NonError", message: "thrown: a value that cannot be read" };
  }
}

/** Cuts `text` so that it takes at most `maxBytes` as a JSON string, and makes it well-formed. */
function truncate(text: string, maxBytes: number): string {
  let kept = text.slice(0, maxBytes).toWellFormed();
  while (byteLength(JSON.stringify(kept)) > maxBytes) kept = kept.slice(0, kept.length * 0.9).toWellFormed();
  return kept;
}
