import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { LOG_LEVELS } from "../../src/core/log.ts";
import { consoleLogger, listen } from "../../src/runtime/log.ts";
import { taskError } from "../support/tasks.ts";

const lines: { level: string; line: Record<string, unknown> }[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation(
      (text: string) => void lines.push({ level, line: JSON.parse(text) }),
    );
  }
});
afterEach(() => vi.restoreAllMocks());

const task = {
  id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64",
  attempts: 2,
  funcPath: "mail.send",
  queue: "mail",
  kwargs: { to: "secret" },
};

describe("the log", () => {
  it("writes one JSON object a line to the console's method of its level", () => {
    consoleLogger("debug").warn("careful", { count: 2 });
    expect(lines).toEqual([{ level: "warn", line: { level: "warn", message: "careful", count: 2 } }]);
  });

  it.each(LOG_LEVELS.map((level, index) => [level, 4 - index]))(
    "at %s writes %d of the four levels",
    (level, count) => {
      const log = consoleLogger(level);
      for (const own of ["debug", "info", "warn", "error"] as const) log[own]("line");
      expect(lines).toHaveLength(count);
    },
  );

  it("describes what JSON cannot hold, and keeps the rest of the line", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const odd = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    consoleLogger("info").info("odd", { n: 5n, cycle, odd, list: [1, 2n], fine: { a: 1 } });
    expect(lines[0]?.line).toEqual({
      level: "info",
      message: "odd",
      n: "5n",
      cycle: "an object of type Object",
      odd: "an object of type Object",
      list: "an array of 2",
      fine: { a: 1 },
    });
  });

  it("tells what happened to which attempt of which task, and never its payload", () => {
    const onEvent = listen(consoleLogger("debug"));
    const error = taskError({ message: "no answer" });
    const events: QueueEvent[] = [
      { type: "task.started", task },
      { type: "task.succeeded", task, duration: 7 },
      { type: "task.retrying", task, error, retryAt: 7, duration: 7 },
      { type: "task.failed", task, error, duration: 7 },
      { type: "task.snoozed", task, until: 7 },
      { type: "task.released", task },
      { type: "task.unknown", task },
      { type: "task.lost", task },
      { type: "task.rescued", task, outcome: "failed" },
      { type: "task.cancelled", task, reason: "expired" },
    ];
    for (const event of events) onEvent(event);
    expect(lines.map(({ level }) => level).join(" ")).toBe(
      "debug info warn error info info warn warn warn warn",
    );
    for (const { line } of lines)
      expect(line).toMatchObject({ taskId: task.id, attempt: 2, funcPath: "mail.send", queue: "mail" });
    expect(lines[2]?.line).toMatchObject({ message: "task retrying", error: "Error: no answer", retryAt: 7 });
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("tells what a definition's own backoff or retryIf has thrown", () => {
    const subject = { id: task.id, attempts: 2, funcPath: "mail.send" };
    listen(consoleLogger("debug"))({
      type: "retry.failed",
      task: subject,
      during: "backoff",
      thrown: new TypeError("no"),
    });
    expect(lines.map(({ line }) => line)).toEqual([
      {
        level: "error",
        message: "retry failed",
        taskId: task.id,
        attempt: 2,
        funcPath: "mail.send",
        during: "backoff",
        error: "TypeError: no",
      },
    ]);
  });

  it("tells of the database's errors and of purges", () => {
    const onEvent = listen(consoleLogger("debug"));
    onEvent({ type: "storage.failed", during: "claim", error: new TypeError("no") });
    onEvent({ type: "storage.failed", during: "claim", error: "text" });
    onEvent({ type: "tasks.purged", count: 3 });
    expect(lines.map(({ line }) => line)).toEqual([
      { level: "error", message: "storage failed", during: "claim", error: "TypeError: no" },
      { level: "error", message: "storage failed", during: "claim", error: "text" },
      { level: "info", message: "tasks purged", count: 3 },
    ]);
  });

  it("tells where a promise of the caller's own listener rejects", async () => {
    listen(consoleLogger("error"), async () => {
      throw new TypeError("no");
    })({ type: "tasks.purged", count: 3 });
    await Promise.resolve();
    expect(lines).toMatchObject([
      { line: { message: "the event listener failed", type: "tasks.purged", error: "TypeError: no" } },
    ]);
  });

  it("comes before the listener of the caller's own, and tells where that throws", () => {
    const heard: number[] = [];
    const onEvent = listen(consoleLogger("info"), () => {
      heard.push(lines.length);
      throw new TypeError("no");
    });
    onEvent({ type: "tasks.purged", count: 3 });
    expect(heard).toEqual([1]);
    expect(lines[1]).toMatchObject({
      level: "error",
      line: { message: "the event listener failed", type: "tasks.purged", error: "TypeError: no" },
    });
  });
});
