import { describe, expect, it } from "vitest";
import { ValidationError } from "../../../src/core/errors.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import type { Queue } from "../../../src/core/queue.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { after, type Fault } from "../../support/faulty.ts";
import { aborted, type EngineContext, MINUTE, pause, until } from "./context.ts";

const quick = defineTask("test.quick", { run: () => "done" });

export function describeLimits(context: EngineContext): void {
  const enqueueQuick = async (queue: Queue, count: number) =>
    queue.enqueueMany(Array.from({ length: count }, () => enqueueRequest(quick, {})));

  const statuses = async () => {
    const rows = await context.database.sql("SELECT status, count(*) AS count FROM tasks GROUP BY status");
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  };

  describe("the deadline", () => {
    it("ends claiming; what is in flight goes on to its end", async () => {
      const passing = defineTask("test.passing", {
        run: async () => {
          context.clock.advance(2 * MINUTE);
          await pause(20);
          return "done";
        },
      });
      const queue = context.queue([passing]);
      await queue.enqueueMany([1, 2, 3].map(() => enqueueRequest(passing, {})));
      const report = await queue.drain({ deadline: MINUTE, concurrency: 1 });
      expect(report).toMatchObject({ claimed: 1, succeeded: 1, reason: "deadline" });
      expect(await statuses()).toEqual({ SUCCESS: 1, PENDING: 2 });
    });

    it("that has passed when the drain starts claims nothing", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 1);
      expect(await queue.drain({ deadline: 0 })).toMatchObject({ claimed: 0, reason: "deadline" });
    });

    it("ends a drain that lingers without work", async () => {
      const drain = context.start(context.queue([quick]), { deadline: 100 });
      expect(await drain.done).toMatchObject({ claimed: 0, reason: "deadline" });
    });
  });

  describe("the hard deadline", () => {
    it("aborts what runs and releases it: PENDING, attempts kept, no failure counted", async () => {
      const reasons: unknown[] = [];
      const slow = defineTask("test.slow", {
        timeout: 60_000,
        run: async (_, { signal }) => {
          reasons.push(await aborted(signal));
          throw signal.reason;
        },
      });
      const queue = context.queue([slow]);
      const { id } = await queue.enqueue(slow, {});
      const drain = context.start(queue, { hardDeadline: 2 * MINUTE });
      await until(() => context.eventsOf("task.started").length === 1);
      context.clock.advance(2 * MINUTE);
      drain.wake();
      expect(await drain.done).toMatchObject({ claimed: 1, released: 1, reason: "deadline" });
      expect(reasons).toMatchObject([{ name: "Aborted", reason: "release" }]);
      const task = await queue.get(id);
      expect(task).toMatchObject({
        status: "PENDING",
        attempts: 1,
        failures: 0,
        errors: [],
        leaseExpiresAt: null,
      });
      expect(task.eta).toBeLessThanOrEqual(context.clock.now());
    });

    it("releases a handler that ignores its signal, and one that had failed before stays RETRYING", async () => {
      const deaf = defineTask("test.deaf", { timeout: 60_000, run: () => new Promise(() => {}) });
      const queue = context.queue([deaf]);
      const { id } = await queue.enqueue(deaf, {});
      await context.database.sql("UPDATE tasks SET failures = 1, status = 'RETRYING' WHERE id = ?1", id);
      const drain = context.start(queue, { hardDeadline: 2 * MINUTE });
      await until(() => context.eventsOf("task.started").length === 1);
      context.clock.advance(2 * MINUTE);
      drain.wake();
      expect(await drain.done).toMatchObject({ released: 1, lost: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1, attempts: 1 });
    });

    it("a handler that ends well within a moment of it counts", async () => {
      const careful = defineTask("test.careful", {
        timeout: 60_000,
        run: async (_, { signal }) => {
          await aborted(signal);
          return "saved";
        },
      });
      const queue = context.queue([careful]);
      const { id } = await queue.enqueue(careful, {});
      const drain = context.start(queue, { hardDeadline: 2 * MINUTE });
      await until(() => context.eventsOf("task.started").length === 1);
      context.clock.advance(2 * MINUTE);
      drain.wake();
      expect(await drain.done).toMatchObject({ succeeded: 1, released: 0 });
      expect(await queue.result(id)).toMatchObject({ result: "saved" });
    });

    it("that passes while a claim is under way starts nothing of it", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 3);
      const late: Fault = async (send) => {
        const answer = await send();
        context.clock.advance(2 * MINUTE);
        // Until it was noticed, for the drain itself waits for this answer.
        await pause(1_500);
        return answer;
      };
      context.driver.disturb("claim", late);
      const report = await queue.drain({ hardDeadline: MINUTE });
      expect(report).toMatchObject({ claimed: 3, released: 3, reason: "deadline" });
      expect(context.eventsOf("task.started")).toEqual([]);
    });

    it("keeps tasks from being claimed whose timeout does not fit", async () => {
      const queue = context.queue([quick]);
      const long = await queue.enqueue(quick, {}, { timeout: "5m" });
      const short = await queue.enqueue(quick, {}, { timeout: "10s" });
      expect(await queue.drain({ hardDeadline: MINUTE })).toMatchObject({ claimed: 1, succeeded: 1 });
      expect(await queue.get(long.id)).toMatchObject({ status: "PENDING", attempts: 0 });
      expect(await queue.get(short.id)).toMatchObject({ status: "SUCCESS" });
    });
  });

  describe("maxTasks", () => {
    it("ends claiming after so many tasks", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 40);
      const report = await queue.drain({ maxTasks: 23, concurrency: 5 });
      expect(report).toMatchObject({ claimed: 23, succeeded: 23, reason: "max-tasks" });
      expect(await statuses()).toEqual({ SUCCESS: 23, PENDING: 17 });
    });

    it("of 0 claims nothing", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 1);
      expect(await queue.drain({ maxTasks: 0 })).toMatchObject({ claimed: 0, reason: "max-tasks" });
      expect(context.driver.count("claim")).toBe(0);
    });
  });

  describe("the concurrency", () => {
    it("is never passed, and is used", async () => {
      let running = 0;
      let most = 0;
      const task = defineTask("test.task", {
        run: async () => {
          running += 1;
          most = Math.max(most, running);
          await pause(5);
          running -= 1;
        },
      });
      const queue = context.queue([task]);
      await queue.enqueueMany(Array.from({ length: 60 }, () => enqueueRequest(task, {})));
      expect(await queue.drain({ concurrency: 7 })).toMatchObject({ succeeded: 60 });
      expect(most).toBe(7);
    });

    for (const concurrency of [0, -1, 1.5, Number.NaN, 1_001]) {
      it(`of ${concurrency} is refused`, async () => {
        const draining = async () => context.queue([quick]).drain({ concurrency });
        await expect(draining()).rejects.toThrow(ValidationError);
        await expect(draining()).rejects.toThrow(`got ${concurrency}`);
      });
    }

    it("undefined is the default", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 3);
      expect(await queue.drain({ concurrency: undefined })).toMatchObject({ succeeded: 3 });
    });
  });

  describe("a stop", () => {
    it("gives back the tasks that were claimed ahead, and lets what runs end", async () => {
      const gate = Promise.withResolvers<void>();
      const held = defineTask("test.held", { priority: 9, run: () => gate.promise });
      const queue = context.queue([quick, held]);
      await enqueueQuick(queue, 60);
      await queue.enqueueMany(Array.from({ length: 100 }, () => enqueueRequest(held, {})));
      const drain = context.start(queue, { concurrency: 5 });
      await until(() => context.eventsOf("task.started").length === 65);
      expect((await statuses()).RUNNING).toBeGreaterThan(5);
      drain.stop();
      await until(async () => (await statuses()).RUNNING === 5);
      gate.resolve();
      const report = await drain.done;
      expect(report).toMatchObject({ succeeded: 65, reason: "stopped" });
      expect(report.released).toBe(report.claimed - 65);
      expect(report.released).toBeGreaterThan(0);
      expect(await statuses()).toEqual({ SUCCESS: 65, PENDING: 95 });
      const [row] = await context.database.sql("SELECT max(failures) AS failures FROM tasks");
      expect(row).toEqual({ failures: 0 });
    });

    it("that comes while a claim is under way gives back what that claimed", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 5);
      const stopping = new AbortController();
      context.driver.disturb(
        "claim",
        after(async () => stopping.abort()),
      );
      const report = await queue.drain({ signal: stopping.signal, linger: MINUTE });
      expect(report).toMatchObject({ claimed: 5, released: 5, succeeded: 0, reason: "stopped" });
      expect(await statuses()).toEqual({ PENDING: 5 });
    });

    it("that came before the drain claims nothing", async () => {
      const queue = context.queue([quick]);
      await enqueueQuick(queue, 1);
      const report = await queue.drain({ signal: AbortSignal.abort(), linger: MINUTE });
      expect(report).toMatchObject({ claimed: 0, reason: "stopped" });
    });

    it("with a grace aborts and releases what takes longer", async () => {
      const slow = defineTask("test.slow", {
        run: (_, { signal }) => aborted(signal).then(() => Promise.reject()),
      });
      const queue = context.queue([slow]);
      const { id } = await queue.enqueue(slow, {});
      const drain = context.start(queue, { grace: 50 });
      await until(() => context.eventsOf("task.started").length === 1);
      drain.stop();
      expect(await drain.done).toMatchObject({ released: 1, reason: "stopped" });
      expect(await queue.get(id)).toMatchObject({ status: "PENDING", attempts: 1, failures: 0 });
    });
  });
}
