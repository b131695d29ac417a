import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { NonRetryable, Snooze } from "../../../src/core/control.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { json, NOW, newTask } from "../../support/tasks.ts";
import { type EngineContext, MINUTE, SECOND } from "./context.ts";

export function describeOutcomes(context: EngineContext): void {
  describe("how an attempt ends", () => {
    it("what a handler returns is its task's result", async () => {
      const add = defineTask<{ a: number; b: number }>("test.add", { run: ({ a, b }) => ({ sum: a + b }) });
      const queue = context.queue([add]);
      const { id } = await queue.enqueue(add, { a: 2, b: 3 });
      const report = await queue.drain();
      expect(report).toMatchObject({ claimed: 1, succeeded: 1, failed: 0, lost: 0, reason: "empty" });
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", attempts: 1, failures: 0, errors: [] });
      expect(await queue.result(id)).toMatchObject({
        taskId: id,
        status: "SUCCESS",
        result: { sum: 5 },
        error: null,
        attempts: 1,
      });
      expect(context.events.map(({ type }) => type)).toEqual([
        "task.enqueued",
        "task.started",
        "task.succeeded",
      ]);
    });

    it("an event tells which attempt of which task it is about, and nothing of the payload", async () => {
      let runs = 0;
      const ending = defineTask<{ secret: string }>("test.ending", {
        run() {
          runs += 1;
          if (runs === 1) throw new Snooze("1s");
          if (runs === 2) throw new Error("not now");
          if (runs === 3) throw new NonRetryable("never");
        },
      });
      const queue = context.queue([ending]);
      const { id } = await queue.enqueue(ending, { secret: "hunter2" }, { args: ["hunter2"] });
      await queue.enqueue(ending, { secret: "hunter2" }, { delay: "10m" });
      for (let tick = 0; tick < 4; tick++) {
        await queue.drain();
        context.clock.advance(5 * MINUTE);
      }
      await context.database.storage().enqueueMany([newTask({ kwargs: json({ secret: "hunter2" }) })], NOW);
      await queue.drain();
      const types = ["started", "snoozed", "retrying", "failed", "succeeded", "unknown", "released"];
      for (const type of types) expect(context.events.map((event) => event.type)).toContain(`task.${type}`);
      const subject = { id, attempts: 1, funcPath: "test.ending", queue: "default" };
      expect(context.eventsOf("task.started")[0]).toEqual({ type: "task.started", task: subject });
      expect(JSON.stringify(context.events)).not.toContain("hunter2");
    });

    it("an undefined return value is null", async () => {
      const quiet = defineTask("test.quiet", { run: () => undefined });
      const queue = context.queue([quiet]);
      const { id } = await queue.enqueue(quiet, {});
      await queue.drain();
      expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", result: null });
    });

    it("a handler is given its input, its args, its task, the env and a log that bears the task's id", async () => {
      const lines: unknown[] = [];
      const write = (message: string, fields?: object) => lines.push({ message, ...fields });
      const log = { debug: write, info: write, warn: write, error: write };
      const curious = defineTask<{ name: string }>("test.curious", {
        run: (input, { args, task, env, log: logger }) => {
          logger.info("hello");
          return { input, args: [...args], id: task.id, attempts: task.attempts, env };
        },
      });
      const queue = context.queue([curious], { env: { KEY: "value" }, log });
      const { id } = await queue.enqueue(curious, { name: "Ada" }, { args: [1, "two"] });
      await queue.drain();
      expect(await queue.result(id)).toMatchObject({
        result: { input: { name: "Ada" }, args: [1, "two"], id, attempts: 1, env: { KEY: "value" } },
      });
      expect(lines).toEqual([{ message: "hello", taskId: id, funcPath: "test.curious", attempt: 1 }]);
    });

    it("a line that the log cannot write fails no task", async () => {
      const write = () => {
        throw new TypeError("Do not know how to serialize a BigInt");
      };
      const log = { debug: write, info: write, warn: write, error: write };
      const talkative = defineTask("test.talkative", { run: (_, ctx) => ctx.log.info("x", { n: 5n }) });
      const queue = context.queue([talkative], { log });
      const { id } = await queue.enqueue(talkative, {});
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
    });

    it("a handler cannot change the task that it is given: its end is written all the same", async () => {
      const events: unknown[] = [];
      const meddling = defineTask("test.meddling", {
        run: (_, { task }) => {
          for (const name of ["id", "attempts", "claimToken", "maxRetries"]) {
            if (Reflect.set(task, name, 99)) events.push(name);
          }
          return "done";
        },
      });
      const queue = context.queue([meddling]);
      const { id } = await queue.enqueue(meddling, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 1, lost: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", attempts: 1, maxRetries: 3 });
      expect(events).toEqual([]);
    });

    it("a failure is retried at base * 2^failures, and FAILED once max_retries are spent", async () => {
      const broken = defineTask("test.broken", {
        maxRetries: 2,
        run: (_, { task }) => {
          throw new TypeError(`attempt ${task.attempts}`);
        },
      });
      const queue = context.queue([broken]);
      const { id } = await queue.enqueue(broken, {});
      for (const [failures, delay] of [
        [1, 2 * SECOND],
        [2, 4 * SECOND],
      ] as const) {
        await queue.drain();
        const [event] = context.eventsOf("task.retrying").slice(-1);
        expect(event?.retryAt).toBeGreaterThanOrEqual((event?.error.at ?? NaN) + delay);
        expect(event?.retryAt).toBeLessThanOrEqual(context.clock.now() + delay);
        expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures, eta: event?.retryAt });
        expect(await queue.result(id)).toBeNull();
        context.clock.advance(delay);
      }
      const report = await queue.drain();
      expect(report).toMatchObject({ claimed: 1, failed: 1, retrying: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", attempts: 3, failures: 3 });
      expect((await queue.get(id)).errors.map(({ message }) => message)).toEqual([
        "attempt 1",
        "attempt 2",
        "attempt 3",
      ]);
      expect(await queue.result(id)).toMatchObject({
        status: "FAILED",
        result: null,
        error: { type: "TypeError", message: "attempt 3", attempt: 3, retryable: true },
      });
      context.clock.advance(60 * MINUTE);
      expect(await queue.drain()).toMatchObject({ claimed: 0 });
    });

    it("a task that fails and then succeeds is a SUCCESS that keeps its errors", async () => {
      const flaky = defineTask("test.flaky", {
        run: (_, { task }) => {
          if (task.failures === 0) throw new Error("once");
          return task.attempts;
        },
      });
      const queue = context.queue([flaky]);
      const { id } = await queue.enqueue(flaky, {});
      await queue.drain();
      context.clock.advance(2 * SECOND);
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", attempts: 2, failures: 1 });
      expect((await queue.get(id)).errors).toHaveLength(1);
      expect(await queue.result(id)).toMatchObject({ result: 2, attempts: 2 });
    });

    it("NonRetryable goes to FAILED at once", async () => {
      const closed = defineTask("test.closed", {
        run: () => {
          throw new NonRetryable("the account is closed");
        },
      });
      const queue = context.queue([closed]);
      const { id } = await queue.enqueue(closed, {}, { maxRetries: 10 });
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", attempts: 1, failures: 1 });
      expect(await queue.result(id)).toMatchObject({
        error: { type: "NonRetryable", message: "the account is closed", retryable: false },
      });
    });

    it("Snooze runs a task again at its time and counts no failure", async () => {
      const patient = defineTask("test.patient", {
        maxRetries: 0,
        run: (_, { task }) => {
          if (task.attempts === 1) throw new Snooze("5m");
          return "done";
        },
      });
      const queue = context.queue([patient]);
      const { id } = await queue.enqueue(patient, {});
      expect(await queue.drain()).toMatchObject({ claimed: 1, snoozed: 1 });
      const [event] = context.eventsOf("task.snoozed");
      expect(await queue.get(id)).toMatchObject({
        status: "PENDING",
        failures: 0,
        attempts: 1,
        errors: [],
        eta: event?.until,
      });
      expect(event?.until).toBeGreaterThanOrEqual(context.clock.now() + 4 * MINUTE);
      context.clock.advance(5 * MINUTE);
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", attempts: 2 });
    });

    it("Snooze until a moment that has passed does not keep a drain for ever", async () => {
      const restless = defineTask("test.restless", {
        run: () => {
          throw new Snooze({ until: 0 });
        },
      });
      const queue = context.queue([restless]);
      await queue.enqueue(restless, {});
      expect(await queue.drain({ maxTasks: 100 })).toMatchObject({ reason: "empty" });
    });

    it("a task that snoozes after a failure is RETRYING", async () => {
      const task = defineTask("test.snoozeLater", {
        run: (_, { task: { failures } }) => {
          throw failures === 0 ? new Error("first") : new Snooze("1h");
        },
      });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await queue.drain();
      context.clock.advance(2 * SECOND);
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1, attempts: 2 });
    });

    it("a payload that was changed to one the schema refuses makes the task FAILED and is not retried", async () => {
      let runs = 0;
      const mail = defineTask("test.mail", {
        input: v.object({ to: v.string() }),
        run: () => {
          runs += 1;
        },
      });
      const queue = context.queue([mail]);
      const { id } = await queue.enqueue(mail, { to: "a@example.com" });
      await context.database.sql(`UPDATE tasks SET kwargs = '{"to":7}' WHERE id = ?1`, id);
      await queue.drain();
      expect(runs).toBe(0);
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", attempts: 1 });
      const result = await queue.result(id);
      expect(result?.error).toMatchObject({ type: "ValidationError", retryable: false });
      expect(result?.error?.message).toMatch(/kwargs\.to .*got 7/);
    });

    it("a handler is given what its schema makes of the payload", async () => {
      const date = defineTask("test.date", {
        input: v.object({
          on: v.pipe(
            v.string(),
            v.transform((text) => new Date(text)),
          ),
        }),
        run: ({ on }) => on.getTime(),
      });
      const queue = context.queue([date]);
      const { id } = await queue.enqueue(date, { on: "2026-11-24T00:00:00Z" });
      await queue.drain();
      expect(await queue.result(id)).toMatchObject({ result: Date.parse("2026-11-24T00:00:00Z") });
    });
  });
}
