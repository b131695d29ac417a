import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { Aborted, NonRetryable, Snooze } from "../../src/core/control.ts";
import { ValidationError } from "../../src/core/errors.ts";
import { defineTask, type TaskContext, type TaskDefinition } from "../../src/core/registry.ts";
import type { JsonValue } from "../../src/core/task.ts";
import { runTask } from "../../src/testing/run-task.ts";
import { NOW } from "../support/tasks.ts";

const sendEmail = defineTask("email.send", {
  input: v.object({ to: v.pipe(v.string(), v.includes("@")), tries: v.optional(v.number(), 1) }),
  queue: "mail",
  maxRetries: 2,
  backoff: { type: "fixed", delay: "1m" },
  run: ({ to, tries }) => ({ sent: to, tries }),
});
const failing = defineTask<{ final?: boolean }>("test.failing", {
  maxRetries: 2,
  backoff: { type: "fixed", delay: "1m" },
  retryIf: (error) => !(error instanceof RangeError),
  run: ({ final }) => {
    if (final) throw new RangeError("out of range");
    throw new TypeError("broken");
  },
});
const waiting = defineTask("test.waiting", {
  run: (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
});

/** The same in Node and inside workerd: it needs no database. */
export function describeRunTask(): void {
  describe("runTask", () => {
    it("gives the handler the input as the schema makes it, and tells its result", async () => {
      const run = await runTask(sendEmail, { to: "a@example.com" }, { now: NOW });
      expect(run).toMatchObject({
        outcome: "completed",
        result: { sent: "a@example.com", tries: 1 },
        task: {
          queue: "mail",
          attempts: 1,
          failures: 0,
          maxRetries: 2,
          eta: NOW,
          kwargs: { to: "a@example.com" },
        },
      });
    });

    it("refuses what the enqueue would refuse", async () => {
      await expect(runTask(sendEmail, { to: "nobody" })).rejects.toThrow(ValidationError);
      await expect(runTask(sendEmail, { to: "a@b" }, { priority: 10 })).rejects.toThrow(ValidationError);
      await expect(runTask(sendEmail, { to: "a@b" }, { attempt: 0 })).rejects.toThrow(ValidationError);
      await expect(runTask(sendEmail, { to: "a@b" }, { failures: 1 })).rejects.toThrow(ValidationError);
    });

    it("tells when a failure is tried again, by the definition's backoff", async () => {
      const run = await runTask(failing, {}, { now: NOW, attempt: 2 });
      expect(run).toMatchObject({
        outcome: "retrying",
        retryAt: NOW + 60_000,
        error: { type: "TypeError", message: "broken", attempt: 2, retryable: true, at: NOW },
        thrown: expect.any(TypeError),
        task: { attempts: 2, failures: 1 },
      });
    });

    it("tells of the end of the retries, and of an error that is not worth one", async () => {
      expect(await runTask(failing, {}, { attempt: 3 })).toMatchObject({ outcome: "failed" });
      expect(await runTask(failing, {}, { attempt: 3, failures: 0 })).toMatchObject({ outcome: "retrying" });
      expect(await runTask(failing, {}, { attempt: 3, maxRetries: 3 })).toMatchObject({
        outcome: "retrying",
      });
      const error = { retryable: false, message: "out of range" };
      expect(await runTask(failing, { final: true })).toMatchObject({ outcome: "failed", error });
      const gone = defineTask("test.gone", { run: () => Promise.reject(new NonRetryable("gone")) });
      expect(await runTask(gone, {})).toMatchObject({ outcome: "failed", error: { message: "gone" } });
    });

    it("tells of a result that cannot be stored", async () => {
      const odd = defineTask("test.odd", { run: () => new Map() });
      expect(await runTask(odd, {})).toMatchObject({
        outcome: "failed",
        error: { type: "SerializationError" },
      });
    });

    it("tells of a snooze", async () => {
      const late = defineTask("test.late", { run: () => Promise.reject(new Snooze("1h")) });
      expect(await runTask(late, {}, { now: NOW })).toMatchObject({
        outcome: "snoozed",
        until: NOW + 3_600_000,
      });
    });

    it("ends the attempt at its timeout", async () => {
      expect(await runTask(waiting, {}, { timeout: 5 })).toMatchObject({
        outcome: "retrying",
        error: { type: "TaskTimeoutError" },
      });
    });

    it("ends it as the worker stops, and as the task is cancelled", async () => {
      expect(await runTask(waiting, {}, { signal: AbortSignal.timeout(1) })).toMatchObject({
        outcome: "released",
      });
      const signal = AbortSignal.abort(new Aborted("lost"));
      expect(await runTask(waiting, {}, { signal })).toMatchObject({ outcome: "lost" });
    });

    it("keeps what the handler logs, tells and enqueues", async () => {
      const busy = defineTask("test.busy", {
        run: async (_, { log, progress, enqueue, enqueueMany, args }) => {
          log.warn("begins", { args });
          progress(0.5, "half");
          progress(1);
          await enqueue(sendEmail, { to: "a@example.com" }, { delay: "5m" });
          await enqueueMany([{ task: sendEmail, input: { to: "b@example.com" }, options: {} }]);
        },
      });
      const run = await runTask(busy, {}, { now: NOW, args: [1] });
      const { id } = run.task;
      expect(run).toMatchObject({
        outcome: "completed",
        logs: [{ level: "warn", message: "begins", fields: { taskId: id, attempt: 1, args: [1] } }],
        progress: [
          { value: 0.5, message: "half" },
          { value: 1, message: null },
        ],
        enqueued: [
          { funcPath: "email.send", parentId: id, eta: NOW + 300_000, kwargs: { to: "a@example.com" } },
          { funcPath: "email.send", parentId: id, eta: NOW, kwargs: { to: "b@example.com" } },
        ],
      });
    });

    it("refuses what the handler enqueues with another input than its schema takes", async () => {
      const wrong = defineTask("test.wrong", { run: (_, ctx) => ctx.enqueue(sendEmail, { to: "nobody" }) });
      const run = await runTask(wrong, {});
      expect(run).toMatchObject({ outcome: "retrying", error: { type: "ValidationError" }, enqueued: [] });
    });

    it("goes through the middleware", async () => {
      const run = await runTask(
        sendEmail,
        { to: "a@example.com" },
        { middleware: [{ run: async (call, next) => [call.input, await next()] }] },
      );
      const input = { to: "a@example.com", tries: 1 };
      expect(run).toMatchObject({ result: [input, { sent: "a@example.com", tries: 1 }] });
    });

    it("tells of a backoff that fails, where a queue would go by the default", async () => {
      const odd = defineTask("test.odd", {
        backoff: () => "soon",
        run: () => Promise.reject(new Error("no")),
      });
      const run = await runTask(odd, {}, { now: NOW });
      expect(run).toMatchObject({ outcome: "retrying", retryAt: NOW + 2_000 });
      expect(run.events).toMatchObject([{ type: "retry.failed", during: "backoff" }]);
    });

    it("types what it returned by the definition", async () => {
      const sent = await runTask(sendEmail, { to: "a@example.com" });
      if (sent.outcome === "completed")
        expectTypeOf(sent.result).toEqualTypeOf<{ sent: string; tries: number }>();
      const nothing = await runTask(defineTask("test.nothing", { run: () => {} }), {});
      if (nothing.outcome === "completed") expectTypeOf(nothing.result).toEqualTypeOf<null>();
      expect([sent, nothing]).toMatchObject([
        { outcome: "completed" },
        { outcome: "completed", result: null },
      ]);
      const any: TaskDefinition<Record<never, never>> = defineTask("test.any", { run: () => 1 });
      const run = await runTask(any, {});
      if (run.outcome === "completed") expectTypeOf(run.result).toEqualTypeOf<JsonValue>();
    });

    it("holds the input and the env against the definition", async () => {
      const needy = defineTask("test.needy", { run: (_, ctx: TaskContext<{ KEY: string }>) => ctx.env.KEY });
      expect(await runTask(needy, {}, { env: { KEY: "k" } })).toMatchObject({ result: "k" });
      const run = async () => {
        // @ts-expect-error an address is a text
        await runTask(sendEmail, { to: 1 });
        // @ts-expect-error there is no KEY
        await runTask(needy, {});
        // @ts-expect-error a key is a text
        await runTask(needy, {}, { env: { KEY: 1 } });
      };
      expect(run).toBeTypeOf("function");
    });
  });
}
