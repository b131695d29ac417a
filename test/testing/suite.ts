import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { NonRetryable, Snooze } from "../../src/core/control.ts";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import { schedule } from "../../src/core/schedule.ts";
import type { Storage } from "../../src/core/storage.ts";
import { createTestQueue, type TestQueueOptions } from "../../src/testing/test-queue.ts";
import { NOW } from "../support/tasks.ts";

const MINUTE = 60_000;

export const sendEmail = defineTask("email.send", {
  input: v.object({ to: v.string(), tags: v.optional(v.array(v.string())) }),
  queue: "mail",
  run: ({ to }) => ({ sent: to }),
});
const flaky = defineTask<{ until: number }>("test.flaky", {
  maxRetries: 3,
  run: ({ until }, { task, log }) => {
    log.info("tries", { until });
    if (task.attempts < until) throw new Error(`attempt ${task.attempts}`);
    return task.attempts;
  },
});
const snoozing = defineTask("test.snoozing", {
  run: (_, { task }) => {
    if (task.attempts === 1) throw new Snooze("1h");
  },
});
const ticking = defineTask("test.ticking", { interval: "1h", run: () => null });
const hopeless = defineTask("test.hopeless", {
  run: () => {
    throw new NonRetryable("never");
  },
});
const again = defineTask("test.again", {
  run: async (_, { enqueue }) => {
    await enqueue(again, {});
  },
});
const fanOut = defineTask<{ to: string[] }>("test.fan-out", {
  run: async ({ to }, ctx) => {
    for (const each of to) await ctx.enqueue(sendEmail, { to: each });
  },
});
const tasks = [sendEmail, flaky, snoozing, ticking, hopeless, again, fanOut];

