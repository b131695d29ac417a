import { describe, expect, it } from "vitest";
import { backoffDelay, DEFAULT_BACKOFF, fullJitterDelay } from "../../src/core/backoff.ts";

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
