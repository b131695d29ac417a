import { describe, expect, it } from "vitest";
import { Aborted, NonRetryable, Snooze } from "../../src/core/control.ts";
import { ValidationError } from "../../src/core/errors.ts";
import { NOW } from "../support/tasks.ts";

describe("Snooze", () => {
  it("by a duration counts from now", () => {
    expect(new Snooze("5m").until(NOW)).toBe(NOW + 300_000);
    expect(new Snooze(100).until(NOW)).toBe(NOW + 100);
  });

  it("until a moment is that moment", () => {
    expect(new Snooze({ until: new Date(NOW + 700) }).until(NOW)).toBe(NOW + 700);
  });

  it("lasts 100 ms at least, as an interval does: a shorter duration is refused, an earlier moment put off", () => {
    for (const short of [0, 99, "50ms"]) {
      expect(() => new Snooze(short)).toThrow(/^expected delay to be a duration from 100ms to /);
    }
    for (const moment of [0, NOW - 7, NOW + 7])
      expect(new Snooze({ until: moment }).until(NOW)).toBe(NOW + 100);
  });

  it("refuses what it cannot read, and names the field", () => {
    expect(() => new Snooze("soon")).toThrow(/^expected delay to be a duration/);
    expect(() => new Snooze(-1)).toThrow(ValidationError);
    expect(() => new Snooze({ until: "soon" })).toThrow(/^expected until to be/);
    expect(() => new Snooze({ until: Number.NaN })).toThrow(ValidationError);
  });

  it("is an Error with a name, so that a handler's own catch can tell", () => {
    expect(new Snooze("1s")).toBeInstanceOf(Error);
    expect(new Snooze("1s").name).toBe("Snooze");
  });
});

describe("NonRetryable", () => {
  it("keeps its message and its cause", () => {
    const cause = new Error("closed");
    const error = new NonRetryable("the account is closed", { cause });
    expect(error).toMatchObject({ name: "NonRetryable", message: "the account is closed", cause });
  });
});

describe("Aborted", () => {
  it("says why", () => {
    expect(new Aborted("release")).toMatchObject({
      name: "Aborted",
      reason: "release",
      message: "the worker stops",
    });
    expect(new Aborted("lost").message).toBe("the lease is lost or the task was cancelled");
  });
});
