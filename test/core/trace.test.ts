import { describe, expect, it } from "vitest";
import { parseTrace } from "../../src/core/trace.ts";

describe("the headers of a trace", () => {
  it("are kept as they are given, and none are nothing", () => {
    expect(parseTrace({ traceparent: "00-a-b-01" })).toEqual({ traceparent: "00-a-b-01" });
    expect(parseTrace({})).toBeNull();
    expect(parseTrace(undefined)).toBeNull();
  });

  it.each([
    ["a text", "00-a-b-01"],
    ["an array", []],
    ["a value that is no text", { traceparent: 7 }],
    ["a lone surrogate", { traceparent: "\ud800" }],
    ["a name with a control character", { "a\n": "b" }],
    ["more than 4,096 characters", { baggage: "x".repeat(4_096) }],
  ])("are refused where they are %s", (_, value) => {
    expect(() => parseTrace(value)).toThrow("trace");
  });
});