/** The kit on one database. @param open a storage that is empty; undefined for the kit's own */
export function describeTestQueue(name: string, open: () => Promise<Storage> | undefined): void {
  const start = (options: Partial<TestQueueOptions<unknown>> = {}) => {
    const storage = open();
    const given = { now: NOW, tasks, ...options };
    return storage === undefined ? createTestQueue(given) : createTestQueue({ ...given, storage });
  };

  describe(`a test queue on ${name}`, () => {
    it("is empty, and runs nothing by itself", async () => {
      const test = await start();
      await test.queue.enqueue(sendEmail, { to: "a@example.com" });
      const next = await start();
      expect((await next.queue.list()).items).toEqual([]);
      expect(next.events).toEqual([]);
    });

    it("has a clock that stands still until it is moved", async () => {
      const test = await start();
      expect(test.clock.now()).toBe(NOW);
      expect(test.clock.advance("5m")).toBe(NOW + 5 * MINUTE);
      expect(test.clock.set("2026-11-25T00:00:00Z")).toBe(Date.parse("2026-11-25T00:00:00Z"));
      const { id } = await test.queue.enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m" });
      expect(await test.queue.get(id)).toMatchObject({ eta: test.clock.now() + 5 * MINUTE });
    });

    it("drains what is due at the clock's time, and no more", async () => {
      const test = await start();
      const { id } = await test.queue.enqueue(sendEmail, { to: "a@example.com" });
      const later = await test.queue.enqueue(sendEmail, { to: "b@example.com" }, { delay: "5m" });
      const report = await test.drain();
      const run = { id, funcPath: "email.send", queue: "mail", attempt: 1, at: NOW };
      expect(report.runs).toEqual([{ ...run, outcome: "succeeded", error: null, nextAt: null }]);
      expect(report).toMatchObject({ succeeded: 1, retried: 0, failed: 0 });
      expect(await test.queue.result(id)).toMatchObject({ result: { sent: "a@example.com" } });
      expect(await test.queue.get(later.id)).toMatchObject({ status: "PENDING" });
      test.clock.advance("5m");
      expect(await test.drain()).toMatchObject({ succeeded: 1, runs: [{ id: later.id }] });
      expect((await test.drain()).runs).toEqual([]);
    });

    it("drains what handlers enqueue, too", async () => {
      const test = await start();
      const { id } = await test.queue.enqueue(fanOut, { to: ["a", "b"] });
      expect(await test.drain()).toMatchObject({ succeeded: 3 });
      const children = await test.enqueued(sendEmail, {}, { parentId: id, status: "any" });
      expect(children).toHaveLength(2);
    });

    it("leaves a retry to its time, without jitter", async () => {
      const test = await start();
      await test.queue.enqueue(flaky, { until: 3 });
      const report = await test.drain();
      expect(report).toMatchObject({ retried: 1, succeeded: 0 });
      expect(report.runs).toMatchObject([
        { outcome: "retrying", nextAt: NOW + 2_000, error: { message: "attempt 1" } },
      ]);
      await test.assertEnqueued(flaky, { until: 3 }, { status: "RETRYING" });
    });

    it("goes on through retries and etas until it is empty", async () => {
      const test = await start();
      await test.queue.enqueue(flaky, { until: 3 });
      await test.queue.enqueue(flaky, { until: 9 }, { maxRetries: 1 });
      await test.queue.enqueue(snoozing, {}, { delay: "1d" });
      const report = await test.drain({ until: "empty" });
      expect(report).toMatchObject({ retried: 3, succeeded: 2, failed: 1, snoozed: 1 });
      expect(test.clock.now()).toBe(NOW + 25 * 60 * MINUTE);
      await test.refuteEnqueued(flaky);
      expect(test.logs.filter(({ message }) => message === "tries")).toHaveLength(5);
    });

    it("takes an interval task that waits for its next run for done", async () => {
      const test = await start();
      await test.queue.enqueue(ticking, {});
      expect(await test.drain({ until: "empty" })).toMatchObject({ succeeded: 1 });
      expect(test.clock.now()).toBe(NOW);
      expect(await test.drain({ for: "3h" })).toMatchObject({ succeeded: 3 });
      expect(test.clock.now()).toBe(NOW + 180 * MINUTE);
    });

    it("fires schedules as time passes", async () => {
      const schedules = [schedule("digest", { every: "30m" }, sendEmail, { to: "team@example.com" })];
      const test = await start({ schedules });
      expect(await test.fireSchedules()).toEqual([]);
      test.clock.advance("30m");
      const [task] = await test.fireSchedules();
      expect(task).toMatchObject({
        schedule: "digest",
        status: "PENDING",
        kwargs: { to: "team@example.com" },
      });
      await test.assertEnqueued(sendEmail, { to: "team@example.com" }, { schedule: "digest" });
      const report = await test.drain({ for: "1h" });
      expect(report).toMatchObject({ fired: 2, succeeded: 3 });
      const at = report.runs.map((run) => (run.at - NOW) / MINUTE);
      expect(at).toEqual([30, 60, 90]);
    });

    it("runs only the queues that it is told", async () => {
      const test = await start();
      await test.queue.enqueue(sendEmail, { to: "a@example.com" });
      expect(await test.drain({ queues: ["default"] })).toMatchObject({ runs: [] });
      expect(await test.drain({ queues: ["mail"] })).toMatchObject({ succeeded: 1 });
    });

    it("tells of a task that has no handler, and does not wait for it", async () => {
      const test = await start({ tasks: [sendEmail] });
      await test.queue.enqueue(hopeless, {});
      const report = await test.drain({ until: "empty" });
      expect(report).toMatchObject({
        unknown: ["test.hopeless"],
        released: 1,
        runs: [{ outcome: "released" }],
      });
    });

    it("gives up where there is no end", async () => {
      const test = await start();
      await test.queue.enqueue(again, {});
      const drained = test.drain({ limit: 3 });
      await expect(drained).rejects.toThrow(/more to run after 3 attempts, the last of test\.again/);
    });

    it("ends where the last attempt is the last that it may take", async () => {
      const test = await start();
      await test.queue.enqueue(hopeless, {});
      expect(await test.drain({ limit: 1 })).toMatchObject({ failed: 1 });
    });

    it("leaves a handler its task, wherever it sets the clock", async () => {
      const slow = defineTask("test.slow", { run: () => test.clock.advance("3h") });
      const test = await start({ tasks: [slow] });
      await test.queue.enqueue(slow, {});
      expect(await test.drain()).toMatchObject({ succeeded: 1 });
    });

    it("tells what was cancelled, since it met its end or its dependency failed", async () => {
      const test = await start();
      const { id } = await test.queue.enqueue(hopeless, {});
      await test.queue.enqueue(sendEmail, { to: "a@example.com" }, { after: [id] });
      await test.queue.enqueue(sendEmail, { to: "b@example.com" }, { expiresIn: "1m", delay: "1h" });
      expect(await test.drain({ until: "empty" })).toMatchObject({ failed: 1, cancelled: 2, succeeded: 0 });
    });

    it("drains what is due by a kick, in `waitUntil`", async () => {
      const test = await start();
      const waiting: Promise<unknown>[] = [];
      for (const to of ["a@example.com", "b@example.com"]) {
        await test.queue.enqueue(sendEmail, { to });
        test.queue.kick({ waitUntil: (promise) => waiting.push(promise) });
        await Promise.all(waiting);
        await test.refuteEnqueued(sendEmail);
      }
    });

    it("purges in a tick what is past its time", async () => {
      const test = await start();
      await test.queue.enqueue(sendEmail, { to: "a@example.com" });
      expect(await test.tick()).toMatchObject({ succeeded: 1, purged: 0 });
      test.clock.advance("8d");
      expect(await test.tick()).toMatchObject({ succeeded: 0, purged: 1 });
    });

    it("runs a handler by its own clock and env, and touches no table", async () => {
      const reading = defineTask("test.reading", {
        run: async (_, ctx: TaskContext<{ KEY: string }>) => {
          await ctx.enqueue(sendEmail, { to: "a@example.com" });
          return ctx.env.KEY;
        },
      });
      const storage = open();
      const given = { now: NOW, tasks: [reading], env: { KEY: "k" } };
      const test = await (storage === undefined
        ? createTestQueue(given)
        : createTestQueue({ ...given, storage }));
      const run = await test.runTask(reading, {});
      expect(run).toMatchObject({ outcome: "completed", result: "k", task: { eta: NOW } });
      expect(run.enqueued).toHaveLength(1);
      expect((await test.queue.list()).items).toEqual([]);
      expect(await test.runTask(reading, {}, { env: { KEY: "other" } })).toMatchObject({ result: "other" });
    });
  });
}
