import { describe, expect, it } from "vitest";
import { ValidationError } from "../../../src/core/errors.ts";
import { idTime, newId } from "../../../src/core/id.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask, type TaskContext } from "../../../src/core/registry.ts";
import { lostReply } from "../../support/faulty.ts";
import { newTask } from "../../support/tasks.ts";
import { type EngineContext, MINUTE, SECOND, until } from "./context.ts";

const child = defineTask<{ n: number }>("test.child", { run: ({ n }) => n });

/** A task whose handler is this. */
function parentOf(run: (context: TaskContext) => unknown, settings: { interval?: number } = {}) {
  return defineTask("test.parent", { ...settings, run: (_, context) => run(context) });
}

export function describeChildren(context: EngineContext): void {
  const count = async (table: string) => {
    const [row] = await context.database.sql(`SELECT count(*) AS count FROM ${table}`);
    return Number(row?.count);
  };

  describe("a handler's children", () => {
    it("bear their parent's id, and run in the same drain", async () => {
      let id = "";
      const parent = parentOf(async (ctx) => {
        ({ id } = await ctx.enqueue(child, { n: 1 }));
      });
      const queue = context.queue([parent, child]);
      const enqueued = await queue.enqueue(parent, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 2 });
      expect(await queue.get(id)).toMatchObject({ parentId: enqueued.id, status: "SUCCESS" });
      expect(idTime(id)).toBe(idTime(enqueued.id));
    });

    it("are picked up by the drain that runs their parent before its next poll", async () => {
      let started = false;
      const waiting = defineTask("test.child", { run: () => (started = true) });
      const parent = parentOf(async (ctx) => {
        await ctx.enqueue(waiting, {});
        await until(() => started);
      });
      const queue = context.queue([parent, waiting]);
      await queue.enqueue(parent, {});
      const running = context.start(queue, { poll: { min: 10 * MINUTE, max: 10 * MINUTE } });
      await until(() => context.eventsOf("task.succeeded").length === 2);
      running.stop();
      await running.done;
    });

    it("are met by a retry of their parent, however often it runs", async () => {
      const receipts: unknown[] = [];
      const parent = parentOf(async (ctx) => {
        receipts.push(await ctx.enqueue(child, { n: 1 }));
        receipts.push(await ctx.enqueue(child, { n: 2 }));
        receipts.push(await ctx.enqueue(child, { n: 1 }));
        if (ctx.task.attempts === 1) throw new Error("after its children");
      });
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      const running = context.start(queue);
      await until(() => context.eventsOf("task.retrying").length === 1);
      context.clock.advance(MINUTE);
      running.wake();
      await until(() => receipts.length === 6);
      running.stop();
      await running.done;
      expect(await count("tasks")).toBe(4);
      expect(receipts.slice(3)).toEqual(
        receipts.slice(0, 3).map((receipt) => ({ ...Object(receipt), duplicate: true })),
      );
      expect(receipts[0]).not.toEqual(receipts[2]);
    });

    it("are met by a retry although what they say besides their payload has changed", async () => {
      const receipts: { duplicate: boolean }[] = [];
      const parent = parentOf(async (ctx) => {
        receipts.push(await ctx.enqueue(child, { n: 1 }, { priority: ctx.task.attempts }));
        if (ctx.task.attempts === 1) throw new Error("after its child");
      });
      const queue = context.queue([parent, child]);
      const { id } = await queue.enqueue(parent, {}, { maxRetries: 0 });
      await queue.drain();
      await queue.retry(id);
      await queue.drain();
      expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, true]);
    });

    it("are met by a handler that enqueues them again since the reply to the first time was lost", async () => {
      const errors: unknown[] = [];
      const parent = parentOf(async (ctx) => {
        await ctx.enqueue(child, { n: 1 });
        context.driver.disturb("other", ...Array.from({ length: 5 }, () => lostReply));
        await ctx.enqueue(child, { n: 1 }).catch((error) => errors.push(error));
        expect(await ctx.enqueue(child, { n: 1 })).toMatchObject({ duplicate: true });
      });
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 3 });
      expect(errors).toMatchObject([{ code: "storage_unavailable" }]);
      expect(await count("tasks")).toBe(3);
    });

    it("of an interval task are others in each run, and the same in a retry of one", async () => {
      const ids: string[] = [];
      const parent = parentOf(
        async (ctx) => {
          ids.push((await ctx.enqueue(child, { n: 1 })).id);
          if (ctx.task.attempts === 2) throw new Error("after its child");
        },
        { interval: SECOND },
      );
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      for (let run = 0; run < 3; run++) {
        await queue.drain();
        context.clock.advance(MINUTE);
      }
      expect(ids).toHaveLength(3);
      expect(ids[1]).toBe(ids[2]);
      expect(ids[0]).not.toBe(ids[1]);
    });

    it("are enqueued many at once, all or nothing, and keep an id that is given", async () => {
      const { id } = newTask();
      const receipts: unknown[] = [];
      const parent = parentOf(async (ctx) => {
        receipts.push(
          ...(await ctx.enqueueMany([
            enqueueRequest(child, { n: 1 }, { id }),
            enqueueRequest(child, { n: 2 }),
            enqueueRequest(child, { n: 2 }),
          ])),
        );
      });
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 4 });
      expect(receipts).toMatchObject([{ id, duplicate: false }, { duplicate: false }, { duplicate: false }]);
    });

    it("are not deleted at their success: a retry could not recognise them", async () => {
      const deleting = defineTask("test.deleting", { deleteOnSuccess: true, run: () => 1 });
      const errors: unknown[] = [];
      const parent = parentOf(async (ctx) => {
        await ctx.enqueue(child, { n: 1 }, { deleteOnSuccess: true }).catch((error) => errors.push(error));
        await ctx.enqueue(deleting, {}).catch((error) => errors.push(error));
        await ctx.enqueue(deleting, {}, { deleteOnSuccess: false });
      });
      const queue = context.queue([parent, child, deleting]);
      await queue.enqueue(parent, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 2 });
      expect(errors).toMatchObject([{ field: "deleteOnSuccess" }, { field: "deleteOnSuccess" }]);
      expect(errors[0]).toBeInstanceOf(ValidationError);
    });

    it("may wait for their parent", async () => {
      const seen: string[] = [];
      const last = defineTask("test.last", { run: () => void seen.push("last") });
      const parent = parentOf(async (ctx) => {
        await ctx.enqueue(last, {}, { after: [ctx.task.id] });
        seen.push("parent");
      });
      const queue = context.queue([parent, last]);
      await queue.enqueue(parent, {});
      expect(await queue.drain()).toMatchObject({ succeeded: 2 });
      expect(seen).toEqual(["parent", "last"]);
    });

    it("and what else this process enqueued start as what they wait for ends, before the next poll", async () => {
      const queue = context.queue([child]);
      const running = context.start(queue, { poll: { min: 10 * MINUTE, max: 10 * MINUTE } });
      const chain = Array.from({ length: 10 }, () => newTask().id);
      const requests = chain.map((id, n) =>
        enqueueRequest(child, { n }, n === 0 ? { id } : { id, after: [chain[n - 1] ?? ""] }),
      );
      await queue.enqueueMany(requests);
      await until(() => context.eventsOf("task.succeeded").length === 10);
      running.stop();
      await running.done;
      expect(context.eventsOf("task.succeeded").map(({ task }) => task.id)).toEqual(chain);
    });

    it("count in the query budget of the drain, which refuses those beyond it", async () => {
      let refused: unknown;
      const parent = parentOf(async (ctx) => {
        try {
          for (let n = 0; n < 100; n++) await ctx.enqueue(child, { n }, { delay: MINUTE });
        } catch (error) {
          refused = error;
        }
      });
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      const before = queue.storage.queryCount;
      const report = await queue.drain({ queryBudget: before + 60 });
      expect(report.reason).toBe("query-budget");
      expect(refused).toMatchObject({ code: "query_budget" });
      expect(queue.storage.queryCount).toBeLessThanOrEqual(before + 60);
    });

    it("that are enqueued at the same time count in the budget as those one after the other", async () => {
      const parent = parentOf(async (ctx) => {
        const all = Array.from({ length: 50 }, (_, n) =>
          ctx.enqueue(child, { n }, { id: newId(context.clock.now()), delay: MINUTE }),
        );
        for (const outcome of await Promise.allSettled(all)) outcomes.add(outcome.status);
      });
      const outcomes = new Set<string>();
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {});
      const before = queue.storage.queryCount;
      expect((await queue.drain({ queryBudget: before + 60 })).reason).toBe("query-budget");
      expect(outcomes).toEqual(new Set(["fulfilled", "rejected"]));
      expect(queue.storage.queryCount).toBeLessThanOrEqual(before + 60);
    });

    it("are enqueued no more once the attempt is aborted", async () => {
      let refused: unknown;
      const parent = parentOf(async (ctx) => {
        await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        await ctx.enqueue(child, { n: 1 }).catch((error) => {
          refused = error;
        });
      });
      const queue = context.queue([parent, child]);
      await queue.enqueue(parent, {}, { timeout: 50, maxRetries: 0 });
      await queue.drain();
      await until(() => refused !== undefined);
      expect(refused).toMatchObject({ code: "task_timeout" });
      expect(await count("tasks")).toBe(1);
    });
  });

  describe("a handler's progress", () => {
    it("is written by the settlement where the attempt ends before a heartbeat", async () => {
      const parent = parentOf((ctx) => {
        ctx.progress(0.4, "resizing");
        ctx.progress(1);
      });
      const queue = context.queue([parent]);
      const { id } = await queue.enqueue(parent, {});
      await queue.drain();
      expect((await queue.get(id)).progress).toEqual({ value: 1, message: null });
    });

    it("is written by the next heartbeat, and costs no query however often it is told", async () => {
      let end = () => {};
      const parent = parentOf((ctx) => {
        for (let n = 0; n < 10_000; n++) ctx.progress(n / 10_000, `step ${n}`);
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      });
      const queue = context.queue([parent]);
      const { id } = await queue.enqueue(parent, {});
      const running = context.start(queue, { lease: 2 * SECOND });
      await until(async () => (await queue.get(id)).progress !== null);
      expect(await queue.get(id)).toMatchObject({
        status: "RUNNING",
        progress: { value: 0.9999, message: "step 9999" },
      });
      end();
      running.stop();
      await running.done;
    });

    it.each([
      [-0.1, undefined],
      [1.1, undefined],
      [Number.NaN, undefined],
      [0.5, ""],
      [0.5, "x".repeat(256)],
    ])("of %s with the message %j is refused", async (value, message) => {
      const parent = parentOf((ctx) => ctx.progress(value, message));
      const queue = context.queue([parent]);
      const { id } = await queue.enqueue(parent, {}, { maxRetries: 0 });
      await queue.drain();
      expect((await queue.get(id)).errors).toMatchObject([{ type: "ValidationError" }]);
    });
  });
}
