import { describe, expect, it } from "vitest";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE } from "./context.ts";

const known = defineTask("test.known", { run: () => "done" });
const unknown = defineTask("test.unknown", { run: () => "done" });

export function describeUnknown(context: EngineContext): void {
  describe("a handler unknown to this worker", () => {
    it("its task is released for 60 s at no cost, with an event", async () => {
      const queue = context.queue([known]);
      const { id } = await queue.enqueue(unknown, {}, { maxRetries: 0 });
      const before = context.clock.now();
      expect(await queue.drain()).toMatchObject({ claimed: 1, released: 1, failed: 0, reason: "empty" });
      const task = await queue.get(id);
      expect(task).toMatchObject({ status: "PENDING", failures: 0, errors: [], leaseExpiresAt: null });
      expect(task.eta).toBeGreaterThanOrEqual(before + MINUTE);
      expect(task.eta).toBeLessThanOrEqual(context.clock.now() + MINUTE);
      expect(context.events.map(({ type }) => type)).toEqual([
        "task.enqueued",
        "task.unknown",
        "task.released",
      ]);
    });

    it("its task is run by a worker that knows it, once it is due again", async () => {
      const { id } = await context.queue([known]).enqueue(unknown, {});
      await context.queue([known]).drain();
      const other = context.queue([unknown]);
      expect(await other.drain()).toMatchObject({ claimed: 0 });
      context.clock.advance(MINUTE);
      expect(await other.drain()).toMatchObject({ succeeded: 1 });
      expect(await other.get(id)).toMatchObject({ status: "SUCCESS" });
    });

    it("does not keep the tasks behind it from running", async () => {
      const queue = context.queue([known]);
      for (let n = 0; n < 30; n++) await queue.enqueue(unknown, {});
      const { id } = await queue.enqueue(known, {});
      expect(await queue.drain({ concurrency: 2 })).toMatchObject({ released: 30, succeeded: 1 });
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS" });
    });
  });
}
