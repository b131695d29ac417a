import { describe, expect, it } from "vitest";
import { listFirings, momentsOf, parseTiming } from "../../src/core/timing.ts";

/** The first firings after a moment, as ISO 8601 without milliseconds. */
function firings(cron: string, timezone: string, after: string, count: number): string[] {
  const timing = parseTiming(cron, timezone);
  const nextAt = momentsOf(timing, 0).after(Date.parse(after));
  return listFirings(timing, nextAt, count).map((at) => new Date(at).toISOString().slice(0, 16));
}

// Written by hand. The clock changes:
//   Europe/Paris         2026-03-29 01:00Z 02:00 -> 03:00 (+1 -> +2), 2026-10-25 01:00Z 03:00 -> 02:00
//   America/New_York     2026-03-08 07:00Z 02:00 -> 03:00 (-5 -> -4), 2026-11-01 06:00Z 02:00 -> 01:00
//   Australia/Lord_Howe  2026-10-03 15:30Z 02:00 -> 02:30 (+10:30 -> +11), 2026-04-04 15:00Z 02:00 -> 01:30
//   Asia/Kathmandu       +5:45, never
const TABLE: readonly [what: string, cron: string, zone: string, after: string, expected: string[]][] = [
  [
    "a daily time in the gap fires once, at the first moment after it",
    ...(["30 2 * * *", "Europe/Paris", "2026-03-28T00:00Z"] as const),
    ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"],
  ],
  [
    "a daily time in the overlap fires once, at the first of the two",
    ...(["30 2 * * *", "Europe/Paris", "2026-10-24T00:00Z"] as const),
    ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
  ],
  [
    "a daily time outside of them keeps its wall clock",
    ...(["0 9 * * *", "Europe/Paris", "2026-03-28T00:00Z"] as const),
    ["2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"],
  ],
  [
    "the end of the gap is a time of its own",
    ...(["0 3 * * *", "Europe/Paris", "2026-03-28T12:00Z"] as const),
    ["2026-03-29T01:00", "2026-03-30T01:00"],
  ],
  [
    "several times of one gap fire once together",
    ...(["0,30 2 * * *", "Europe/Paris", "2026-03-28T12:00Z"] as const),
    ["2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:30"],
  ],
  [
    "an hourly job fires every real hour over the gap",
    ...(["0 * * * *", "Europe/Paris", "2026-03-28T23:30Z"] as const),
    ["2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"],
  ],
  [
    "an hourly job fires every real hour over the overlap",
    ...(["0 * * * *", "Europe/Paris", "2026-10-24T23:30Z"] as const),
    ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"],
  ],
  [
    "minutes by a step in one hour fire on both passes of an overlap",
    ...(["*/30 2 * * *", "Europe/Paris", "2026-10-24T23:00Z"] as const),
    ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-26T01:00"],
  ],
  [
    "minutes by a step in one hour do not fire where a gap takes the hour",
    ...(["*/30 2 * * *", "Europe/Paris", "2026-03-28T12:00Z"] as const),
    ["2026-03-30T00:00", "2026-03-30T00:30"],
  ],
  [
    "with seconds first, the same",
    ...(["0 30 2 * * *", "Europe/Paris", "2026-03-28T12:00Z"] as const),
    ["2026-03-29T01:00", "2026-03-30T00:30"],
  ],
  [
    "a daily time in the gap",
    ...(["15 2 * * *", "America/New_York", "2026-03-07T00:00Z"] as const),
    ["2026-03-07T07:15", "2026-03-08T07:00", "2026-03-09T06:15"],
  ],
  [
    "a daily time in the overlap",
    ...(["15 1 * * *", "America/New_York", "2026-10-31T00:00Z"] as const),
    ["2026-10-31T05:15", "2026-11-01T05:15", "2026-11-02T06:15"],
  ],
  [
    "an hourly job over the overlap",
    ...(["0 * * * *", "America/New_York", "2026-11-01T04:30Z"] as const),
    ["2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T07:00"],
  ],
  [
    "a daily time in a gap of half an hour",
    ...(["15 2 * * *", "Australia/Lord_Howe", "2026-10-02T12:00Z"] as const),
    ["2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"],
  ],
  [
    "a daily time in an overlap of half an hour",
    ...(["45 1 * * *", "Australia/Lord_Howe", "2026-04-03T12:00Z"] as const),
    ["2026-04-03T14:45", "2026-04-04T14:45", "2026-04-05T15:15"],
  ],
  [
    "a quarter-hourly job over an overlap of half an hour",
    ...(["*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:20Z"] as const),
    ["2026-04-04T14:30", "2026-04-04T14:45", "2026-04-04T15:00", "2026-04-04T15:15", "2026-04-04T15:30"],
  ],
  [
    "an hourly job fires when the wall clock shows its minute, where an hour is a half longer",
    ...(["0 * * * *", "Australia/Lord_Howe", "2026-04-04T13:30Z"] as const),
    ["2026-04-04T14:00", "2026-04-04T15:30", "2026-04-04T16:30"],
  ],
  [
    "a daily time",
    ...(["0 9 * * *", "Asia/Kathmandu", "2026-03-28T12:00Z"] as const),
    ["2026-03-29T03:15", "2026-03-30T03:15"],
  ],
  [
    "an hourly job",
    ...(["0 * * * *", "Asia/Kathmandu", "2026-10-24T23:30Z"] as const),
    ["2026-10-25T00:15", "2026-10-25T01:15"],
  ],
];

