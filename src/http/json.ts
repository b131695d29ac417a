import { SerializationError } from "../core/errors.ts";
import { HttpError } from "./problem.ts";

/**
 * Parses JSON that comes back equal, or refuses it.
 *
 * @throws {HttpError} when it is no JSON, or not in UTF-8; {@link SerializationError} for an integer that a number does not hold
 */
export function parseJson(bytes: ArrayBuffer): unknown {
  const text = decode(bytes);
  const value = parse(text);
  const changed = findChangedInteger(text);
  if (changed === null) return value;
  const expected = "JSON with integers that a number holds to the digit: send longer ones as text";
  throw new SerializationError("the body", expected, `another at position ${changed}`);
}

/** A decoder that is not told to be strict puts U+FFFD in the place of what it cannot read. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new HttpError("invalid_json", "the body", "JSON in UTF-8", "bytes that are no UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unreadable";
    throw new HttpError("invalid_json", "the body", "JSON", reason);
  }
}

/** Shorter ones are held, and longer ones are too large for any number: the guard of all values refuses those. */
const LONG_INTEGER = /(?<![-+.\deE])-?\d{16,309}(?![.\deE])/g;

/**
 * Where the JSON has the first integer that comes back with other digits. A number with a fraction or an exponent is a double to
 * every client: it comes back as the nearest one.
 */
function findChangedInteger(json: string): number | null {
  let isQuoted = false;
  let quote = json.indexOf('"');
  for (const { 0: integer, index } of json.matchAll(LONG_INTEGER)) {
    for (; quote !== -1 && quote < index; quote = json.indexOf('"', quote + 1)) {
      if (!isEscaped(json, quote)) isQuoted = !isQuoted;
    }
    const number = Number(integer);
    if (!isQuoted && Number.isFinite(number) && String(number) !== integer) return index;
  }
  return null;
}

function isEscaped(json: string, index: number): boolean {
  let start = index;
  while (json[start - 1] === "\\") start -= 1;
  return (index - start) % 2 === 1;
}
