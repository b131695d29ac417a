import { describe, expect, it, vi } from "vitest";
import { SchemaMissing } from "../../../src/core/errors.ts";
import { forgetKick } from "../../../src/core/kick.ts";
import type { KickOptions } from "../../../src/core/queue-options.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE, SECOND, until } from "./context.ts";

/** A request's context, and what it was asked to wait for. */
function request() {
  const waiting: Promise<unknown>[] = [];
  return { waiting, waitUntil: (promise: Promise<unknown>) => void waiting.push(promise) };
}

export function describeKick(context: EngineContext): void {
  const quick = () => defineTask("test.quick", { run: () => "done" });

  describe("a kick", () => {
    it("drains in waitUntil", async () => {
      const task = quick();
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      const { waiting, waitUntil } = request();
      queue.kick({ waitUntil });
      expect(waiting).toHaveLength(1);
      await Promise.all(waiting);
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS" });
    });

    it("is skipped within a second of the isolate's last one, whichever queue that was by", async () => {
      const task = quick();
      const first = request();
      context.queue([task]).kick(first);
      const second = request();
      context.queue([task]).kick(second);
      context.clock.advance(100);
      const queue = context.queue([task]);
      queue.session().queue.kick(second);
      expect(first.waiting).toHaveLength(1);
      expect(second.waiting).toHaveLength(0);
      context.clock.advance(SECOND);
      context.queue([task]).kick(second);
      expect(second.waiting).toHaveLength(1);
      await Promise.all([...first.waiting, ...second.waiting]);
    });

    it("is not skipped because the clock was put back", async () => {
      const tasks = [quick()];
      const { waiting, waitUntil } = request();
      context.queue(tasks).kick({ waitUntil });
      context.clock.advance(-MINUTE);
      context.queue(tasks).kick({ waitUntil });
      expect(waiting).toHaveLength(2);
      context.clock.advance(MINUTE);
      await Promise.all(waiting);
    });

    it("that was skipped has its task run by the one before", async () => {
      const task = quick();
      const tasks = [task];
      const first = request();
      context.queue(tasks).kick(first);
      await until(() => context.driver.count("peek") > 0);
      const later = context.queue(tasks);
      const { id } = await later.enqueue(task, {});
      const second = request();
      later.kick(second);
      expect(second.waiting).toHaveLength(0);
      await Promise.all(first.waiting);
      expect(await later.get(id)).toMatchObject({ status: "SUCCESS" });
    });

    it("claims for 20 s, and leaves what does not fit its 28 s to cron", async () => {
      const passing = defineTask("test.passing", {
        timeout: "5s",
        run: () => context.clock.advance(21 * SECOND),
      });
      const queue = context.queue([passing], { kick: { concurrency: 1 } });
      const long = await queue.enqueue(passing, {}, { timeout: "29s", priority: 0 });
      const first = await queue.enqueue(passing, {});
      const second = await queue.enqueue(passing, {});
      const { waiting, waitUntil } = request();
      queue.kick({ waitUntil });
      await Promise.all(waiting);
      expect(await queue.get(long.id)).toMatchObject({ status: "PENDING", attempts: 0 });
      expect(await queue.get(first.id)).toMatchObject({ status: "SUCCESS" });
      expect(await queue.get(second.id)).toMatchObject({ status: "PENDING", attempts: 0 });
    });

    it("ends everything at 28 s: what runs is released", async () => {
      const deaf = defineTask("test.deaf", { run: () => new Promise(() => {}) });
      const queue = context.queue([deaf]);
      const { id } = await queue.enqueue(deaf, {});
      const { waiting, waitUntil } = request();
      queue.kick({ waitUntil });
      await until(() => context.eventsOf("task.started").length === 1);
      context.clock.advance(MINUTE);
      await Promise.all(waiting);
      expect(await queue.get(id)).toMatchObject({ status: "PENDING", failures: 0, attempts: 1 });
    });

    it("keeps its settings: concurrency, queues and query budget", async () => {
      const task = quick();
      const queue = context.queue([task], { kick: { queues: ["mine"], queryBudget: 30 } });
      const mine = await queue.enqueue(task, {}, { queue: "mine" });
      const other = await queue.enqueue(task, {});
      const { waiting, waitUntil } = request();
      queue.kick({ waitUntil }, { queries: 0 });
      await Promise.all(waiting);
      expect(await queue.get(mine.id)).toMatchObject({ status: "SUCCESS" });
      expect(await queue.get(other.id)).toMatchObject({ status: "PENDING" });
      expect(queue.storage.queryCount).toBeLessThanOrEqual(32);
    });

    it("leaves room in its budget for 20 queries of the request's own, or for as many as it is told", async () => {
      const task = quick();
      const kick = async (...options: [] | [KickOptions]) => {
        forgetKick();
        const storage = context.database.storage();
        const queue = context.queue([task], { storage, kick: { queryBudget: 50 } });
        await queue.enqueue(task, {});
        // Of the drain itself nobody knows how often it polls.
        const noted = vi.spyOn(storage, "noteQueries");
        const { waiting, waitUntil } = request();
        queue.kick({ waitUntil }, ...options);
        await Promise.all(waiting);
        return { started: waiting.length, noted: noted.mock.calls.flat() };
      };
      expect(await kick()).toEqual({ started: 1, noted: [20] });
      expect(await kick({ queries: 21 })).toEqual({ started: 1, noted: [21] });
      expect(await kick({ queries: 49 })).toEqual({ started: 0, noted: [] });
    });

    it.each([-1, 1.5, Number.NaN])("refuses queries: %d", (queries) => {
      const { waiting, waitUntil } = request();
      expect(() => context.queue([]).kick({ waitUntil }, { queries })).toThrow("expected queries to be");
      expect(waiting).toEqual([]);
    });

    it("that fails tells the listener, and rejects nothing", async () => {
      const storage = context.database.storage({ tablePrefix: "absent_" });
      const { waiting, waitUntil } = request();
      context.queue([quick()], { storage }).kick({ waitUntil });
      await expect(Promise.all(waiting)).resolves.toEqual([undefined]);
      expect(context.eventsOf("storage.failed").at(-1)).toMatchObject({ during: "kick" });
      expect(context.eventsOf("storage.failed").at(-1)?.error).toBeInstanceOf(SchemaMissing);
    });
  });
}
