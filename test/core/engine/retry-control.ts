import { describe, expect, it } from "vitest";
import { NonRetryable } from "../../../src/core/control.ts";
import { TaskTimeoutError } from "../../../src/core/errors.ts";
import type { TaskSettings } from "../../../src/core/registry.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { RetryOptions } from "../../../src/core/retries.ts";
import type { JsonObject } from "../../../src/core/task.ts";
import { type EngineContext, MINUTE, pause, SECOND } from "./context.ts";

class Teapot extends Error {
  readonly status = 418;
}

export function describeRetryControl(context: EngineContext): void {
  const failing = (name: string, options: RetryOptions & Partial<TaskSettings<JsonObject>>) =>
    defineTask<JsonObject>(name, {
      run() {
        throw new Teapot("short and stout");
      },
      ...options,
    });
  /** How long each retry waited, in milliseconds. */
  const waits = () => context.eventsOf("task.retrying").map(({ error, retryAt }) => retryAt - error.at);

  describe("retries by their definition", () => {
    it("each task waits by its own definition, beside others of the same drain", async () => {
      const fixed = failing("test.fixed", { backoff: { type: "fixed", delay: "7s" } });
      const listed = failing("test.listed", { backoff: ["1m", "2m"] });
      const plain = failing("test.plain", {});
      const queue = context.queue([fixed, listed, plain]);
      for (const task of [fixed, listed, plain]) await queue.enqueue(task, {});
      await queue.drain();
      const byPath = context.eventsOf("task.retrying").map(({ task, error, retryAt }) => ({
        funcPath: task.funcPath,
        // The moment of the error is that of the handler's end, a little before its settlement's.
        wait: Math.floor((retryAt - error.at) / SECOND),
      }));
      expect(byPath.sort((a, b) => (a.funcPath < b.funcPath ? -1 : 1))).toEqual([
        { funcPath: "test.fixed", wait: 7 },
        { funcPath: "test.listed", wait: 60 },
        { funcPath: "test.plain", wait: 2 },
      ]);
    });

    it("a list's last duration repeats", async () => {
      const task = failing("test.listed", { backoff: ["10s", "20s"], maxRetries: 3 });
      const queue = context.queue([task]);
      await queue.enqueue(task, {});
      for (let run = 0; run < 4; run++) {
        await queue.drain();
        context.clock.advance(MINUTE);
      }
      expect(waits().map((wait) => Math.floor(wait / SECOND))).toEqual([10, 20, 20]);
    });

    it("a function is given the failures so far and what the handler threw", async () => {
      const asked: unknown[] = [];
      const backoff = (failures: number, error: unknown) => {
        asked.push([failures, error instanceof Teapot && error.status]);
        return "30s";
      };
      const task = failing("test.asked", { backoff });
      const queue = context.queue([task]);
      await queue.enqueue(task, {});
      await queue.drain();
      context.clock.advance(MINUTE);
      await queue.drain();
      expect(asked).toEqual([
        [1, 418],
        [2, 418],
      ]);
    });

    it("what a function gets wrong is told, and the default taken", async () => {
      const thrower = () => {
        throw new Error("no idea");
      };
      const tasks = [
        failing("test.throws", { backoff: thrower }),
        failing("test.soon", { backoff: () => "soon" }),
      ];
      const queue = context.queue(tasks);
      for (const task of tasks) await queue.enqueue(task, {});
      await queue.drain();
      const told = context.eventsOf("retry.failed");
      expect(told.map(({ task, during }) => [task.funcPath, during]).sort()).toEqual([
        ["test.soon", "backoff"],
        ["test.throws", "backoff"],
      ]);
      expect(waits().map((wait) => Math.floor(wait / SECOND))).toEqual([2, 2]);
    });

    it("a task whose worker died in quarantine waits by its definition, whose function is given no error", async () => {
      const asked: unknown[] = [];
      const backoff = (failures: number, error: unknown) => {
        asked.push([failures, error]);
        return "10m";
      };
      const task = failing("test.dies", { backoff });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {}, { delay: "1h" });
      await context.abandon(id);
      await context.database.sql("UPDATE tasks SET held = 1 WHERE id = ?1", id);
      await queue.drain();
      expect(asked).toEqual([[1, undefined]]);
      const { eta, updatedAt, failures } = await queue.get(id);
      expect([eta - updatedAt, failures]).toEqual([10 * MINUTE, 1]);
    });

    it("a rescued task of a definition that is unknown here waits by the default", async () => {
      const task = failing("test.elsewhere", {});
      const { id } = await context.queue([task]).enqueue(task, {}, { delay: "1h" });
      await context.abandon(id);
      await context.database.sql("UPDATE tasks SET held = 1 WHERE id = ?1", id);
      const queue = context.queue([]);
      await queue.drain();
      const { eta, updatedAt } = await queue.get(id);
      expect(eta - updatedAt).toBe(2 * SECOND);
    });
  });

  describe("retryIf", () => {
    it("ends the task at once where it says false of what the handler threw", async () => {
      const asked: unknown[] = [];
      const retryIf = (error: unknown) => {
        asked.push(error);
        return !(error instanceof Teapot);
      };
      const task = failing("test.final", { retryIf });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      expect(await queue.drain()).toMatchObject({ failed: 1, retrying: 0 });
      expect(asked).toEqual([expect.any(Teapot)]);
      const result = await queue.result(id);
      expect(result).toMatchObject({
        status: "FAILED",
        error: { message: "short and stout", retryable: false },
      });
    });

    it("leaves the retries to go on where it says true", async () => {
      const task = failing("test.again", { retryIf: () => true });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await queue.drain();
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", failures: 1 });
    });

    it("is given a timeout, and not asked of what is final anyway", async () => {
      const asked: unknown[] = [];
      const retryIf = (error: unknown) => asked.push(error) > 100;
      const slow = failing("test.slow", { retryIf, timeout: 20, run: () => new Promise(() => {}) });
      const closed = failing("test.closed", {
        retryIf,
        run: () => {
          throw new NonRetryable("closed");
        },
      });
      const unkept = failing("test.unkept", { retryIf, run: () => new Date(0) });
      const tasks = [slow, closed, unkept];
      const queue = context.queue(tasks);
      for (const task of tasks) await queue.enqueue(task, {});
      expect(await queue.drain()).toMatchObject({ failed: 3 });
      expect(asked).toEqual([expect.any(TaskTimeoutError)]);
    });

    it("that is asynchronous and rejects is told of as any promise, and ends no process; a backoff neither", async () => {
      const given: RetryOptions = {};
      const rejects = async () => {
        throw new Error("no idea");
      };
      Object.assign(given, { retryIf: rejects, backoff: rejects });
      const task = failing("test.rejects", given);
      const queue = context.queue([task]);
      await queue.enqueue(task, {});
      expect(await queue.drain()).toMatchObject({ retrying: 1 });
      expect(context.eventsOf("retry.failed").map(({ during }) => during)).toEqual(["retryIf", "backoff"]);
      // The runner of the tests fails where a rejection stays unhandled for a turn.
      await pause(10);
    });

    it("that throws, or returns no boolean, is told of, and the task retried", async () => {
      const thrower = () => {
        throw new Error("no idea");
      };
      const promised: RetryOptions = JSON.parse("{}");
      Object.assign(promised, { retryIf: async () => false });
      const tasks = [failing("test.throws", { retryIf: thrower }), failing("test.promises", promised)];
      const queue = context.queue(tasks);
      for (const task of tasks) await queue.enqueue(task, {});
      expect(await queue.drain()).toMatchObject({ failed: 0, retrying: 2 });
      const told = context.eventsOf("retry.failed").map(({ task, during }) => [task.funcPath, during]);
      expect(told.sort()).toEqual([
        ["test.promises", "retryIf"],
        ["test.throws", "retryIf"],
      ]);
    });
  });
}
