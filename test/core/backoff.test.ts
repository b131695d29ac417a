import { describe, expect, it } from "vitest";
import { backoffDelay, DEFAULT_BACKOFF, fullJitterDelay } from "../../src/core/backoff.ts";
import { ValidationError } from "../../src/core/errors.ts";
import { defineTask } from "../../src/core/registry.ts";
import { type BackoffOptions, parseRetries, type RetryOptions } from "../../src/core/retries.ts";

const HOUR = 3_600_000;

describe("the delay before the next attempt", () => {
  it("is base * 2^failures", () => {
    expect([1, 2, 3, 4, 10].map((failures) => backoffDelay(failures, 0))).toEqual([
      2_000, 4_000, 8_000, 16_000, 1_024_000,
    ]);
  });

  it("is up to a quarter longer by jitter", () => {
    expect(backoffDelay(3, 0.5)).toBe(9_000);
    expect(backoffDelay(3, 0.999_999_9)).toBe(10_000);
  });

  it("is at most one hour, jitter included", () => {
    for (const failures of [12, 13, 30, 1_001, 100_000]) {
      for (const random of [0, 0.5, 0.999]) expect(backoffDelay(failures, random)).toBe(HOUR);
    }
    expect(backoffDelay(11, 0)).toBe(2_048_000);
    expect(backoffDelay(11, 0.999)).toBeLessThanOrEqual(HOUR);
  });

  it("is an integer, and never shorter after more failures", () => {
    let last = 0;
    for (let failures = 1; failures <= 40; failures++) {
      const delay = backoffDelay(failures, 0.123_456);
      expect(Number.isSafeInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThanOrEqual(last);
      last = delay;
    }
  });

  it("can be given another base, cap and jitter", () => {
    expect(backoffDelay(2, 0.5, { base: 10, cap: 100, jitter: 1 })).toBe(60);
    expect(DEFAULT_BACKOFF).toEqual({ base: 1_000, cap: HOUR, jitter: 0.25 });
  });
});

describe("the delay before a database call is tried again", () => {
  it("is anything from nothing to its bound, which doubles from 50 ms to 2 s", () => {
    expect([1, 2, 3, 6, 7, 50].map((attempt) => fullJitterDelay(attempt, 0))).toEqual([0, 0, 0, 0, 0, 0]);
    expect([1, 2, 3, 6, 7, 50].map((attempt) => fullJitterDelay(attempt, 0.999_999))).toEqual([
      50, 100, 200, 1_600, 2_000, 2_000,
    ]);
  });
});

describe("the backoff of a definition", () => {
  const error = undefined;
  const delays = (backoff: BackoffOptions, count: number, random = 0) =>
    Array.from({ length: count }, (_, index) => parseRetries({ backoff }).delay(index + 1, error, random));

  it("exponential: base * factor^failures up to its cap, with the defaults of a task that says nothing", () => {
    expect(delays({ type: "exponential" }, 3)).toEqual([2_000, 4_000, 8_000]);
    expect(delays({ type: "exponential" }, 15, 0.999).at(-1)).toBe(3_600_000);
    expect(delays({ type: "exponential", base: "10s", factor: 3, cap: "4m" }, 4)).toEqual([
      30_000, 90_000, 240_000, 240_000,
    ]);
  });

  it("linear: step * failures up to its cap", () => {
    expect(delays({ type: "linear", step: "1m", cap: "150s" }, 3)).toEqual([60_000, 120_000, 150_000]);
    expect(delays({ type: "linear", step: "1m", jitter: 0 }, 1, 0.5)).toEqual([60_000]);
    expect(delays({ type: "linear", step: "1m" }, 1, 0.5)).toEqual([67_500]);
  });

  it("fixed: always the same, with a jitter only where it is asked for", () => {
    expect(delays({ type: "fixed", delay: "5s" }, 2, 0.9)).toEqual([5_000, 5_000]);
    expect(delays({ type: "fixed", delay: "5s", jitter: 1 }, 1, 0.5)).toEqual([7_500]);
  });

  it("a list: one for each failure, the last one repeats", () => {
    expect(delays(["1s", 0, "1h"], 5, 0.9)).toEqual([1_000, 0, 3_600_000, 3_600_000, 3_600_000]);
  });

  it("a delay is an integer from 0 to a year, however many failures there are", () => {
    const { delay } = parseRetries({
      backoff: { type: "exponential", base: "1d", factor: 100, cap: "366d" },
    });
    expect(delay(1_000, error, 0.9)).toBe(366 * 86_400_000);
    expect(delays({ type: "exponential", base: 0 }, 2, 0.5)).toEqual([0, 0]);
  });

  it.each([
    ["backoff.type", '{ "type": "cubic" }'],
    ["backoff.base", '{ "type": "exponential", "base": "soon" }'],
    ["backoff.base", '{ "type": "exponential", "base": -1 }'],
    ["backoff.factor", '{ "type": "exponential", "factor": 0.5 }'],
    ["backoff.cap", '{ "type": "exponential", "base": "2h" }'],
    ["backoff.jitter", '{ "type": "exponential", "jitter": 1.5 }'],
    ["backoff.step", '{ "type": "linear" }'],
    ["backoff.cap", '{ "type": "linear", "step": "1m", "cap": "1s" }'],
    ["backoff.delay", '{ "type": "fixed" }'],
    ["backoff[1]", '["1s", "soon"]'],
    ["backoff", "[]"],
    ["backoff", "null"],
    ["backoff", "5"],
  ])("is refused as the task is defined, naming %s: %s", (field, text) => {
    const backoff: BackoffOptions = JSON.parse(text);
    const define = () => defineTask("test.bad", { backoff, run: () => null });
    expect(define).toThrow(ValidationError);
    expect(define).toThrow(expect.objectContaining({ field }));
  });

  it("retryIf is refused where it is no function", () => {
    const given: RetryOptions = JSON.parse('{ "retryIf": true }');
    const define = () => defineTask("test.bad", { ...given, run: () => null });
    expect(define).toThrow(expect.objectContaining({ field: "retryIf" }));
  });
});
