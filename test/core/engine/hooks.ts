import { describe, expect, it } from "vitest";
import { NonRetryable } from "../../../src/core/control.ts";
import { ConfigError, ValidationError } from "../../../src/core/errors.ts";
import type { Middleware } from "../../../src/core/middleware.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { JsonObject } from "../../../src/core/task.ts";
import { type EngineContext, enqueueSome, MINUTE, until } from "./context.ts";

const echo = defineTask<JsonObject>("test.echo", { queue: "mail", maxRetries: 0, run: (input) => input });
const fail = defineTask("test.fail", {
  queue: "mail",
  maxRetries: 1,
  run: () => {
    throw new Error("no");
  },
});

export function describeHooks(context: EngineContext): void {
  describe("middleware", () => {
    const told: string[] = [];
    const named = (name: string): Middleware => ({
      enqueue: async (call, next) => {
        told.push(`${name} enqueue ${call.funcPath} to ${call.queue}`);
        const receipt = await next({ ...call, input: { ...(call.input as object), [name]: told.length } });
        told.push(`${name} enqueued`);
        return receipt;
      },
      run: async ({ task, input }, next) => {
        told.push(`${name} run ${task.funcPath} ${JSON.stringify(input)}`);
        const result = await next();
        told.push(`${name} ran`);
        return { [name]: result };
      },
    });

    it("wraps the enqueue and the run, the first outermost, and may change payload and result", async () => {
      told.length = 0;
      const queue = context.queue([echo], { middleware: [named("a"), {}, named("b")] });
      const { id } = await queue.enqueue(echo, {});
      await queue.drain();
      expect(told).toEqual([
        "a enqueue test.echo to mail",
        "b enqueue test.echo to mail",
        "b enqueued",
        "a enqueued",
        'a run test.echo {"a":1,"b":2}',
        'b run test.echo {"a":1,"b":2}',
        "b ran",
        "a ran",
      ]);
      expect(await queue.result(id)).toMatchObject({ result: { a: { b: { a: 1, b: 2 } } } });
    });

    it("wraps each task of enqueueMany, submit, submitMany and statements", async () => {
      const middleware: Middleware[] = [
        { enqueue: (call, next) => next({ ...call, options: { ...call.options, priority: 1 } }) },
      ];
      const queue = context.queue([echo], { middleware });
      await enqueueSome(queue, echo, 3);
      const { task } = await queue.submit({ funcPath: "test.echo" });
      expect(task.priority).toBe(1);
      await queue.submitMany([{ funcPath: "test.echo" }, { funcPath: "test.echo" }]);
      expect(await queue.statements(echo, {})).toHaveLength(1);
      const { items } = await queue.list();
      expect(items.map(({ priority }) => priority)).toEqual([1, 1, 1, 1, 1, 1]);
    });

    it("changes before the checks: what it makes invalid is refused, and its place named", async () => {
      let calls = 0;
      const middleware: Middleware[] = [
        { enqueue: (call, next) => next({ ...call, input: ++calls === 2 ? 7 : call.input }) },
      ];
      const queue = context.queue([echo], { middleware });
      const enqueued = queue.enqueueMany([enqueueRequest(echo, {}), enqueueRequest(echo, {})]);
      await expect(enqueued).rejects.toThrow(/tasks\[1\]\.kwargs/);
      await expect(enqueued).rejects.toBeInstanceOf(ValidationError);
      expect((await queue.list()).items).toEqual([]);
    });

    it("refuses a batch where one throws: nothing is inserted", async () => {
      const middleware: Middleware[] = [
        {
          enqueue: (call, next) => {
            if (call.options.uniqueKey === "b") throw new RangeError("not b");
            return next(call);
          },
        },
      ];
      const queue = context.queue([echo], { middleware });
      const requests = ["a", "b", "c"].map((uniqueKey) => enqueueRequest(echo, {}, { uniqueKey }));
      await expect(queue.enqueueMany(requests)).rejects.toThrow("not b");
      expect((await queue.list()).items).toEqual([]);
    });

    it("is told where it does not call next, or calls it twice", async () => {
      const never = context.queue([echo], {
        middleware: [{ enqueue: async () => ({ id: "none", duplicate: false }) }],
      });
      await expect(never.enqueue(echo, {})).rejects.toBeInstanceOf(ConfigError);
      const twice = context.queue([echo], {
        middleware: [{ enqueue: async (call, next) => (await next(call)) && next(call) }],
      });
      await expect(twice.enqueue(echo, {})).rejects.toThrow("two calls");
    });

    it("that calls next twice at once has nothing inserted, nor run a second time", async () => {
      const both: Middleware = {
        enqueue: async (call, next) => {
          const [first] = await Promise.all([next(call), next(call)]);
          return first;
        },
      };
      await expect(context.queue([echo], { middleware: [both] }).enqueue(echo, {})).rejects.toThrow(
        "two calls",
      );
      const inner: Middleware = { enqueue: (call, next) => next(call) };
      const outer = context.queue([echo], { middleware: [both, inner] });
      await expect(outer.enqueueMany([enqueueRequest(echo, {})])).rejects.toThrow("two calls");
      const queue = context.queue([echo]);
      expect((await queue.list()).items).toEqual([]);
      let runs = 0;
      const counted = defineTask("test.counted", { maxRetries: 0, run: () => ++runs });
      const again: Middleware = { run: async (_, next) => [await next(), await next()] };
      const running = context.queue([counted], { middleware: [again] });
      const { id } = await running.enqueue(counted, {});
      await running.drain();
      expect(runs).toBe(1);
      expect(await running.get(id)).toMatchObject({ status: "FAILED", errors: [{ type: "ConfigError" }] });
    });

    it("that throws around a run fails the attempt as its handler would", async () => {
      const middleware: Middleware[] = [
        {
          run: async () => {
            throw new NonRetryable("closed");
          },
        },
      ];
      const queue = context.queue([echo], { middleware });
      const { id } = await queue.enqueue(echo, {});
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "FAILED", errors: [{ message: "closed" }] });
    });
  });

  describe("events", () => {
    it("tell of every enqueue of a new task, of no duplicate, and never of a payload", async () => {
      const queue = context.queue([echo]);
      const { id } = await queue.enqueue(echo, { secret: "s3cret" }, { uniqueKey: "k" });
      await queue.enqueue(echo, { secret: "s3cret" }, { uniqueKey: "k" });
      const task = { id, attempts: 0, funcPath: "test.echo", queue: "mail" };
      expect(context.events).toEqual([{ type: "task.enqueued", task }]);
      await queue.submit({ funcPath: "test.echo" });
      await queue.submitMany([{ funcPath: "test.echo" }]);
      await queue.drain();
      expect(context.eventsOf("task.enqueued")).toHaveLength(3);
      expect(JSON.stringify(context.events)).not.toContain("s3cret");
    });

    it("tell of what an operator does", async () => {
      const queue = context.queue([echo]);
      const { id } = await queue.enqueue(echo, {});
      await queue.reschedule(id, context.clock.now() + MINUTE);
      await queue.cancel(id);
      await queue.retry(id);
      await queue.configureQueue("mail", { paused: true });
      expect(context.events.slice(1)).toMatchObject([
        { type: "task.rescheduled", task: { id }, eta: expect.any(Number) },
        { type: "task.cancelled", task: { id }, reason: "operator" },
        { type: "task.retried", task: { id } },
        { type: "queue.configured", queue: "mail", settings: { paused: true } },
      ]);
    });

    it("tell how long an attempt ran, in milliseconds", async () => {
      const slow = defineTask("test.slow", { run: () => context.clock.advance(50) });
      const queue = context.queue([slow, fail]);
      await queue.enqueue(slow, {});
      await queue.drain();
      await queue.enqueue(fail, {});
      await queue.drain();
      context.clock.advance(MINUTE);
      await queue.drain();
      expect(context.eventsOf("task.succeeded")[0]?.duration).toBeGreaterThanOrEqual(50);
      expect(context.eventsOf("task.retrying")[0]?.duration).toBeGreaterThanOrEqual(0);
      expect(context.eventsOf("task.failed")[0]?.duration).toBeGreaterThanOrEqual(0);
    });
  });

  describe("history of a queue", () => {
    it("is written by its drains, and read by minute", async () => {
      const queue = context.queue([echo, fail], { history: true });
      await enqueueSome(queue, echo, 3);
      await queue.enqueue(echo, {}, { deleteOnSuccess: true });
      await queue.enqueue(fail, {});
      await queue.drain();
      const { points, cursor } = await queue.history({ queue: "mail" });
      expect(cursor).toBeNull();
      expect(points).toMatchObject([{ queue: "mail", succeeded: 4, failed: 0, retried: 1 }]);
      expect(await queue.counts()).toMatchObject([{ queue: "mail", succeeded: 4, started: 5 }]);
    });

    it("is not written where it is not asked for: this process's own counts serve", async () => {
      const queue = context.queue([echo]);
      await enqueueSome(queue, echo, 3);
      await queue.drain();
      expect((await queue.history()).points).toEqual([]);
      expect(await queue.counts()).toMatchObject([{ queue: "mail", started: 3, succeeded: 3 }]);
    });

    it("has what waits of each minute in which a drain lingers, and asks once a minute", async () => {
      const queue = context.queue([echo], { history: true });
      await queue.enqueue(echo, {}, { delay: "2h" });
      const minute = context.clock.now() - (context.clock.now() % MINUTE);
      const running = context.start(queue);
      await until(async () => (await queue.explorer.backlogAt([minute])).length === 1);
      context.clock.advance(MINUTE);
      running.wake();
      const next = context.clock.now() - (context.clock.now() % MINUTE);
      await until(async () => (await queue.explorer.backlogAt([next])).length === 1);
      running.stop();
      await running.done;
      expect(await queue.explorer.backlogAt([minute])).toEqual([{ minute, waiting: 1, oldestAge: null }]);
      const [row] = await context.database.sql("SELECT count(*) AS count FROM backlog");
      expect(row?.count).toBe(2);
    });

    it.each([
      ["by a drain that does not linger, as of a kick", { history: true }, { linger: 0 }],
      ["where it is not asked for", {}, { linger: 300 }],
    ])("has nothing of what waits %s", async (_, options, drain) => {
      const queue = context.queue([echo], options);
      await enqueueSome(queue, echo, 3);
      await queue.drain(drain);
      expect(await context.database.sql("SELECT * FROM backlog")).toEqual([]);
    });

    it("loses its old minutes with the hourly purge", async () => {
      const queue = context.queue([echo], { history: { keep: "1h" } });
      await enqueueSome(queue, echo, 1);
      await queue.drain();
      const from = context.clock.now() - MINUTE;
      context.clock.advance(120 * MINUTE);
      await queue.purgeDue(1);
      expect((await queue.history({ from })).points).toEqual([]);
      expect(await queue.counts()).toMatchObject([{ succeeded: 1 }]);
    });
  });
}
