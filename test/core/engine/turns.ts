import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, enqueueSome, pause, SECOND, until } from "./context.ts";

/** What the quarantine holds up, and what it is held up by. */
export function describeTurns(context: EngineContext): void {
  describe("quarantine and the other tasks", () => {
    it("have their turns: after one of the quarantine what is due is claimed once, a busy queue's too", async () => {
      const suspects = new Set<string>();
      const running = new Set<string>();
      let order = "";
      const task = defineTask("test.task", {
        run: async (_, { task: { id } }) => {
          const suspect = suspects.delete(id);
          order += suspect ? "q" : "o";
          if (suspect && running.size > 0) order += "!";
          running.add(id);
          // For as long as something of the quarantine waits there is always more to do.
          if (suspects.size > 0) await enqueueSome(queue, task, 2);
          await pause(5);
          if (suspect && running.size > 1) order += "!";
          running.delete(id);
        },
      });
      const queue = context.queue([task]);
      for (const id of await enqueueSome(queue, task, 4)) {
        suspects.add(id);
        await context.abandon(id);
      }
      expect(await queue.drain()).toMatchObject({ rescued: 4, reason: "empty" });
      expect(order).toMatch(/^q(o+q){3}o+$/);
    });

    it("have their turns: one whose claim finds nothing due does not hold up the quarantine", async () => {
      const task = defineTask("test.task", { run: () => "ran" });
      const queue = context.queue([task]);
      for (const id of await enqueueSome(queue, task, 4)) await context.abandon(id);
      const drain = context.start(queue, { poll: { min: 60 * SECOND, max: 60 * SECOND } });
      await until(() => context.eventsOf("task.succeeded").length === 4);
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 4 });
    });

    it("of a queue that this drain does not serve does not hold it up", async () => {
      const task = defineTask("test.task", { run: () => "ran" });
      const queue = context.queue([task]);
      const other = await queue.enqueue(task, {}, { queue: "other" });
      await context.abandon(other.id);
      await queue.enqueue(task, {}, { queue: "mine" });
      expect(await queue.drain({ queues: ["mine"] })).toMatchObject({
        claimed: 1,
        succeeded: 1,
        reason: "empty",
      });
      expect(await queue.get(other.id)).toMatchObject({ status: "RETRYING", quarantined: true });
    });

    it("of a queue that others keep at its concurrency does not hold up the drain", async () => {
      const gate = Promise.withResolvers<void>();
      const task = defineTask("test.task", { timeout: "1h", run: () => gate.promise });
      const queue = context.queue([task]);
      const full = await queue.enqueue(task, {}, { queue: "full" });
      await context.abandon(full.id);
      await queue.storage.rescueMany(context.clock.now(), () => 0);
      await queue.enqueue(task, {}, { queue: "full" });
      await queue.configureQueue("full", { concurrency: 1 });
      expect(await queue.storage.dequeue(context.clock.now())).toMatchObject({ queue: "full" });
      const first = await queue.enqueue(task, {});
      const drain = context.start(queue, { poll: { min: 10, max: 10 } });
      await until(() => context.eventsOf("task.started").length === 1);
      context.clock.advance(30 * SECOND);
      const second = await queue.enqueue(task, {});
      await until(() => context.eventsOf("task.started").length === 2);
      expect(context.eventsOf("task.started").map((event) => event.task.id)).toEqual([first.id, second.id]);
      gate.resolve();
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 2, succeeded: 2 });
    });

    it("of a queue that this drain itself keeps at its concurrency has its turn", async () => {
      let ended = 0;
      const busy = defineTask("test.busy", {
        run: async () => {
          ended += 1;
          if (ended === 1) context.clock.advance(30 * SECOND);
          if (ended < 20) await queue.enqueueMany([enqueueRequest(busy, {}), enqueueRequest(busy, {})]);
          await pause(5);
        },
      });
      const pill = defineTask("test.pill", { run: () => "alone" });
      const queue = context.queue([busy, pill]);
      await queue.configureQueue("default", { concurrency: 1 });
      const { id } = await queue.enqueue(pill, {});
      await context.abandon(id);
      await queue.storage.rescueMany(context.clock.now() + SECOND, () => 0);
      await queue.enqueue(busy, {});
      expect(await queue.drain()).toMatchObject({ reason: "empty" });
      const order = context.eventsOf("task.started").map(({ task }) => task.id);
      expect(order.indexOf(id)).toBeGreaterThan(0);
      expect(order.indexOf(id)).toBeLessThan(order.length - 1);
    });

    it("of a paused queue does not hold up the drain", async () => {
      const task = defineTask("test.task", { run: () => "ran" });
      const queue = context.queue([task]);
      const paused = await queue.enqueue(task, {}, { queue: "paused" });
      await context.abandon(paused.id);
      await queue.configureQueue("paused", { paused: true });
      await queue.enqueue(task, {});
      expect(await queue.drain()).toMatchObject({ rescued: 1, claimed: 1, succeeded: 1, reason: "empty" });
    });
  });
}
