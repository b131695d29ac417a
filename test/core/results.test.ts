import { describe, expect, it } from "vitest";
import { chooseResult, type Ending, mayHaveResult } from "../../src/core/results.ts";
import type { TaskResult, TaskStatus } from "../../src/core/task.ts";
import { NOW, newTask, taskError } from "../support/tasks.ts";

const { id } = newTask();
const INTERVAL = 1_000;

function ending(status: TaskStatus, attempts: number, interval: number | null = null): Ending {
  const lastError = status === "FAILED" ? taskError() : null;
  return {
    id,
    status,
    attempts,
    interval,
    updatedAt: NOW + 9,
    lastAttemptAt: NOW,
    lastError,
    onSuccess: "keep",
  };
}

function success(attempts: number): TaskResult {
  const times = { finishedAt: NOW + 5, lastAttemptAt: NOW };
  return { taskId: id, status: "SUCCESS", result: attempts, error: null, attempts, ...times };
}

const table: readonly [name: string, task: Ending, stored: TaskResult | null, serves: boolean][] = [
  ["a SUCCESS: the result of its final attempt", ending("SUCCESS", 2), success(2), true],
  ["a SUCCESS: no earlier attempt's", ending("SUCCESS", 2), success(1), false],
  ["a SUCCESS: none where none is on file", ending("SUCCESS", 2), null, false],
  ["a task that runs: no attempt's that was never settled", ending("RUNNING", 2), success(1), false],
  ["a task that waits for its retry: the same", ending("RETRYING", 1), success(1), false],
  ["an interval task between two runs: the last one's", ending("PENDING", 2, INTERVAL), success(2), true],
  ["an interval task that runs: the run's before", ending("RUNNING", 2, INTERVAL), success(1), true],
  ["an interval task that runs: not yet this run's", ending("RUNNING", 2, INTERVAL), success(2), false],
  ["an interval task before its first run: none", ending("PENDING", 0, INTERVAL), null, false],
];

describe("the result that is served", () => {
  it.each(table)("%s", (_, task, stored, serves) => {
    expect(chooseResult(task, stored)).toEqual(serves ? stored : null);
  });

  it("is looked for wherever one could be served", () => {
    for (const [, task, , serves] of table) if (serves) expect(mayHaveResult(task)).toBe(true);
  });

  it("is not looked for where none can be", () => {
    expect(mayHaveResult(ending("PENDING", 0))).toBe(false);
    expect(mayHaveResult(ending("RUNNING", 1, INTERVAL))).toBe(false);
    expect(mayHaveResult(ending("CANCELLED", 2, INTERVAL))).toBe(false);
  });

  it("of a FAILED task is its own last error where none is on file", () => {
    const served = { status: "FAILED", result: null, error: taskError(), attempts: 2, finishedAt: NOW + 9 };
    expect(chooseResult(ending("FAILED", 2), success(1))).toMatchObject(served);
  });

  it("of a CANCELLED task says so, whatever an attempt has left behind", () => {
    const served = { status: "CANCELLED", result: null, error: null, attempts: 2, finishedAt: NOW + 9 };
    expect(chooseResult(ending("CANCELLED", 2), success(2))).toMatchObject(served);
  });
});
