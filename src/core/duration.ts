import ms from "ms";
import { describe } from "./describe.ts";
import { ValidationError } from "./errors.ts";

/** A length of time: integer milliseconds, or a text such as `"30s"`, `"5m"`, `"1.5h"`, `"7d"`. */
export type Duration = number | string;

/** A moment: integer milliseconds since the epoch, a `Date`, or ISO 8601 with its zone. */
export type Instant = number | Date | string;

/** Inclusive bounds of an integer. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** The last millisecond of the year 9999: beyond it ISO 8601 needs another form. */
export const LAST_INSTANT = 253_402_300_799_999;

/** @throws {ValidationError} when `value` is no safe integer within `range`. */
export function parseInteger(value: unknown, field: string, range: Range): number {
  const valid =
    Number.isSafeInteger(value) && typeof value === "number" && value >= range.min && value <= range.max;
  if (!valid)
    throw new ValidationError(field, `an integer from ${range.min} to ${range.max}`, describe(value));
  return value;
}

/**
 * Reads a duration.
 *
 * @param value integer milliseconds, or a number with a unit: `ms`, `s`, `m`, `h`, `d`, `w`
 * @param field what to call it in an error
 * @param range inclusive bounds in milliseconds
 * @returns integer milliseconds
 * @throws {ValidationError} when it cannot be read or is out of bounds
 * @example parseDuration("1.5h", "timeout", { min: 1, max: 86_400_000 }) // 5_400_000
 */
export function parseDuration(value: unknown, field: string, range: Range): number {
  const milliseconds = typeof value === "string" && isDurationText(value) ? Math.round(ms(value)) : value;
  const valid =
    typeof milliseconds === "number" &&
    Number.isSafeInteger(milliseconds) &&
    milliseconds >= range.min &&
    milliseconds <= range.max;
  if (!valid) {
    const bounds = `from ${ms(range.min)} to ${ms(range.max)}`;
    throw new ValidationError(
      field,
      `a duration ${bounds}, as integer milliseconds or a text like "30s"`,
      describe(value),
    );
  }
  return milliseconds;
}

/** A number where there is only text to give one, as in a variable of the environment or a query string. */
export function digitsOrText(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

// In code a text without a unit is refused: whoever writes "30" for 30 may as easily mean seconds as milliseconds.
function isDurationText(value: string): value is ms.StringValue {
  return /^\d+(\.\d+)?\s?[a-z]+$/i.test(value) && ms(value as ms.StringValue) !== undefined;
}

/**
 * Reads a moment.
 *
 * @param value integer milliseconds since the epoch, a `Date`, or ISO 8601 with `Z` or an offset
 * @returns integer milliseconds since the epoch
 * @throws {ValidationError} when it cannot be read
 * @example parseInstant("2026-11-24T09:00:00Z", "eta") // 1_795_510_800_000
 */
export function parseInstant(value: unknown, field: string): number {
  const instant = readInstant(value);
  if (!Number.isSafeInteger(instant) || instant < 0 || instant > LAST_INSTANT) {
    // Most callers can give no Date, for they come by HTTP.
    const expected = "integer milliseconds since 1970, or ISO 8601 with its zone, before the year 10000";
    throw new ValidationError(field, expected, value instanceof Date ? "an invalid Date" : describe(value));
  }
  return instant;
}

function readInstant(value: unknown): number {
  if (typeof value === "number") return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "string") return Number.NaN;
  const day = ISO_8601.exec(value)?.[1];
  // V8 reads 30 February as 2 March: a day that does not survive the round trip does not exist.
  if (day === undefined || new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) !== day) return Number.NaN;
  return Date.parse(value);
}
