import { describe, expect, it } from "vitest";
import { describe as describeValue } from "../../src/core/describe.ts";
import { parseDuration, parseInstant, parseInteger } from "../../src/core/duration.ts";
import { ValidationError } from "../../src/core/errors.ts";

const RANGE = { min: 1, max: 86_400_000 };

describe("parseDuration", () => {
  for (const [given, milliseconds] of [
    [1, 1],
    [86_400_000, 86_400_000],
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1.5h", 5_400_000],
    ["1d", 86_400_000],
    ["2 minutes", 120_000],
    ["0.5s", 500],
    ["1.6ms", 2],
  ] as const) {
    it(`reads ${JSON.stringify(given)} as ${milliseconds} ms`, () => {
      expect(parseDuration(given, "timeout", RANGE)).toBe(milliseconds);
    });
  }

  for (const given of [
    0,
    -1,
    1.5,
    86_400_001,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "30",
    "",
    "s",
    "-5s",
    "5 parsecs",
    "25h",
    `${"9".repeat(200)}s`,
    true,
    null,
    undefined,
    [],
    {},
    10n,
    new Date(5),
  ]) {
    it(`refuses ${typeof given} ${describeValue(given)} and names the field`, () => {
      expect(() => parseDuration(given, "timeout", RANGE)).toThrow(ValidationError);
      expect(() => parseDuration(given, "timeout", RANGE)).toThrow(
        `expected timeout to be a duration from 1ms to 1d, as integer milliseconds or a text like "30s", got ${describeValue(given)}`,
      );
    });
  }
});

describe("parseInstant", () => {
  const expected = Date.parse("2026-11-24T09:00:00Z");

  for (const given of [
    expected,
    new Date(expected),
    "2026-11-24T09:00:00Z",
    "2026-11-24T09:00Z",
    "2026-11-24T09:00:00.000Z",
    "2026-11-24T09:00:00.000000Z",
    "2026-11-24T11:00:00+02:00",
    "2026-11-24T03:30:00-05:30",
  ]) {
    it(`reads ${JSON.stringify(given)}`, () => {
      expect(parseInstant(given, "eta")).toBe(expected);
    });
  }

  for (const given of [
    true,
    null,
    undefined,
    -1,
    1.5,
    Number.NaN,
    253_402_300_800_000,
    "",
    "tomorrow",
    "2026-11-24",
    "2026-11-24T09:00:00",
    "2026-02-30T09:00:00Z",
    "2026-13-01T09:00:00Z",
    "2026-11-24T25:00:00Z",
    "1969-12-31T23:59:59Z",
    "24 Nov 2026 09:00:00 GMT",
    new Date(Number.NaN),
    [expected],
    { valueOf: () => expected },
  ]) {
    it(`refuses ${typeof given} ${describeValue(given)} and names the field`, () => {
      expect(() => parseInstant(given, "eta")).toThrow(ValidationError);
      expect(() => parseInstant(given, "eta")).toThrow(/^expected eta to be integer milliseconds since 1970/);
    });
  }

  it("takes the last millisecond of the year 9999", () => {
    expect(parseInstant("9999-12-31T23:59:59.999Z", "eta")).toBe(253_402_300_799_999);
  });
});

describe("parseInteger", () => {
  const range = { min: 0, max: 9 };

  it("takes the bounds and what is between them", () => {
    expect([0, 5, 9].map((value) => parseInteger(value, "priority", range))).toEqual([0, 5, 9]);
  });

  for (const given of [-1, 10, 0.5, Number.NaN, Number.POSITIVE_INFINITY, "5", true, null, 5n, 2 ** 53]) {
    it(`refuses ${typeof given} ${String(given)} and names the field`, () => {
      expect(() => parseInteger(given, "priority", range)).toThrow(
        /^expected priority to be an integer from 0 to 9, got /,
      );
    });
  }
});
