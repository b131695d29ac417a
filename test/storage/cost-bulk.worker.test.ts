import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BulkChange, BulkFilter } from "../../src/core/bulk-options.ts";
import type { NewTask } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, NOW, newTasks, taskError } from "../support/tasks.ts";

const HOUR = 3_600_000;
const COUNT = 100;

const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);

/** Rows that a call reads and writes, as D1 bills them, and the queries that it sends. */
async function cost(call: () => Promise<unknown>) {
  reset();
  await call();
  return { ...rows };
}

const enqueue = (overrides: Partial<NewTask> = {}) => storage.enqueueMany(newTasks(COUNT, overrides), NOW);
const change = (filter: BulkFilter, action: BulkChange) => () =>
  storage.bulk.changePage(filter, action, null, NOW + 1);

async function settle(kind: "done" | "fail", overrides: Partial<NewTask> = {}) {
  await enqueue(overrides);
  const claimed = await storage.claimMany({ now: NOW, limit: COUNT, leaseExpiresAt: NOW + HOUR });
  const settlements = claimed.map((task) =>
    kind === "done"
      ? { ...task, kind: "done" as const, result: json(1) }
      : { ...task, kind: "fail" as const, error: taskError() },
  );
  await storage.settleMany(settlements, NOW);
}

beforeAll(() => openD1());
beforeEach(async () => (await openD1()).clear());

describe("what 100 tasks cost on D1", () => {
  it("a bulk retry writes 3 rows each: the task, its entry among the due, and its result", async () => {
    await settle("fail");
    const { written, queries, read } = await cost(change({ status: "FAILED" }, { action: "retry" }));
    expect({ written, queries, read }).toEqual({ written: 3 * COUNT, queries: 3, read: 13 * COUNT + 2 });
  });

  it("of a unique key 4", async () => {
    await settle("fail");
    await (await openD1()).sql("UPDATE tasks SET unique_key = id");
    expect((await cost(change({ status: "FAILED" }, { action: "retry" }))).written).toBe(4 * COUNT);
  });

  it("a bulk delete writes 2 rows each: the task and its result, whether it had FAILED or not", async () => {
    await settle("done");
    expect((await cost(change({ status: "SUCCESS" }, { action: "delete" }))).written).toBe(2 * COUNT);
    await settle("fail");
    expect((await cost(change({ status: "FAILED" }, { action: "delete" }))).written).toBe(2 * COUNT);
  });

  it("a bulk cancel writes 1 row each", async () => {
    await enqueue();
    const { written, queries } = await cost(change({ status: "PENDING" }, { action: "cancel" }));
    expect({ written, queries }).toEqual({ written: COUNT, queries: 2 });
  });

  it("a bulk cancel writes 3 rows more for each task that awaited what it cancels", async () => {
    const database = await openD1();
    await enqueue({ queue: "parents" });
    await enqueue({ queue: "children" });
    await database.sql("UPDATE tasks SET held = 2, awaits = 1 WHERE queue = 'children'");
    await database.sql(`INSERT INTO dependencies (parent_id, task_id, created_at) SELECT p.id, c.id, (SELECT created_at FROM tasks t WHERE t.id = c.id) FROM
      (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tasks WHERE queue = 'parents') p
      JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tasks WHERE queue = 'children') c USING (n)`);
    const { written } = await cost(change({ queue: "parents" }, { action: "cancel" }));
    expect(written).toBe(4 * COUNT);
  });

  it("to be due at another time, or in another place, costs 2 rows each", async () => {
    await enqueue({ eta: NOW + HOUR });
    const filter = { status: "PENDING" } as const;
    for (const action of [
      { action: "runNow" },
      { action: "reschedule", eta: NOW + HOUR },
      { action: "change", priority: 1 },
      { action: "change", queue: "other" },
    ] as const) {
      expect((await cost(change(filter, action))).written, action.action).toBe(2 * COUNT);
    }
  });

  it("a task that is looked at costs 1 read, whatever the index", async () => {
    await enqueue({ queue: "other" });
    await settle("fail");
    const count = (filter: BulkFilter) => () => storage.bulk.countPage(filter, null);
    const all = await cost(count({ queue: "none" }));
    expect(all).toEqual({ read: 2 * COUNT, written: 0, queries: 1 });
    const failed = await cost(count({ status: "FAILED", queue: "none" }));
    expect(failed).toEqual({ read: COUNT, written: 0, queries: 1 });
  });
});

describe("what one task costs on D1", () => {
  it("delete writes 2 rows, run now and change 2 each", async () => {
    await settle("done");
    const [task] = (await storage.listTasks({ limit: 1 })).items;
    expect((await cost(() => storage.operators.delete(task?.id ?? ""))).written).toBe(2);
    const [later] = newTasks(1, { eta: NOW + HOUR });
    if (later !== undefined) await storage.enqueueMany([later], NOW);
    expect((await cost(() => storage.operators.runNow(later?.id ?? "", NOW))).written).toBe(2);
    expect((await cost(() => storage.operators.change(later?.id ?? "", { priority: 0 }, NOW))).written).toBe(
      2,
    );
  });

  it("a look whether a queue is drained reads 4 rows or fewer, beside 100 tasks that have ended", async () => {
    const database = await openD1();
    await settle("done");
    const look = (queue: string | null) => () => storage.operators.hasWork(queue);
    for (const queue of [null, "default"]) {
      expect((await cost(look(queue))).read).toBeLessThanOrEqual(4);
      await enqueue({ eta: NOW + HOUR });
      expect((await cost(look(queue))).read).toBeLessThanOrEqual(4);
      await database.sql("DELETE FROM tasks WHERE status = 'PENDING'");
    }
  });
});
