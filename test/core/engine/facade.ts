import { describe, expect, it } from "vitest";
import {
  IdConflictError,
  TaskNotFoundError,
  TaskPurgedError,
  TaskStatusError,
  ValidationError,
} from "../../../src/core/errors.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { newTask } from "../../support/tasks.ts";
import { type EngineContext, MINUTE, pause, until } from "./context.ts";

const quick = defineTask<{ n?: number }>("test.quick", { run: ({ n = 0 }) => ({ n }) });
const DAY = 24 * 60 * MINUTE;

export function describeFacade(context: EngineContext): void {
  const count = async (table: string) => {
    const [row] = await context.database.sql(`SELECT count(*) AS count FROM ${table}`);
    return row?.count;
  };

  describe("the queue", () => {
    it("applies what the enqueue says before the definition, and that before the queue's defaults", async () => {
      const defaults = { queue: "of the queue", maxRetries: 7, timeout: 1_000, priority: 1 };
      const task = defineTask("test.task", { queue: "of the task", maxRetries: 5, run: () => "done" });
      const queue = context.queue([task], { defaults });
      const { id } = await queue.enqueue(task, {}, { queue: "of the enqueue" });
      expect(await queue.get(id)).toMatchObject({
        queue: "of the enqueue",
        maxRetries: 5,
        timeout: 1_000,
        priority: 1,
      });
    });

    it("answers an id or a unique key that is there already with duplicate: true", async () => {
      const queue = context.queue([quick]);
      const { id } = newTask();
      expect(await queue.enqueue(quick, { n: 1 }, { id })).toEqual({ id, duplicate: false });
      expect(await queue.enqueue(quick, { n: 1 }, { id })).toEqual({ id, duplicate: true });
      await expect(queue.enqueue(quick, { n: 2 }, { id })).rejects.toThrow(IdConflictError);
      const first = await queue.enqueue(quick, {}, { uniqueKey: "one" });
      expect(await queue.enqueue(quick, {}, { uniqueKey: "one" })).toEqual({ ...first, duplicate: true });
      expect(await count("tasks")).toBe(2);
    });

    it("enqueues many, all or nothing, and names the request at fault", async () => {
      const queue = context.queue([quick]);
      const requests = [0, 1, 2].map((n) => enqueueRequest(quick, { n }, n === 2 ? { eta: "tomorrow" } : {}));
      await expect(queue.enqueueMany(requests)).rejects.toMatchObject({
        field: "tasks[2].eta",
        got: '"tomorrow"',
      });
      expect(await count("tasks")).toBe(0);
      const receipts = await queue.enqueueMany(requests.slice(0, 2));
      expect(receipts).toMatchObject([{ duplicate: false }, { duplicate: false }]);
      expect(await queue.get(receipts[1]?.id ?? "")).toMatchObject({ kwargs: { n: 1 } });
    });

    it("enqueues by name what comes from outside, and says whether it may start now", async () => {
      const queue = context.queue([quick]);
      const { task, ...first } = await queue.submit({
        funcPath: "test.quick",
        kwargs: { n: 1 },
        uniqueKey: "one",
      });
      expect(first).toEqual({ duplicate: false, due: true });
      expect(await queue.get(task.id)).toEqual(task);
      const again = await queue.submit({ funcPath: "test.quick", uniqueKey: "one" });
      expect(again).toEqual({ task, duplicate: true, due: false });
      const later = await queue.submit({ funcPath: "test.quick", delay: "1h" });
      expect(later).toMatchObject({ duplicate: false, due: false, task: { kwargs: {} } });
      await expect(queue.submit({ funcPath: "test.none" })).rejects.toMatchObject({ field: "funcPath" });
    });

    it("enqueues many by name, all or nothing, by a key of the caller's only once", async () => {
      const queue = context.queue([quick]);
      const requests = [{ funcPath: "test.quick" }, { funcPath: "test.none" }];
      await expect(queue.submitMany(requests)).rejects.toMatchObject({
        code: "unknown_task",
        field: "tasks[1].funcPath",
      });
      expect(await count("tasks")).toBe(0);
      const key = { apiKey: "ci", key: "one", fingerprint: "same" };
      const { receipts, due } = await queue.submitMany(requests.slice(0, 1), key);
      expect({ receipts, due }).toMatchObject({ receipts: [{ duplicate: false }], due: true });
      const again = await queue.submitMany(requests.slice(0, 1), key);
      expect(again).toEqual({ receipts: [{ ...receipts[0], duplicate: true }], due: false });
    });

    it("refuses 10,001 tasks at once", async () => {
      const requests = Array.from({ length: 10_001 }, () => enqueueRequest(quick, {}));
      await expect(context.queue([quick]).enqueueMany(requests)).rejects.toMatchObject({
        field: "tasks",
        expected: "at most 10000 tasks",
        got: "10001",
      });
    });

    it("a pending or retrying task can be cancelled, and is then never run", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      expect(await queue.cancel(id)).toMatchObject({ status: "CANCELLED" });
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
      await expect(queue.cancel(id)).rejects.toThrow(TaskStatusError);
      expect(await queue.result(id)).toMatchObject({ status: "CANCELLED", result: null, error: null });
    });

    it("an operator's retry runs a cancelled task again from the start", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, { n: 3 });
      await queue.cancel(id);
      expect(await queue.retry(id)).toMatchObject({ status: "PENDING", failures: 0 });
      await queue.drain();
      expect(await queue.result(id)).toMatchObject({ result: { n: 3 } });
    });

    it("reschedules a task that waits", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      const eta = context.clock.now() + DAY;
      expect(await queue.reschedule(id, new Date(eta))).toMatchObject({ status: "PENDING", eta });
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
    });

    it("refuses an id that is no UUIDv7 before it asks the database", async () => {
      const queue = context.queue([quick]);
      for (const call of [
        () => queue.get("7"),
        () => queue.result("7"),
        () => queue.cancel("7"),
        () => queue.retry("7"),
        () => queue.reschedule("7", 0),
      ]) {
        await expect(call()).rejects.toThrow(ValidationError);
      }
      expect(context.driver.calls).toEqual([]);
    });

    it("limits and pauses a queue, and shows its depth", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { queue: "mail" });
      await queue.configureQueue("mail", { paused: true, concurrency: 2 });
      expect(await queue.queues()).toMatchObject([
        { name: "mail", depth: 1, more: false, running: 0, paused: true, concurrency: 2 },
      ]);
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
      await expect(queue.configureQueue("mail", { concurrency: 0 })).rejects.toThrow(ValidationError);
    });
  });

  describe("a result", () => {
    it("is null while there is none, and unknown where there is no task", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      expect(await queue.result(id)).toBeNull();
      await expect(queue.result(newTask().id)).rejects.toThrow(TaskNotFoundError);
      await expect(queue.get(newTask().id)).rejects.toThrow(TaskNotFoundError);
    });

    it("is waited for", async () => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([held]);
      const { id } = await queue.enqueue(held, {});
      const drain = context.start(queue, { linger: 0 });
      await until(() => context.eventsOf("task.started").length === 1);
      const waited = queue.result(id, { wait: "30s" });
      await pause(20);
      gate.resolve("there");
      expect(await waited).toMatchObject({ status: "SUCCESS", result: "there" });
      await drain.done;
    });

    it("that does not come in time is null", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      expect(await queue.result(id, { wait: 100 })).toBeNull();
    });

    it("is waited for at most 30 s", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      await expect(queue.result(id, { wait: "31s" })).rejects.toMatchObject({ field: "wait", got: '"31s"' });
    });
  });

  describe("the purge", () => {
    const finish = async () => {
      const broken = defineTask("test.broken", {
        maxRetries: 0,
        run: () => Promise.reject(new Error("broken")),
      });
      const queue = context.queue([quick, broken]);
      const done = await queue.enqueue(quick, {});
      const failed = await queue.enqueue(broken, {});
      await queue.drain();
      return { queue, done: done.id, failed: failed.id };
    };

    it("removes finished tasks with their results after their time, FAILED ones later", async () => {
      const { queue, done, failed } = await finish();
      expect(await queue.purgeDue(10)).toBe(0);
      context.clock.advance(7 * DAY + MINUTE);
      expect(await queue.purgeDue(10)).toBe(1);
      await expect(queue.result(done)).rejects.toThrow(TaskPurgedError);
      await expect(queue.get(done)).rejects.toThrow(TaskPurgedError);
      await expect(queue.cancel(done)).rejects.toThrow(TaskPurgedError);
      await expect(queue.retry(done)).rejects.toThrow(TaskPurgedError);
      await expect(queue.reschedule(done, context.clock.now())).rejects.toThrow(TaskPurgedError);
      expect(await queue.result(failed)).toMatchObject({ status: "FAILED" });
      context.clock.advance(23 * DAY);
      expect(await queue.purgeDue(10)).toBe(1);
      expect([await count("tasks"), await count("results")]).toEqual([0, 0]);
      expect(context.eventsOf("tasks.purged")).toEqual([
        { type: "tasks.purged", count: 1 },
        { type: "tasks.purged", count: 1 },
      ]);
    });

    it("is due once an hour, over all workers", async () => {
      const { queue } = await finish();
      context.clock.advance(8 * DAY);
      const others = [1, 2, 3].map(() => context.queue([quick]).purgeDue(10));
      expect((await Promise.all(others)).sort()).toEqual([0, 0, 1]);
      context.clock.advance(59 * MINUTE);
      const before = queue.storage.queryCount;
      expect(await queue.purgeDue(10)).toBe(0);
      expect(queue.storage.queryCount - before).toBe(1);
    });

    it("that did not reach its end is due again at once, from where it stopped", async () => {
      const queue = context.queue([quick]);
      await queue.enqueueMany(Array.from({ length: 2_500 }, () => enqueueRequest(quick, {})));
      await context.database.sql("UPDATE tasks SET status = 'CANCELLED'");
      context.clock.advance(8 * DAY);
      expect(await queue.purgeDue(1)).toBe(1_000);
      expect(await queue.purgeDue(1)).toBe(1_000);
      expect(await queue.purgeDue(5)).toBe(500);
      expect(await queue.purgeDue(5)).toBe(0);
      expect(await count("tasks")).toBe(0);
    });

    it("on demand removes what ended so long ago or before a moment, and goes on from its cursor", async () => {
      const { queue } = await finish();
      const before = context.clock.now();
      expect(await queue.purge({ olderThan: "1m" })).toEqual({ purged: 0, cursor: null });
      context.clock.advance(2 * MINUTE);
      await queue.enqueueMany(Array.from({ length: 1_000 }, () => enqueueRequest(quick, {})));
      const first = await queue.purge({ olderThan: { before }, pages: 1 });
      expect(first).toEqual({ purged: 2, cursor: expect.any(String) });
      expect(await queue.purge({ olderThan: { before }, cursor: first.cursor })).toMatchObject({ purged: 0 });
      await expect(queue.purge({ olderThan: "soon" })).rejects.toMatchObject({ field: "olderThan" });
      await expect(queue.purge({ olderThan: 0, pages: 0 })).rejects.toMatchObject({ field: "pages" });
    });

    it("leaves what has not ended", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { delay: "1h" });
      context.clock.advance(60 * DAY);
      expect(await queue.purgeDue(10)).toBe(0);
      expect(await count("tasks")).toBe(1);
    });
  });
}
