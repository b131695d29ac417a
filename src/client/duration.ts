import { describe } from "../core/describe.ts";
import type { Duration, Instant } from "../core/duration.ts";
import { refuse } from "./errors.ts";

const SECOND = 1_000;
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND,
  m: 60 * SECOND,
  h: 3_600 * SECOND,
  d: 86_400 * SECOND,
  w: 604_800 * SECOND,
};

/**
 * Reads a duration that the client itself keeps to; those of tasks are read by the server.
 *
 * @param value milliseconds, Infinity included, or a number with a unit: `ms`, `s`, `m`, `h`, `d`, `w`
 * @returns milliseconds
 * @throws {OmniqError} `invalid_input`
 */
export function readDuration(value: Duration, field: string): number {
  const [, amount = "", unit = ""] =
    (typeof value === "string" && /^(\d+(?:\.\d+)?) ?(\w+)$/.exec(value)) || [];
  const milliseconds =
    typeof value === "number" ? value : Number(amount || "-1") * (UNITS[unit] ?? Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  throw refuse(field, 'a duration, as milliseconds or a text like "30s"', describe(value));
}

/** A duration for a query string, where a bare number could be taken for a moment. */
export function writeDuration(value: Duration): string {
  return typeof value === "number" ? `${value}ms` : value;
}

/** A moment for a query string. */
export function writeInstant(value: Instant | undefined): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  return value === undefined ? undefined : `${value}`;
}
