import { describe, expect, it } from "vitest";
import { Snooze } from "../../../src/core/control.ts";
import type { Queue } from "../../../src/core/queue.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { Fault } from "../../support/faulty.ts";
import type { CallKind } from "../../support/tapped.ts";
import { type EngineContext, MINUTE, pause, until } from "./context.ts";

const quick = defineTask("test.quick", { run: () => "done" });

/** So long that no test would end if it waited for a poll. */
const RARELY = { min: 10 * MINUTE, max: 10 * MINUTE };

export function describeWaking(context: EngineContext): void {
  const succeeded = (count: number) => until(() => context.eventsOf("task.succeeded").length === count);

  /** A drain that has found nothing and sleeps until its next poll. */
  const startIdle = async (queue: Queue, poll = RARELY) => {
    const drain = context.start(queue, { poll, rescue: false });
    await until(() => context.driver.count("peek") === 1);
    await pause(20);
    return drain;
  };

  describe("a drain that lingers", () => {
    it("starts a task at its eta, without waiting for a poll", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {}, { delay: 400 });
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await succeeded(1);
      const { eta, lastAttemptAt } = await queue.get(id);
      expect(lastAttemptAt).toBeGreaterThanOrEqual(eta);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 1 });
    });

    it("starts an interval task again at its time", async () => {
      const tick = defineTask("test.tick", { interval: 100, run: () => "done" });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await succeeded(4);
      drain.stop();
      await drain.done;
      expect((await queue.get(id)).attempts).toBeGreaterThanOrEqual(4);
    });

    it("starts a snoozed task again at its time, and a failed one after its backoff", async () => {
      const runs: string[] = [];
      const unsteady = defineTask("test.unsteady", {
        run: (_, { task: { attempts } }) => {
          runs.push(`run ${attempts}`);
          if (attempts === 1) throw new Snooze("100ms");
          if (attempts === 2) throw new Error("the first failure");
          return "done";
        },
      });
      const queue = context.queue([unsteady]);
      await queue.enqueue(unsteady, {});
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await until(() => context.eventsOf("task.retrying").length === 1);
      context.clock.advance(MINUTE);
      drain.wake();
      await succeeded(1);
      expect(runs).toEqual(["run 1", "run 2", "run 3"]);
      drain.stop();
      await drain.done;
    });

    it("goes on with a queue at its concurrency as soon as a task of it has ended", async () => {
      const queue = context.queue([quick]);
      await queue.configureQueue("narrow", { concurrency: 1 });
      for (let n = 0; n < 5; n++) await queue.enqueue(quick, {}, { queue: "narrow" });
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await succeeded(5);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 5, succeeded: 5 });
      // For each task a claim that takes it; and to find out that there is no room, one that takes none.
      expect(context.driver.count("claim")).toBeLessThanOrEqual(8);
    });

    it("goes on with a queue at its concurrency where it does not linger, too", async () => {
      const queue = context.queue([quick]);
      await queue.configureQueue("narrow", { concurrency: 1 });
      for (let n = 0; n < 5; n++) await queue.enqueue(quick, {}, { queue: "narrow" });
      expect(await queue.drain({ poll: RARELY, rescue: false })).toMatchObject({
        succeeded: 5,
        reason: "empty",
      });
      expect(context.driver.count("claim")).toBeLessThanOrEqual(7);
    });

    it("is woken by an enqueue of its own process", async () => {
      const queue = context.queue([quick]);
      const drain = await startIdle(queue);
      await queue.enqueue(quick, {});
      await succeeded(1);
      await queue.enqueue(quick, {});
      await succeeded(2);
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 2, reason: "stopped" });
    });

    it("is woken by an enqueue through a session of its queue, as HTTP's are", async () => {
      const queue = context.queue([quick]);
      const drain = await startIdle(queue);
      await queue.session().queue.submit({ funcPath: quick.name });
      await succeeded(1);
      drain.stop();
      await drain.done;
    });

    it("is woken by an operator's retry", async () => {
      const broken = defineTask("test.broken", {
        maxRetries: 0,
        run: (_, { task }) => {
          if (task.attempts === 1) throw new Error("once");
        },
      });
      const queue = context.queue([broken]);
      const { id } = await queue.enqueue(broken, {});
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await until(async () => (await queue.get(id)).status === "FAILED");
      await queue.retry(id);
      await succeeded(1);
      drain.stop();
      await drain.done;
    });

    it("finds by its polls what another process enqueues", async () => {
      const queue = context.queue([quick]);
      const drain = await startIdle(queue, { min: 20, max: 20 });
      await context.queue([]).enqueue(quick, {});
      await succeeded(1);
      drain.stop();
      await drain.done;
    });

    for (const kind of ["claim", "peek"] as const satisfies readonly CallKind[]) {
      it(`is woken by an enqueue that comes while its ${kind} is under way`, async () => {
        const queue = context.queue([quick]);
        // The answer was given before the task was there, and arrives after.
        const overtaken: Fault = async (send) => {
          const answer = await send();
          await queue.enqueue(quick, {});
          return answer;
        };
        context.driver.disturb(kind, overtaken);
        const drain = context.start(queue, { poll: RARELY, rescue: false });
        await succeeded(1);
        drain.stop();
        expect(await drain.done).toMatchObject({ claimed: 1 });
      });
    }

    it("runs what a handler enqueues", async () => {
      const parent = defineTask("test.parent", {
        run: async () => {
          await queue.enqueue(quick, {});
        },
      });
      const queue = context.queue([parent, quick]);
      await queue.enqueue(parent, {});
      const drain = context.start(queue, { poll: RARELY, rescue: false });
      await succeeded(2);
      drain.stop();
      await drain.done;
    });

    it("ends at the end of its linger, whatever its poll, and looks once more", async () => {
      const queue = context.queue([quick]);
      const drain = context.start(queue, { linger: 300, poll: RARELY, rescue: false });
      await until(() => context.driver.count("peek") === 1);
      const { id } = await context.queue([]).enqueue(quick, {});
      expect(await drain.done).toMatchObject({ succeeded: 1, reason: "empty" });
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS" });
    });

    it("writes nothing and asks little while it is idle", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { delay: "1d" });
      const drain = context.start(queue, { poll: { min: 50, max: 50 } });
      await pause(500);
      drain.stop();
      await drain.done;
      expect(context.driver.count("claim")).toBeLessThanOrEqual(2);
      expect(context.driver.count("peek")).toBeLessThanOrEqual(12);
    });

    it("asks with a growing delay while it is idle", async () => {
      const drain = context.start(context.queue([quick]), { poll: { min: 10, max: 200 } });
      await pause(600);
      drain.stop();
      await drain.done;
      expect(context.driver.count("peek")).toBeLessThanOrEqual(9);
    });

    it("does not spin over tasks that are due and may not start", async () => {
      const queue = context.queue([quick]);
      await queue.configureQueue("default", { paused: true });
      await queue.enqueue(quick, {});
      const drain = context.start(queue, { poll: { min: 50, max: 50 } });
      await pause(500);
      expect(context.driver.count("claim") + context.driver.count("peek")).toBeLessThanOrEqual(16);
      await queue.configureQueue("default", { paused: false });
      await succeeded(1);
      drain.stop();
      await drain.done;
    });

    it("does not spin over a task whose timeout does not fit its hard deadline", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { timeout: "1h" });
      const drain = context.start(queue, { poll: { min: 50, max: 50 }, hardDeadline: MINUTE });
      await pause(500);
      expect(context.driver.count("claim") + context.driver.count("peek")).toBeLessThanOrEqual(16);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 0 });
    });

    it("does not spin while all its slots are taken", async () => {
      const gate = Promise.withResolvers<void>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([held]);
      await queue.enqueue(held, {});
      await queue.enqueue(held, {});
      const drain = context.start(queue, { concurrency: 1, poll: { min: 10, max: 10 } });
      await pause(300);
      expect(context.driver.count("claim") + context.driver.count("peek")).toBeLessThanOrEqual(2);
      gate.resolve();
      await succeeded(2);
      drain.stop();
      await drain.done;
    });
  });

  describe("a drain that does not linger", () => {
    it("runs what is enqueued while it drains", async () => {
      const parent = defineTask<{ depth: number }>("test.parent", {
        run: async ({ depth }) => {
          // By another queue, which cannot wake this one's drain.
          if (depth > 0) await context.queue([parent]).enqueue(parent, { depth: depth - 1 });
        },
      });
      const queue = context.queue([parent]);
      await queue.enqueue(parent, { depth: 5 });
      expect(await queue.drain()).toMatchObject({ succeeded: 6, reason: "empty" });
    });

    it("ends while a task waits for its time", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { delay: "1h" });
      expect(await queue.drain()).toMatchObject({ claimed: 0, reason: "empty" });
    });
  });
}
