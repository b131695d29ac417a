import { describe, expect, it } from "vitest";
import { NO_EXTRAS, type TaskExtras } from "../../../src/core/task.ts";
import { lostReply, none, unsent } from "../../support/faulty.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, claimOf, DAY, HOUR, MINUTE } from "./context.ts";

export function describeEndings(context: Context): void {
  const storage = () => context.storage();
  const start = (extras: Partial<TaskExtras>, overrides = {}) =>
    context.start({ ...overrides, extras: { ...NO_EXTRAS, ...extras } });

  describe("a task whose result is not kept", () => {
    it("is SUCCESS with the result null, and no row of it", async () => {
      const task = await start({ onSuccess: "forget" });
      await storage().markDone(task, json({ n: 1 }), NOW + 5);
      expect(await context.count("results")).toBe(0);
      expect(await context.result(task.id)).toEqual({
        taskId: task.id,
        status: "SUCCESS",
        result: null,
        error: null,
        finishedAt: NOW + 5,
        attempts: 1,
        lastAttemptAt: NOW,
      });
    });

    it("keeps none either where the worker does not say so", async () => {
      const task = await start({ onSuccess: "forget" });
      await storage().markDone(claimOf(task), json({ n: 1 }), NOW);
      expect(await context.count("results")).toBe(0);
    });

    it("keeps its error where it fails", async () => {
      const task = await start({ onSuccess: "forget" });
      await storage().markFailed(task, taskError(), "final", NOW);
      expect(await context.result(task.id)).toMatchObject({ status: "FAILED", error: { message: "boom" } });
    });

    it("of an interval has no result between two runs", async () => {
      const task = await start({ onSuccess: "forget" }, { interval: HOUR });
      await storage().markDone(task, json(1), NOW);
      expect(await context.result(task.id)).toBeNull();
      expect(await context.count("results")).toBe(0);
    });
  });

  describe("a task that is deleted on success", () => {
    it("is gone with its settlement, which counts as settled", async () => {
      const [task, other] = [await start({ onSuccess: "delete" }), await context.start()];
      const settlements = [task, other].map((one) => ({ ...one, kind: "done", result: json(1) }) as const);
      expect((await storage().settleMany(settlements, NOW)).settled).toHaveLength(2);
      expect([await context.count("tasks"), await context.count("results")]).toEqual([1, 1]);
      expect(await (await context.reader()).getTask(task.id)).toBeNull();
    });

    it("releases what waits for it", async () => {
      const task = await start({ onSuccess: "delete" });
      const child = newTask({ extras: { ...NO_EXTRAS, after: [task.id] } });
      await storage().enqueueMany([child], NOW);
      await storage().markDone(task, json(1), NOW);
      expect(await context.dequeue()).toMatchObject({ id: child.id });
    });

    it("stays where it fails or is to be run again", async () => {
      const task = await start({ onSuccess: "delete" });
      await storage().markFailed(task, taskError(), { retryAt: NOW }, NOW);
      const again = await context.dequeue();
      await storage().markFailed(again, taskError(), "final", NOW);
      expect(await context.task(task.id)).toMatchObject({ status: "FAILED", onSuccess: "delete" });
    });

    it("stays where the lease was lost", async () => {
      const task = await start({ onSuccess: "delete" });
      await storage().release(task, NOW);
      const again = await context.dequeue();
      const { lost } = await storage().settleMany([{ ...task, kind: "done", result: json(1) }], NOW);
      expect(lost).toHaveLength(1);
      expect(await context.task(again.id)).toMatchObject({ status: "RUNNING" });
    });

    it("is SUCCESS without a result where the worker does not say that it is to be deleted", async () => {
      const task = await start({ onSuccess: "delete" });
      await storage().markDone(claimOf(task), json(1), NOW);
      expect(await context.result(task.id)).toMatchObject({ status: "SUCCESS", result: null });
    });

    for (const [trouble, faults] of Object.entries({
      "its reply was lost": [lostReply],
      "it was not sent, then its reply was lost": [unsent, lostReply],
    })) {
      it(`is settled as if that had been sent once when ${trouble}`, async () => {
        const task = await start({ onSuccess: "delete" });
        const { settled, lost } = await context
          .faulty(...faults)
          .settleMany([{ ...task, kind: "done", result: json(1) }], NOW);
        expect([settled.length, lost.length]).toEqual([1, 0]);
        expect(await context.count("tasks")).toBe(0);
      });
    }
  });

  describe("a task with a time to live of its own", () => {
    const finish = async (resultTtl: number | null) => {
      const task = await start({ resultTtl });
      await storage().markDone(task, json(1), NOW);
      return task;
    };

    it("is purged with its result once that is over, and no sooner", async () => {
      const [short, long] = [await finish(MINUTE), await finish(HOUR)];
      expect(await storage().lifetimes.purgeOutlived(NOW + MINUTE - 1)).toEqual({ purged: 0, more: false });
      expect(await storage().lifetimes.purgeOutlived(NOW + MINUTE)).toEqual({ purged: 1, more: false });
      expect(await (await context.reader()).getTask(short.id)).toBeNull();
      expect(await context.task(long.id)).toMatchObject({ resultTtl: HOUR });
      expect(await context.count("results")).toBe(1);
      expect(await (await context.reader()).mayBePurged(short.id)).toBe(true);
    });

    it("is left alone by the purge of the others where that is asked for", async () => {
      await finish(30 * DAY);
      await finish(null);
      const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
      expect((await storage().purgeResults({ ...request, leavesTimed: true })).purged).toBe(1);
      expect((await storage().purgeResults(request)).purged).toBe(1);
    });

    it("stays while it has not ended", async () => {
      await start({ resultTtl: 0 });
      expect(await storage().lifetimes.purgeOutlived(NOW + DAY)).toEqual({ purged: 0, more: false });
    });

    it("is purged once where the reply was lost", async () => {
      await finish(0);
      const purged = await context.faulty(none, lostReply).lifetimes.purgeOutlived(NOW);
      expect(purged).toEqual({ purged: 1, more: false });
    });
  });
}
