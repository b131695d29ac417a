import { describe, expect, it } from "vitest";
import { describe as describeValue } from "../../src/core/describe.ts";

describe("how a value is shown in an error", () => {
  for (const [value, shown] of [
    ["text", '"text"'],
    ["x".repeat(200), `"${"x".repeat(80)}..."`],
    ["\u0000", '"\\u0000"'],
    [7, "7"],
    [7n, "7n"],
    [null, "null"],
    [undefined, "undefined"],
    [[1, 2], "an array of 2"],
    [{ secret: 1 }, "an object of type Object"],
    [new Map(), "an object of type Map"],
    [Object.create(null), "an object of type null"],
    [() => 1, "a function"],
    [Symbol("s"), "Symbol(s)"],
  ] as const) {
    it(`${shown}`, () => expect(describeValue(value)).toBe(shown));
  }
});
