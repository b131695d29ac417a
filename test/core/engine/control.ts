import { describe, expect, it } from "vitest";
import { NotDrainedError } from "../../../src/core/errors.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, enqueueSome, MINUTE, pause } from "./context.ts";

const quick = defineTask("test.quick", { run: () => "done" });
const failing = defineTask("test.failing", {
  maxRetries: 0,
  run: () => {
    throw new TypeError("no");
  },
});

export function describeControl(context: EngineContext): void {
  describe("an operator", () => {
    it("replays dead letters in bulk, and the drain of this process starts them at once", async () => {
      const queue = context.queue([failing]);
      await enqueueSome(queue, failing, 3);
      await queue.drain();
      expect(await queue.bulk.count({ status: "FAILED", errorType: "TypeError" })).toMatchObject({
        count: 3,
      });
      const fixed = context.queue([defineTask("test.failing", { run: () => "fixed" })]);
      const drain = context.start(fixed, { poll: { min: MINUTE, max: MINUTE } });
      expect(await fixed.bulk.retry({ status: "FAILED" })).toEqual({
        changed: 3,
        skipped: 0,
        examined: 3,
        cursor: null,
      });
      await fixed.drained();
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 3 });
    });

    it("runs a task now that was to run later", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {}, { delay: "1h" });
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
      await queue.runNow(id);
      expect(await queue.drain()).toMatchObject({ succeeded: 1 });
      await expect(queue.runNow(id)).rejects.toMatchObject({ code: "wrong_status" });
    });

    it("reschedules by a moment or a delay, and neither is refused", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {}, { delay: "1h" });
      const { eta } = await queue.reschedule(id, { delay: "2h" });
      expect(eta).toBeGreaterThanOrEqual(context.clock.now() + 120 * MINUTE - MINUTE);
      expect((await queue.reschedule(id, new Date(eta + 1))).eta).toBe(eta + 1);
      expect((await queue.reschedule(id, { eta })).eta).toBe(eta);
      await expect(queue.reschedule(id, {})).rejects.toMatchObject({ field: "eta", got: "neither" });
    });

    it("changes the priority and the queue of a task that waits", async () => {
      const queue = context.queue([quick]);
      const [first, second] = await enqueueSome(queue, quick, 2);
      await queue.change(second ?? "", { priority: 0 });
      await queue.drain({ maxTasks: 1 });
      expect((await queue.get(second ?? "")).status).toBe("SUCCESS");
      await queue.change(first ?? "", { queue: "other" });
      expect(await queue.drain({ queues: ["default"] })).toMatchObject({ claimed: 0 });
      expect(await queue.drain({ queues: ["other"] })).toMatchObject({ succeeded: 1 });
    });

    it("deletes a task that has ended: it is then unknown", async () => {
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      await expect(queue.delete(id)).rejects.toMatchObject({ code: "wrong_status", got: "PENDING" });
      await queue.drain();
      await queue.delete(id);
      await expect(queue.get(id)).rejects.toMatchObject({ code: "task_not_found" });
      await expect(queue.delete(id)).rejects.toMatchObject({ code: "task_not_found" });
    });

    it("pauses a queue, and resumes it", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {});
      await queue.pause("default");
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
      await queue.resume("default");
      expect(await queue.drain()).toMatchObject({ succeeded: 1 });
    });
  });

  describe("drained", () => {
    it("resolves at once where nothing waits or runs, in a queue or in all", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {}, { queue: "other", delay: "1h" });
      await queue.drained("default");
      await expect(queue.drained(undefined, { timeout: 1 })).rejects.toThrow(NotDrainedError);
      await expect(queue.drained("other", { timeout: 1 })).rejects.toThrow(NotDrainedError);
    });

    it("resolves once the last task has ended", async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const slow = defineTask("test.slow", { run: () => ended });
      const queue = context.queue([slow]);
      const { id } = await queue.enqueue(slow, {});
      const drain = queue.drain();
      const drained = queue.drained();
      await expect(Promise.race([drained, pause(100).then(() => "still waiting")])).resolves.toBe(
        "still waiting",
      );
      end();
      await drained;
      expect((await queue.get(id)).status).toBe("SUCCESS");
      await drain;
    });

    it("rejects at its timeout, and says what to look for", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {});
      await expect(queue.drained("default", { timeout: 30 })).rejects.toMatchObject({
        code: "not_drained",
        queue: "default",
        timeout: 30,
      });
      await expect(queue.drained("default", { timeout: "soon" })).rejects.toMatchObject({ field: "timeout" });
    });

    it("rejects with the reason of its signal, where that aborts before or while it waits", async () => {
      const queue = context.queue([quick]);
      await queue.enqueue(quick, {});
      const stopping = new AbortController();
      const drained = queue.drained("default", { signal: stopping.signal });
      stopping.abort(new Error("enough"));
      await expect(drained).rejects.toThrow("enough");
      await expect(queue.drained("default", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    });
  });
}
