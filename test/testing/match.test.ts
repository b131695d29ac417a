import { describe, expect, it } from "vitest";
import { findMismatches, show } from "../../src/testing/match.ts";

const mismatch = (path: string, expected: string, got: string) => [{ path, expected, got }];

describe("what is expected in part of a value", () => {
  it.each([
    ["equal texts", "a", "a"],
    ["members that are not named", { a: 1 }, { a: 1, b: 2 }],
    ["members at any depth", { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 1, d: 2 }], e: 3 } }],
    ["text that a RegExp finds", { to: /@example/ }, { to: "a@example.com" }],
    ["what a matcher of the test framework takes", { id: expect.any(String) }, { id: "x" }],
    ["null where null is expected", { a: null }, { a: null }],
    ["a member expected to be undefined that is not there", { a: undefined }, {}],
    ["nothing expected of an object", {}, { a: 1 }],
  ])("is met by %s", (_, expected, value) => {
    expect(findMismatches(expected, value, "input")).toEqual([]);
  });

  it.each([
    ["another value", { a: 1 }, { a: 2 }, mismatch("input.a", "1", "2")],
    ["one that is not there", { a: { b: 1 } }, {}, mismatch("input.a", '{"b":1}', "undefined")],
    ["an array of another length", { a: [1] }, { a: [1, 2] }, mismatch("input.a", "[1]", "[1,2]")],
    ["an item of an array", { a: [1, 2] }, { a: [1, 3] }, mismatch("input.a[1]", "2", "3")],
    ["an array for an object", { a: {} }, { a: [] }, mismatch("input.a", "{}", "[]")],
    ["a number for a RegExp", { a: /1/ }, { a: 1 }, mismatch("input.a", "/1/", "1")],
    ["what a matcher refuses", { a: expect.any(String) }, { a: 1 }, mismatch("input.a", "Any<String>", "1")],
    ["an inherited member", { toString: 1 }, {}, mismatch("input.toString", "1", "undefined")],
    ["null for an object", { a: {} }, { a: null }, mismatch("input.a", "{}", "null")],
  ])("is told of %s, with its path", (_, expected, value, mismatches) => {
    expect(findMismatches(expected, value, "input")).toEqual(mismatches);
  });

  it("is shown with its matchers by name", () => {
    expect(show({ to: /@/, id: expect.any(String), n: [1] })).toBe('{"to":"/@/","id":"Any<String>","n":[1]}');
  });

  it("cuts what is long", () => {
    const [found] = findMismatches({ a: 1 }, { a: { text: "x".repeat(1_000) } }, "input");
    expect(found?.got).toHaveLength(203);
  });
});
