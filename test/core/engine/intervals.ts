import { describe, expect, it } from "vitest";
import { NonRetryable } from "../../../src/core/control.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE, SECOND } from "./context.ts";

export function describeIntervals(context: EngineContext): void {
  describe("an interval task", () => {
    it("after each success is due again at completion + interval, with its result on file", async () => {
      const tick = defineTask("test.tick", {
        interval: "10m",
        run: (_, { task }) => ({ run: task.attempts }),
      });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      for (const run of [1, 2, 3]) {
        const before = context.clock.now();
        expect(await queue.drain()).toMatchObject({ claimed: 1, succeeded: 1, reason: "empty" });
        const task = await queue.get(id);
        expect(task).toMatchObject({ status: "PENDING", attempts: run, failures: 0, leaseExpiresAt: null });
        expect(task.eta).toBeGreaterThanOrEqual(before + 10 * MINUTE);
        expect(task.eta).toBeLessThanOrEqual(context.clock.now() + 10 * MINUTE);
        expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", result: { run }, attempts: run });
        context.clock.advance(10 * MINUTE);
      }
    });

    it("starts anew with its retries after a success", async () => {
      const failing = new Set([1, 3]);
      const tick = defineTask("test.tick", {
        interval: "1m",
        maxRetries: 1,
        run: (_, { task }) => {
          if (failing.has(task.attempts)) throw new Error(`attempt ${task.attempts}`);
          return task.attempts;
        },
      });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1 });
      context.clock.advance(2 * SECOND);
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "PENDING", failures: 0 });
      context.clock.advance(MINUTE);
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1 });
      expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", result: 2 });
    });

    it("whose retries are spent is FAILED and stops", async () => {
      const tick = defineTask("test.tick", {
        interval: "1m",
        maxRetries: 0,
        run: (_, { task }) => {
          if (task.attempts === 2) throw new Error("broken");
          return "fine";
        },
      });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      await queue.drain();
      context.clock.advance(MINUTE);
      expect(await queue.drain()).toMatchObject({ claimed: 1, failed: 1 });
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", attempts: 2 });
      expect(await queue.result(id)).toMatchObject({ status: "FAILED", error: { message: "broken" } });
      context.clock.advance(60 * MINUTE);
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
    });

    it("that throws NonRetryable is FAILED and stops", async () => {
      const tick = defineTask("test.tick", {
        interval: "1m",
        run: () => {
          throw new NonRetryable("over");
        },
      });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", attempts: 1 });
    });

    it("that is cancelled between two runs is never run again", async () => {
      let runs = 0;
      const tick = defineTask("test.tick", {
        interval: "1m",
        run: () => {
          runs += 1;
        },
      });
      const queue = context.queue([tick]);
      const { id } = await queue.enqueue(tick, {});
      await queue.drain();
      await queue.cancel(id);
      context.clock.advance(60 * MINUTE);
      await queue.drain();
      expect(runs).toBe(1);
      expect(await queue.result(id)).toMatchObject({ status: "CANCELLED" });
    });
  });
}
