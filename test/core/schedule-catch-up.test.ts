import { describe, expect, it } from "vitest";
import { type CatchUpPolicy, chooseFirings } from "../../src/core/catch-up.ts";

const MINUTE = 60_000;
const DUE = Date.parse("2026-11-24T09:00:00Z");
const at = (minutes: number) => DUE + minutes * MINUTE;

const policy = (overrides: Partial<CatchUpPolicy> = {}): CatchUpPolicy => ({
  ...{ cron: "* * * * *", every: null, timezone: "UTC", catchUp: "last", catchUpLimit: 100 },
  ...overrides,
});

describe.each([
  ["by cron", {}],
  ["by interval", { cron: null, every: MINUTE }],
])("firings that are due %s", (_, timing) => {
  const choose = (overrides: Partial<CatchUpPolicy>, now: number) =>
    chooseFirings(policy({ ...timing, ...overrides }), DUE, now);

  it.each(["skip", "last", "all"] as const)("one that is on time fires under %s", (catchUp) => {
    expect(choose({ catchUp }, at(0.5))).toEqual({ fired: [DUE], skipped: 0, nextAt: at(1) });
  });

  it("all fires each that was missed, oldest first", () => {
    expect(choose({ catchUp: "all" }, at(3.5))).toEqual({
      ...{ fired: [at(0), at(1), at(2), at(3)], skipped: 0, nextAt: at(4) },
    });
  });

  it("all drops what exceeds its limit, and says how many", () => {
    expect(choose({ catchUp: "all", catchUpLimit: 2 }, at(3.5))).toEqual({
      ...{ fired: [at(0), at(1)], skipped: 2, nextAt: at(4) },
    });
  });

  it("last fires only the latest", () => {
    expect(choose({ catchUp: "last" }, at(3.5))).toEqual({ fired: [at(3)], skipped: 3, nextAt: at(4) });
  });

  it("skip fires none that is more than a minute late", () => {
    expect(choose({ catchUp: "skip" }, at(3.5))).toEqual({ fired: [at(3)], skipped: 3, nextAt: at(4) });
    expect(choose({ catchUp: "skip" }, at(1))).toEqual({ fired: [at(0), at(1)], skipped: 0, nextAt: at(2) });
  });

  it("what is left out is counted to 100, however long nobody was there", () => {
    const year = at(366 * 24 * 60);
    expect(choose({ catchUp: "last" }, year)).toMatchObject({ skipped: 100, fired: [year] });
    expect(choose({ catchUp: "all" }, year)).toMatchObject({ skipped: 100 });
  });
});

describe("firings that are due rarely", () => {
  const daily = { cron: "0 9 * * *" };

  it("skip makes none of a daily one that is an hour late, and goes on the next day", () => {
    expect(chooseFirings(policy({ ...daily, catchUp: "skip" }), DUE, at(60))).toEqual({
      ...{ fired: [], skipped: 1, nextAt: at(24 * 60) },
    });
  });

  it("last makes one of a daily one that is an hour late", () => {
    expect(chooseFirings(policy(daily), DUE, at(60))).toEqual({
      ...{ fired: [DUE], skipped: 0, nextAt: at(24 * 60) },
    });
  });

  it("one whose moment is none of its cron fires all the same", () => {
    for (const catchUp of ["skip", "last", "all"] as const) {
      expect(chooseFirings(policy({ ...daily, catchUp }), at(7), at(7))).toMatchObject({ fired: [at(7)] });
    }
  });
});
