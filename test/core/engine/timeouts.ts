import { describe, expect, it } from "vitest";
import { TaskTimeoutError } from "../../../src/core/errors.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { aborted, type EngineContext, pause } from "./context.ts";

export function describeTimeouts(context: EngineContext): void {
  describe("the timeout of a task", () => {
    it("aborts the handler's signal with the reason, and the attempt is a failure that is retried", async () => {
      let reason: unknown;
      const slow = defineTask("test.slow", {
        timeout: 30,
        run: async (_, { signal }) => {
          reason = await aborted(signal);
          throw reason;
        },
      });
      const queue = context.queue([slow]);
      const { id } = await queue.enqueue(slow, {});
      expect(await queue.drain()).toMatchObject({ claimed: 1, retrying: 1 });
      expect(reason).toBeInstanceOf(TaskTimeoutError);
      expect(await queue.get(id)).toMatchObject({
        status: "RETRYING",
        failures: 1,
        errors: [{ type: "TaskTimeoutError", retryable: true }],
      });
    });

    it("a handler that ignores its signal is given up, and its late end writes nothing", async () => {
      const late = Promise.withResolvers<string>();
      const deaf = defineTask("test.deaf", { timeout: 30, run: () => late.promise });
      const queue = context.queue([deaf]);
      const { id } = await queue.enqueue(deaf, {});
      expect(await queue.drain()).toMatchObject({ retrying: 1 });
      late.resolve("too late");
      await pause(20);
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1 });
      expect(await queue.result(id)).toBeNull();
    });

    it("a handler that ignores its signal and throws later breaks nothing", async () => {
      const late = Promise.withResolvers<never>();
      const deaf = defineTask("test.deaf", { timeout: 30, maxRetries: 0, run: () => late.promise });
      const queue = context.queue([deaf]);
      const { id } = await queue.enqueue(deaf, {});
      await queue.drain();
      late.reject(new Error("too late"));
      await pause(20);
      expect(await queue.result(id)).toMatchObject({
        status: "FAILED",
        error: { type: "TaskTimeoutError", message: expect.stringContaining("30 ms") },
      });
    });

    it("of an enqueue goes before that of the definition", async () => {
      const task = defineTask("test.timed", {
        timeout: "1h",
        maxRetries: 0,
        run: (_, { signal }) => aborted(signal),
      });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {}, { timeout: 20 });
      await queue.drain();
      expect(await queue.result(id)).toMatchObject({ error: { type: "TaskTimeoutError" } });
    });

    it("does not keep the neighbours waiting", async () => {
      const gate = Promise.withResolvers<void>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const quick = defineTask("test.quick", {
        timeout: 20,
        maxRetries: 0,
        run: (_, { signal }) => aborted(signal),
      });
      const queue = context.queue([held, quick]);
      const { id } = await queue.enqueue(held, {});
      const late = await queue.enqueue(quick, {});
      const drain = context.start(queue, { linger: 0, concurrency: 2 });
      while ((await queue.result(late.id)) === null) await pause(5);
      expect(await queue.get(id)).toMatchObject({ status: "RUNNING" });
      gate.resolve();
      expect(await drain.done).toMatchObject({ succeeded: 1, failed: 1 });
    });
  });
}
