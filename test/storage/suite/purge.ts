import { describe, expect, it } from "vitest";
import { firstIdAt } from "../../../src/core/id.ts";
import { after, none } from "../../support/faulty.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, DAY, found, HOUR, ids, MINUTE } from "./context.ts";

export function describePurge(context: Context): void {
  const storage = () => context.storage();
  const purge = (olderThan: number, failedOlderThan = olderThan, cursor: string | null = null) =>
    storage().purgeResults({ olderThan, failedOlderThan, cursor });
  const remaining = async () =>
    (await context.database.sql("SELECT id FROM tasks ORDER BY id")).map((row) => row.id);

  describe("purge", () => {
    it("purge_results(older_than) deletes and counts: finished tasks go with their results", async () => {
      await context.enqueueMany(3);
      const [done, failed, cancelled] = await context.claim();
      await storage().markDone(found(done), json(1), NOW);
      await storage().markFailed(found(failed), taskError(), "final", NOW);
      await storage().cancel(found(cancelled).id, NOW);
      expect(await purge(NOW + 1)).toEqual({ purged: 3, cursor: null });
      expect(await context.count("tasks")).toBe(0);
      expect(await context.count("results")).toBe(0);
      expect(await purge(NOW + 1)).toEqual({ purged: 0, cursor: null });
    });

    it("tasks that are pending, running or retrying stay, however old they are", async () => {
      await context.enqueueMany(2);
      await storage().markFailed(await context.dequeue(), taskError(), { retryAt: NOW + DAY }, NOW);
      await context.dequeue();
      await context.enqueue({ eta: NOW + DAY });
      expect(await purge(NOW + 365 * DAY)).toEqual({ purged: 0, cursor: null });
      expect(await context.count("tasks")).toBe(3);
    });

    it("an interval task stays with its last result", async () => {
      const task = await context.start({ interval: MINUTE });
      await storage().markDone(task, json(1), NOW);
      expect((await purge(NOW + DAY)).purged).toBe(0);
      expect(await context.result(task.id)).not.toBeNull();
    });

    it("a task is kept for its time after it ended, not after it began", async () => {
      const task = await context.start();
      await storage().markDone(task, json(1), NOW + HOUR);
      expect((await purge(NOW + HOUR)).purged).toBe(0);
      expect((await purge(NOW + HOUR + 1)).purged).toBe(1);
    });

    it("FAILED is kept longer than the others", async () => {
      await context.enqueueMany(2);
      const [done, failed] = await context.claim();
      await storage().markDone(found(done), json(1), NOW);
      await storage().markFailed(found(failed), taskError(), "final", NOW);
      expect((await purge(NOW + DAY, NOW)).purged).toBe(1);
      expect(await remaining()).toEqual([failed?.id]);
      expect((await context.result(found(failed).id))?.status).toBe("FAILED");
      expect((await purge(NOW + DAY, NOW + 1)).purged).toBe(1);
    });

    it("a purge goes through pages of 1,000 tasks by its cursor", async () => {
      const tasks = newTasks(2_400);
      await storage().enqueueMany(tasks, NOW);
      await context.database.sql(
        "UPDATE tasks SET status = 'CANCELLED' WHERE id >= ?1",
        found(tasks[600]).id,
      );
      const first = await purge(NOW + 1);
      expect(first).toEqual({ purged: 400, cursor: tasks[999]?.id });
      const second = await purge(NOW + 1, NOW + 1, first.cursor);
      expect(second).toEqual({ purged: 1_000, cursor: tasks[1_999]?.id });
      expect(await purge(NOW + 1, NOW + 1, second.cursor)).toEqual({ purged: 400, cursor: null });
      expect(await remaining()).toEqual(ids(tasks.slice(0, 600)));
    });

    it("a purge ends at the tasks that are too young to have ended before it", async () => {
      const old = await context.start();
      await storage().markDone(old, json(1), NOW);
      await storage().enqueueMany(newTasks(1_200), NOW);
      await context.database.sql("UPDATE tasks SET id = 'f' || substr(id, 2) WHERE status = 'PENDING'");
      expect(await purge(NOW + 1)).toEqual({ purged: 1, cursor: null });
    });

    it("a task that was retried meanwhile stays", async () => {
      const task = await context.start();
      await storage().markFailed(task, taskError(), "final", NOW);
      const worker = context.faulty(
        none,
        after(() => storage().retry(task.id, NOW)),
      );
      const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
      expect(await worker.purgeResults(request)).toEqual({ purged: 0, cursor: null });
      expect((await context.task(task.id)).status).toBe("PENDING");
    });
  });

  describe("purged ids", () => {
    it("a task that is not there may have been purged if it is older than the last purge reached", async () => {
      const task = await context.start();
      await storage().markDone(task, json(1), NOW);
      expect(await (await context.reader()).mayBePurged(task.id)).toBe(false);
      await purge(NOW + 1);
      const reader = await context.reader();
      expect(await reader.mayBePurged(task.id)).toBe(true);
      expect(await reader.mayBePurged(firstIdAt(NOW + DAY))).toBe(false);
    });

    it("a purged task whose given id was ahead of the clock may have been purged, too", async () => {
      const task = await context.start({ id: firstIdAt(NOW + 4 * MINUTE), idGiven: true });
      await storage().markDone(task, json(1), NOW);
      expect((await purge(NOW + 1)).purged).toBe(1);
      expect(await (await context.reader()).mayBePurged(task.id)).toBe(true);
    });

    it("a purge that reaches less far does not take back what an earlier one reached", async () => {
      const [first, second] = [await context.start(), await context.start()];
      await storage().markDone(first, json(1), NOW + DAY);
      await purge(NOW + 2 * DAY);
      await storage().markDone(second, json(1), NOW);
      await purge(NOW + 1);
      const [row] = await context.database.sql("SELECT done_before FROM maintenance");
      expect(row?.done_before).toBe(NOW + 2 * DAY);
    });
  });

  describe("the duty to purge", () => {
    it("a purge that is due is taken by one worker only", async () => {
      const starts = Array.from({ length: 6 }, () => storage().startPurge(NOW, NOW + HOUR));
      const taken = (await Promise.all(starts)).filter((turn) => turn !== null);
      expect(taken).toEqual([{ cursor: null }]);
      expect(await storage().startPurge(NOW + HOUR - 1, NOW + 2 * HOUR)).toBeNull();
      expect(await storage().startPurge(NOW + HOUR, NOW + 2 * HOUR)).toEqual({ cursor: null });
    });

    it("a purge that did not reach its end is due again at once, from where it stopped", async () => {
      await storage().startPurge(NOW, NOW + HOUR);
      const { id } = newTask();
      await storage().finishPurge(id, NOW + MINUTE);
      expect(await storage().startPurge(NOW + MINUTE - 1, NOW + HOUR)).toBeNull();
      expect(await storage().startPurge(NOW + MINUTE, NOW + 2 * HOUR)).toEqual({ cursor: id });
      await storage().finishPurge(null, NOW + MINUTE);
      expect(await storage().startPurge(NOW + MINUTE, NOW + 3 * HOUR)).toBeNull();
      expect(await storage().startPurge(NOW + 2 * HOUR, NOW + 3 * HOUR)).toEqual({ cursor: null });
    });

    it("purging and its duty do not disturb each other", async () => {
      await storage().startPurge(NOW, NOW + HOUR);
      await storage().markDone(await context.start(), json(1), NOW);
      await purge(NOW + 1);
      expect(await storage().startPurge(NOW + MINUTE, NOW + 2 * HOUR)).toBeNull();
    });
  });
}
