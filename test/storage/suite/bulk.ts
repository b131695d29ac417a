import { describe, expect, it } from "vitest";
import type { BulkChange, BulkFilter } from "../../../src/core/bulk-options.ts";
import { TASK_STATUSES, type TaskStatus } from "../../../src/core/task.ts";
import { lostReply, none } from "../../support/faulty.ts";
import { NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, found, HOUR, ids, LATER } from "./context.ts";
import { oneOfEach } from "./states.ts";

/** Each action with the statuses that allow it. */
const ACTIONS: readonly [BulkChange, readonly TaskStatus[]][] = [
  [{ action: "retry" }, ["FAILED", "CANCELLED"]],
  [{ action: "delete" }, ["SUCCESS", "FAILED", "CANCELLED"]],
  [{ action: "cancel" }, ["PENDING", "RETRYING", "RUNNING"]],
  [{ action: "runNow" }, ["PENDING", "RETRYING"]],
  [{ action: "reschedule", eta: LATER }, ["PENDING", "RETRYING"]],
  [{ action: "change", priority: 0, queue: "other" }, ["PENDING", "RETRYING"]],
];

export function describeBulk(context: Context): void {
  const storage = () => context.storage();
  const change = (filter: BulkFilter, change: BulkChange, cursor: string | null = null, now = NOW + 1) =>
    storage().bulk.changePage(filter, change, cursor, now);
  const retry = (filter: BulkFilter, cursor: string | null = null) =>
    change(filter, { action: "retry" }, cursor);
  const count = async (filter: BulkFilter) => (await storage().bulk.countPage(filter, null)).count;

  /** Dead letters, oldest first. */
  async function failMany(tasks: ReturnType<typeof newTasks>, type = "Error"): Promise<string[]> {
    await storage().enqueueMany(tasks, NOW);
    const claimed = await context.claim({ limit: tasks.length });
    const failures = claimed.map((task) => ({ ...task, kind: "fail" as const, error: taskError({ type }) }));
    await storage().settleMany(failures, NOW);
    return ids(tasks);
  }

  describe("bulk operations", () => {
    for (const [bulk, from] of ACTIONS) {
      it(`a bulk ${bulk.action} changes what its status allows, and skips and leaves the rest`, async () => {
        const tasks = await oneOfEach(context);
        const rest = TASK_STATUSES.filter((status) => !from.includes(status));
        const rows = () => Promise.all(rest.map((status) => context.row(tasks[status])));
        const before = await rows();
        const report = await change({}, bulk);
        expect(report).toEqual({
          changed: from.length,
          skipped: rest.length,
          examined: 6,
          cursor: null,
        });
        expect(await rows()).toEqual(before);
      });

      it(`a bulk ${bulk.action} whose reply is lost is sent again, and answers the same`, async () => {
        await oneOfEach(context);
        // The first call reads the page, the second one writes.
        const faulty = context.faulty(none, lostReply);
        const report = await faulty.bulk.changePage({}, bulk, null, NOW + 1);
        expect(report).toMatchObject({ changed: from.length, examined: 6 });
      });
    }

    it("a bulk retry does what the retry of one does: PENDING now, no failures, the old result deleted", async () => {
      const [id] = await failMany(newTasks(1));
      expect(await retry({ status: "FAILED" })).toMatchObject({ changed: 1, skipped: 0 });
      expect(await context.task(found(id))).toMatchObject({
        status: "PENDING",
        eta: NOW + 1,
        failures: 0,
        attempts: 1,
        updatedAt: NOW + 1,
      });
      expect(await context.count("results")).toBe(0);
      expect((await context.dequeue(NOW + 1)).id).toBe(id);
    });

    it("a unique key held by another active task makes a bulk retry skip that one, whose result stays", async () => {
      const [blocked] = await failMany([newTask({ uniqueKey: "k" })]);
      const [free] = await failMany([newTask({ uniqueKey: "other" })]);
      await context.enqueue({ uniqueKey: "k" });
      expect(await retry({ status: "FAILED" })).toMatchObject({ changed: 1, skipped: 1 });
      expect((await context.task(found(free))).status).toBe("PENDING");
      expect((await context.task(found(blocked))).status).toBe("FAILED");
      expect((await context.result(found(blocked)))?.status).toBe("FAILED");
    });

    it("of dead letters with one unique key a bulk retry runs the first, also where its reply is lost", async () => {
      await failMany([newTask({ uniqueKey: "k" })]);
      await failMany([newTask({ uniqueKey: "k" })]);
      const faulty = context.faulty(none, lostReply);
      const report = await faulty.bulk.changePage({ status: "FAILED" }, { action: "retry" }, null, NOW + 1);
      expect(report).toMatchObject({ changed: 1, skipped: 1 });
      expect(await count({ status: "FAILED" })).toBe(1);
    });

    it("a bulk delete takes the results with it, and leaves those of others", async () => {
      const { SUCCESS } = await oneOfEach(context);
      expect(await change({ status: "FAILED" }, { action: "delete" })).toMatchObject({ changed: 1 });
      expect(await context.count("tasks")).toBe(5);
      expect((await context.result(SUCCESS))?.result).toBe(1);
      expect(await context.count("results")).toBe(1);
    });

    it("a bulk cancel ends the leases of what runs", async () => {
      const { RUNNING } = await oneOfEach(context);
      await change({ status: "RUNNING" }, { action: "cancel" });
      expect(await context.row(RUNNING)).toMatchObject({
        status: "CANCELLED",
        cancel_reason: "operator",
        lease_expires_at: null,
        claimed_by: null,
      });
    });

    it("a bulk change keeps what it does not name", async () => {
      const task = await context.enqueue({ priority: 3, queue: "a" });
      await change({ queue: "a" }, { action: "change", priority: 8 });
      expect(await context.task(task.id)).toMatchObject({ priority: 8, queue: "a", eta: NOW });
      await change({ queue: "a" }, { action: "change", queue: "b" });
      expect(await context.task(task.id)).toMatchObject({ priority: 8, queue: "b" });
    });
  });

  describe("bulk filters", () => {
    it("each condition counts what meets it, and all of them together what meets them all", async () => {
      const parent = newTask().id;
      await storage().enqueueMany([newTask({ queue: "a", funcPath: "f" })], NOW);
      await storage().enqueueMany([newTask({ queue: "a", funcPath: "g" })], NOW + 5);
      const child = newTask({ queue: "b" });
      await storage().enqueueMany([child], NOW + 9);
      await context.database.sql(
        "UPDATE tasks SET parent_id = ?1, schedule = 'nightly' WHERE id = ?2",
        parent,
        child.id,
      );
      expect(await count({})).toBe(3);
      expect(await count({ queue: "a" })).toBe(2);
      expect(await count({ funcPath: "g" })).toBe(1);
      expect(await count({ status: "PENDING" })).toBe(3);
      expect(await count({ status: "FAILED" })).toBe(0);
      expect(await count({ createdBefore: NOW + 5 })).toBe(1);
      expect(await count({ createdAfter: NOW + 5 })).toBe(2);
      expect(await count({ schedule: "nightly" })).toBe(1);
      expect(await count({ parentId: parent })).toBe(1);
      expect(await count({ parentId: parent, queue: "a" })).toBe(0);
      expect(await count({ queue: "a", funcPath: "g", createdAfter: NOW + 5 })).toBe(1);
      expect(await count({ queue: "a", funcPath: "g", createdBefore: NOW + 5 })).toBe(0);
    });

    it("a type of error is that of the last error", async () => {
      const [id] = await failMany(newTasks(1), "TypeError");
      await storage().retry(found(id), NOW);
      await storage().markFailed(await context.dequeue(), taskError({ type: "RangeError" }), "final", NOW);
      expect(await count({ errorType: "RangeError" })).toBe(1);
      expect(await count({ errorType: "TypeError" })).toBe(0);
      expect(await retry({ errorType: "RangeError" })).toMatchObject({ changed: 1 });
    });

    it("tasks are listed by their schedule and by the task that enqueued them", async () => {
      const parent = await context.enqueue();
      const [a, b, c] = await context.enqueueMany(3);
      const children = JSON.stringify(ids([found(a), found(b)]));
      await context.database.sql(
        "UPDATE tasks SET parent_id = ?1 WHERE id IN (SELECT value FROM json_each(?2))",
        parent.id,
        children,
      );
      await context.database.sql("UPDATE tasks SET schedule = 'nightly' WHERE id = ?1", found(c).id);
      const list = async (filter: object) =>
        ids((await (await context.reader()).listTasks({ limit: 10, ...filter })).items);
      expect(await list({ parentId: parent.id })).toEqual(ids([found(b), found(a)]));
      expect(await list({ parentId: parent.id, status: "FAILED" })).toEqual([]);
      expect(await list({ schedule: "nightly" })).toEqual([found(c).id]);
      const [first] = (await (await context.reader()).listTasks({ limit: 1, parentId: parent.id })).items;
      expect(await list({ parentId: parent.id, cursor: found(first).id })).toEqual([found(a).id]);
    });
  });

  describe("bulk pages", () => {
    it("a page examines 1,000 tasks, and the next one goes on behind them", async () => {
      await context.enqueueMany(2_500, { queue: "many" });
      const reports = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const report = await change({ queue: "many" }, { action: "cancel" }, cursor ?? null);
        reports.push(report.changed);
        ({ cursor } = report);
      }
      expect(reports).toEqual([1_000, 1_000, 500]);
    });

    it("a page of dead letters examines no other tasks", async () => {
      await context.enqueueMany(1_500, { eta: LATER });
      await failMany(newTasks(3));
      expect(await retry({ status: "FAILED" })).toEqual({
        changed: 3,
        skipped: 0,
        examined: 3,
        cursor: null,
      });
    });

    it("what fails again meanwhile is behind the cursor, and is not met again", async () => {
      await failMany(newTasks(1_001));
      const first = await retry({ status: "FAILED" });
      expect(first).toMatchObject({ changed: 1_000, examined: 1_000 });
      const claimed = await context.claim({ limit: 10, now: NOW + 1, leaseExpiresAt: NOW + HOUR });
      for (const task of claimed) await storage().markFailed(task, taskError(), "final", NOW + 2);
      expect(await retry({ status: "FAILED" }, first.cursor)).toEqual({
        changed: 1,
        skipped: 0,
        examined: 1,
        cursor: null,
      });
      expect(await count({ status: "FAILED" })).toBe(10);
    });

    it("a retry that is lost for good and repeated from its cursor changes only what is left", async () => {
      await failMany(newTasks(5));
      await retry({ status: "FAILED" });
      expect(await retry({ status: "FAILED" })).toMatchObject({ changed: 0, examined: 0, cursor: null });
    });
  });
}