describe("firings by the wall clock", () => {
  it.each(TABLE)("%s: %s %s after %s", (_, cron, zone, after, expected) => {
    expect(firings(cron, zone, after, expected.length)).toEqual(expected);
  });

  const ZONES = ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];
  it.each(ZONES)("each daily time fires once a day in all of a year in %s", (zone) => {
    for (const cron of [
      "0 0 * * *",
      "30 1 * * *",
      "45 1 * * *",
      "0 2 * * *",
      "15 2 * * *",
      "59 2 * * *",
      "0 3 * * *",
    ]) {
      const dates = firings(cron, zone, "2025-12-31T12:00Z", 366).map((at) =>
        new Date(`${at}Z`).toLocaleDateString("sv", { timeZone: zone }),
      );
      expect(new Set(dates).size, cron).toBe(366);
    }
  });

  it.each(ZONES)(
    "the last firing up to a moment is the one before the next, in all of a year in %s",
    (zone) => {
      for (const cron of ["30 2 * * *", "45 1 * * *", "0 */6 * * *"]) {
        const timing = parseTiming(cron, zone);
        const all = listFirings(timing, momentsOf(timing, 0).after(Date.parse("2026-01-01T00:00Z")), 1_000);
        const moments = momentsOf(timing, 0);
        for (const [index, at] of all.entries()) {
          expect(moments.upTo(at), `${cron} ${new Date(at).toISOString()}`).toBe(at);
          if (index > 0) expect(moments.upTo(at - 1)).toBe(all[index - 1]);
        }
      }
    },
  );
});

describe("firings by an interval", () => {
  const moments = momentsOf(parseTiming({ every: "5m" }, "UTC"), 1_000_000);

  it("are counted from one of them, to both sides", () => {
    expect(moments.after(1_000_000)).toBe(1_300_000);
    expect(moments.after(1_299_999)).toBe(1_300_000);
    expect(moments.after(1_000_000 - 1)).toBe(1_000_000);
    expect(moments.upTo(1_299_999)).toBe(1_000_000);
    expect(moments.upTo(1_300_000)).toBe(1_300_000);
  });
});

describe("a timing", () => {
  it.each(["0 9 * * 1-5", "*/10 0 9 * * MON-FRI", "@daily", "0 0 L * *", "0 0 29 2 *"])(
    "%j is taken",
    (cron) => {
      expect(parseTiming(cron, "UTC")).toEqual({ cron, every: null, timezone: "UTC" });
    },
  );

  it("is stored with single spaces", () => {
    expect(parseTiming("  0   9 * * * ", "UTC").cron).toBe("0 9 * * *");
  });

  it.each([
    "",
    "* * * *",
    "* * * * * * *",
    "60 * * * *",
    "a b c d e",
    "@reboot",
    "0 0 31 2 *",
    "2027-01-01T00:00:00",
  ])("%j is refused by name", (cron) => {
    expect(() => parseTiming(cron, "UTC")).toThrow(/^expected cron to be/);
  });

  it.each(["Europe/Atlantis", "+02:00", "", 1])("of the time zone %j is refused", (zone) => {
    expect(() => parseTiming("* * * * *", zone)).toThrow(/^expected timezone to be an IANA time zone/);
  });

  it.each(["999ms", 0, "2y", "often"])("every %j is refused", (every) => {
    expect(() => parseTiming({ every }, "UTC")).toThrow(/^expected every to be a duration/);
  });
});
