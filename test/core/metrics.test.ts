import { describe, expect, it } from "vitest";
import { Metrics } from "../../src/core/metrics.ts";
import { taskError } from "../support/tasks.ts";

const task = { id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64", attempts: 1, funcPath: "f", queue: "mail" };

describe("metrics", () => {
  it("count by queue what began and how it ended, and durations up to each bound", () => {
    const metrics = new Metrics();
    metrics.note({ type: "task.started", task });
    metrics.note({ type: "task.succeeded", task, duration: 10 });
    metrics.note({ type: "task.retrying", task, error: taskError(), retryAt: 5, duration: 11 });
    metrics.note({
      type: "task.failed",
      task: { ...task, queue: "other" },
      error: taskError(),
      duration: 9e9,
    });
    metrics.note({ type: "tasks.purged", count: 3 });
    expect(metrics.counts).toEqual([
      {
        queue: "mail",
        started: 1,
        succeeded: 1,
        failed: 0,
        retried: 1,
        duration: 21,
        durations: [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
      },
      {
        queue: "other",
        started: 0,
        succeeded: 0,
        failed: 1,
        retried: 0,
        duration: 9e9,
        durations: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      },
    ]);
  });
});
