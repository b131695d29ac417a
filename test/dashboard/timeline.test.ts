import { describe, expect, it } from "vitest";
import { pendingTask } from "../../src/core/prepare.ts";
import type { Task } from "../../src/core/task.ts";
import { countUntold, timelineOf } from "../../src/dashboard/pages/task/timeline.ts";
import { formatDuration, formatExact, formatRelative } from "../../src/dashboard/parts/time.tsx";
import { NOW, newTask, taskError } from "../support/tasks.ts";

const SECOND = 1_000;
const task = (changes: Partial<Task> = {}): Task => ({ ...pendingTask(newTask(), NOW), ...changes });
const titles = (given: Task) => timelineOf(given, null).map(({ title }) => title);

describe("the timeline of a task", () => {
  it("tells of one that waits when it is due, what holds it, and when it expires", () => {
    expect(titles(task({ eta: NOW + SECOND }))).toEqual(["Enqueued", "Due"]);
    expect(timelineOf(task({ awaits: 2 }), null)).toMatchObject([{}, { detail: "once 2 tasks have ended" }]);
    expect(titles(task({ expiresAt: NOW + SECOND }))).toEqual([
      "Enqueued",
      "Due",
      "Expires, unless it has started",
    ]);
  });

  it("tells of one that failed each attempt that is on file, and when it is due again", () => {
    const errors = [1, 2].map((attempt) => taskError({ attempt, at: NOW + attempt * SECOND }));
    const failed = task({ status: "RETRYING", attempts: 2, failures: 2, errors, eta: NOW + 9 * SECOND });
    expect(titles({ ...failed, lastAttemptAt: NOW + 2 * SECOND - 1 })).toEqual([
      "Enqueued",
      "Attempt 1 failed",
      "Attempt 2 started",
      "Attempt 2 failed",
      "Due again",
    ]);
  });

  it("tells of one that runs until when its lease is", () => {
    const running = task({
      status: "RUNNING",
      attempts: 1,
      lastAttemptAt: NOW,
      leaseExpiresAt: NOW + SECOND,
    });
    expect(titles(running)).toEqual(["Enqueued", "Attempt 1 started", "Lease ends, unless renewed"]);
  });

  it("tells how it ended, after how long, and why it was cancelled", () => {
    const ended = { updatedAt: NOW + 2 * SECOND, lastAttemptAt: NOW + SECOND, attempts: 1 };
    expect(timelineOf(task({ status: "SUCCESS", ...ended }), null).at(-1)).toMatchObject({
      title: "Succeeded",
      detail: "after 1 s",
    });
    expect(timelineOf(task({ status: "CANCELLED", cancelReason: "expired" }), null).at(-1)).toMatchObject({
      title: "Cancelled",
      detail: "it had not started in time",
    });
  });

  it("counts the attempts of which nothing is on file", () => {
    expect(countUntold({ attempts: 0, errors: [] })).toBe(0);
    expect(countUntold({ attempts: 1, errors: [] })).toBe(0);
    expect(countUntold({ attempts: 5, errors: [taskError({ attempt: 2 })] })).toBe(3);
    expect(countUntold({ attempts: 2, errors: [1, 2].map((attempt) => taskError({ attempt })) })).toBe(0);
  });
});

describe("times on a page", () => {
  it.each([
    [0, "now"],
    [999, "now"],
    [1_999, "1 s ago"],
    [90_000, "1 min ago"],
    [-7_200_000, "in 2 h"],
    [3 * 86_400_000, "3 d ago"],
  ])("%d ms before now is %s", (distance, text) => {
    expect(formatRelative(NOW - distance, NOW)).toBe(text);
  });

  it.each([
    [0, "0 ms"],
    [12, "12 ms"],
    [1_500, "1.5 s"],
    [25_000, "25 s"],
    [5_400_000, "1.5 h"],
  ])("%d ms take %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("are told exactly in UTC", () => {
    expect(formatExact(NOW)).toBe("2026-11-24 09:00:00.000 UTC");
  });
});
