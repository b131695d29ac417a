import { describe, expect, it } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { firstIdAt, idTime } from "../../src/core/id.ts";
import {
  LIMITS,
  parseEta,
  parseId,
  parseNewId,
  parseShared,
  parseText,
  TASK_DEFAULTS,
} from "../../src/core/options.ts";
import { NOW } from "../support/tasks.ts";

const MINUTE = 60_000;
const DEFAULTS = { ...TASK_DEFAULTS, interval: null };

describe("a text field", () => {
  for (const text of ["a", "email.send", "ä€😀", "x".repeat(255), "with space", "'; DROP TABLE tasks --"]) {
    it(`takes ${JSON.stringify(text.slice(0, 30))}`, () => expect(parseText(text, "queue")).toBe(text));
  }

  for (const [what, value] of [
    ["an empty text", ""],
    ["256 characters", "x".repeat(256)],
    ["a lone surrogate", "a\ud800b"],
    ["a NUL", "a\u0000b"],
    ["a line break", "a\nb"],
    ["a C1 control character", "a\u0085b"],
    ["a number", 7],
    ["null", null],
    ["an array", ["a"]],
  ] as const) {
    it(`refuses ${what} and names the field`, () => {
      expect(() => parseText(value, "uniqueKey")).toThrow(ValidationError);
      expect(() => parseText(value, "uniqueKey")).toThrow(
        /^expected uniqueKey to be well-formed text of 1 to 255/,
      );
    });
  }
});

describe("an id", () => {
  const id = (instant: number) => firstIdAt(instant);

  it("carries its time", () => {
    expect(idTime(id(NOW))).toBe(NOW);
    expect(parseId(id(NOW), "id")).toBe(id(NOW));
  });

  it("is taken in upper case, and kept in lower case", () => {
    expect(parseId("01936F3E-7D00-7ABC-8DEF-0123456789AB", "id")).toBe(
      "01936f3e-7d00-7abc-8def-0123456789ab",
    );
  });

  for (const value of [
    "",
    "7",
    "01936f3e-7d00-4abc-8def-0123456789ab",
    "01936f3e-7d00-7abc-7def-0123456789ab",
    "01936f3e7d007abc8def0123456789ab",
    "{01936f3e-7d00-7abc-8def-0123456789ab}",
    "01936f3e-7d00-7abc-8def-0123456789ab\n",
    7,
    null,
  ]) {
    it(`refuses ${JSON.stringify(value)}: it is no UUIDv7`, () => {
      expect(() => parseId(value, "id")).toThrow(/^expected id to be a UUIDv7, got /);
    });
  }

  it("may be at most 5 minutes ahead of the clock", () => {
    const ahead = id(NOW + 5 * MINUTE);
    expect(parseNewId(ahead, "id", NOW)).toBe(ahead);
    expect(() => parseNewId(id(NOW + 5 * MINUTE + 1), "id", NOW)).toThrow(
      /^expected id to be a UUIDv7 at most 5 minutes ahead of the clock/,
    );
  });

  it("may be as old as you like", () => {
    expect(parseNewId(id(0), "id", NOW)).toBe(id(0));
  });

  it("firstIdAt sorts before every id of its moment and after those of the one before", () => {
    expect(firstIdAt(NOW) < "01936f3e-7d00-7abc-8def-0123456789ab").toBe(
      NOW <= idTime("01936f3e-7d00-7abc-8def-0123456789ab"),
    );
    expect(firstIdAt(NOW) > firstIdAt(NOW - 1)).toBe(true);
    expect(firstIdAt(-5)).toBe(firstIdAt(0));
  });
});

describe("eta and delay", () => {
  it("neither means now", () => expect(parseEta({}, NOW)).toBe(NOW));

  it("a delay counts from now", () => expect(parseEta({ delay: "5m" }, NOW)).toBe(NOW + 5 * MINUTE));

  it("an eta is a moment, which may have passed", () => {
    expect(parseEta({ eta: new Date(NOW + 1) }, NOW)).toBe(NOW + 1);
    expect(parseEta({ eta: 0 }, NOW)).toBe(0);
  });

  it("both are refused", () => {
    expect(() => parseEta({ eta: NOW, delay: 1 }, NOW)).toThrow(
      "expected delay to be absent where eta is given, got 1",
    );
  });

  for (const delay of [-1, "5", 1.5]) {
    it(`a delay of ${JSON.stringify(delay)} is refused`, () => {
      expect(() => parseEta({ delay }, NOW)).toThrow(/^expected delay to be a duration from 0ms/);
    });
  }
});

describe("shared options", () => {
  it("what is not given comes from the defaults", () => {
    expect(parseShared({}, DEFAULTS)).toEqual(DEFAULTS);
  });

  it("what is given is parsed and goes first", () => {
    const given = { queue: "mail", priority: 0, interval: "1h", maxRetries: 0, timeout: "20s" };
    expect(parseShared(given, DEFAULTS)).toEqual({
      queue: "mail",
      priority: 0,
      interval: 3_600_000,
      maxRetries: 0,
      timeout: 20_000,
    });
  });

  for (const [field, values] of Object.entries({
    queue: ["", "a\u0000", "x".repeat(256)],
    priority: [-1, 10, 1.5],
    interval: [0, -1, "-5m", "367d", "10"],
    maxRetries: [-1, 1_001, 0.5],
    timeout: [0, "0s", "8d", "30"],
  })) {
    for (const value of values) {
      it(`${field} ${JSON.stringify(value).slice(0, 30)} is refused by its name`, () => {
        expect(() => parseShared({ [field]: value }, DEFAULTS)).toThrow(
          expect.objectContaining({ name: "ValidationError", field }),
        );
      });
    }
  }
});

describe("the defaults", () => {
  it("of a task fit the drain that an enqueue starts", () => {
    expect(TASK_DEFAULTS).toEqual({ queue: "default", priority: 5, maxRetries: 3, timeout: 25_000 });
  });

  it("and the limits are those of the specification", () => {
    expect(LIMITS).toMatchObject({
      payloadBytes: 256 * 1024,
      resultBytes: 1024 * 1024,
      errorBytes: 8 * 1024,
      depth: 100,
      textLength: 255,
      batch: 10_000,
      idAhead: 5 * MINUTE,
      wait: { min: 0, max: 30_000 },
    });
  });
});
