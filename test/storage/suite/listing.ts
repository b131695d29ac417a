import { describe, expect, it } from "vitest";
import type { TaskFilter } from "../../../src/core/storage.ts";
import type { Task } from "../../../src/core/task.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, found, ids, LATER, MINUTE, SECOND } from "./context.ts";

export function describeListing(context: Context): void {
  const storage = () => context.storage();

  /** Every page of a list, by its cursors. */
  async function pages(filter: TaskFilter): Promise<(readonly Task[])[]> {
    const reader = await context.reader();
    const found: (readonly Task[])[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await reader.listTasks(cursor === undefined ? filter : { ...filter, cursor });
      found.push(page.items);
      if (page.cursor === null) return found;
      cursor = page.cursor;
    }
  }

  const list = async (filter: Partial<TaskFilter>) => ids((await pages({ limit: 100, ...filter })).flat());

  describe("listTasks", () => {
    it("tasks are listed newest first, each as it is", async () => {
      const tasks = await context.enqueueMany(3);
      await context.dequeue();
      const [page] = await pages({ limit: 10 });
      expect(ids(found(page))).toEqual(ids(tasks).reverse());
      expect(page?.at(-1)).toEqual(await context.task(found(tasks[0]).id));
    });

    it("a list of nothing is one empty page", async () => {
      expect(await pages({ limit: 5 })).toEqual([[]]);
      expect(await pages({ limit: 5, status: "FAILED" })).toEqual([[]]);
      expect(await pages({ limit: 5, queue: "none" })).toEqual([[]]);
    });

    it("pages follow each other by cursor without a gap or a repetition", async () => {
      const tasks = await context.enqueueMany(10);
      for (const filter of [{}, { queue: "default" }, { status: "PENDING" as const }]) {
        const found = await pages({ limit: 3, ...filter });
        expect(found.map((page) => page.length)).toEqual([3, 3, 3, 1]);
        expect(ids(found.flat())).toEqual(ids(tasks).reverse());
      }
    });

    it("a page that is followed while tasks come in repeats none", async () => {
      const tasks = await context.enqueueMany(4);
      const first = await (await context.reader()).listTasks({ limit: 2 });
      await context.enqueueMany(3);
      const second = await (await context.reader()).listTasks({ limit: 10, cursor: found(first.cursor) });
      expect([...ids(first.items), ...ids(second.items)]).toEqual(ids(tasks).reverse());
    });

    it("a list is filtered by status, queue and func_path, and by all of them together", async () => {
      const [a, b, c, d] = [
        newTask({ queue: "x", funcPath: "f" }),
        newTask({ queue: "x", funcPath: "g" }),
        newTask({ queue: "y", funcPath: "f" }),
        newTask({ queue: "x", funcPath: "f", eta: LATER }),
      ];
      await storage().enqueueMany([a, b, c, d], NOW);
      await context.claim();
      expect(await list({ queue: "x" })).toEqual(ids([d, b, a]));
      expect(await list({ funcPath: "f" })).toEqual(ids([d, c, a]));
      expect(await list({ status: "RUNNING" })).toEqual(ids([c, b, a]));
      expect(await list({ status: "PENDING" })).toEqual(ids([d]));
      expect(await list({ status: "RUNNING", queue: "x", funcPath: "f" })).toEqual(ids([a]));
      expect(await list({ status: "RUNNING", queue: "y", funcPath: "g" })).toEqual([]);
    });

    it("every status can be listed", async () => {
      await context.enqueueMany(5);
      const [done, failed, retrying, cancelled, running] = (await context.claim()).map(found);
      const pending = await context.enqueue();
      await storage().markDone(found(done), json(1), NOW);
      await storage().markFailed(found(failed), taskError(), "final", NOW);
      await storage().markFailed(found(retrying), taskError(), { retryAt: NOW }, NOW);
      await storage().cancel(found(cancelled).id, NOW);
      expect(await list({ status: "SUCCESS" })).toEqual([done?.id]);
      expect(await list({ status: "FAILED" })).toEqual([failed?.id]);
      expect(await list({ status: "RETRYING" })).toEqual([retrying?.id]);
      expect(await list({ status: "CANCELLED" })).toEqual([cancelled?.id]);
      expect(await list({ status: "RUNNING" })).toEqual([running?.id]);
      expect(await list({ status: "PENDING" })).toEqual([pending.id]);
    });

    it("a filtered list examines 1,000 tasks a page and may return a short page with a cursor", async () => {
      const oldest = await context.enqueueMany(2, { queue: "rare" });
      await storage().enqueueMany(newTasks(1_500), NOW);
      const newest = await context.enqueueMany(1, { queue: "rare" });
      const found = await pages({ limit: 5, queue: "rare" });
      expect(found.map(ids)).toEqual([ids(newest), ids(oldest).reverse()]);
      expect(await pages({ limit: 5, queue: "none" })).toEqual([[], []]);
    });

    it("a match at the edge of a page of 1,000 examined tasks is listed once", async () => {
      const [after, at] = await context.enqueueMany(2, { queue: "rare" });
      await storage().enqueueMany(newTasks(999), NOW);
      expect((await pages({ limit: 5, queue: "rare" })).map(ids)).toEqual([[at?.id], [after?.id]]);
    });

    it("a page of large tasks ends early, with a cursor", async () => {
      const MB = 2 ** 20;
      const large = {
        queue: "large",
        args: json(["x".repeat(200_000)]),
        kwargs: json({ y: "é".repeat(25_000) }),
      };
      const inserted: string[] = [];
      for (let inserts = 0; inserts < 5; inserts++)
        inserted.push(...ids(await context.enqueueMany(7, large)));
      for (const filter of [{}, { queue: "large" }]) {
        const found = await pages({ limit: 1_000, ...filter });
        expect(ids(found.flat())).toEqual(inserted.toReversed());
        expect(found.length).toBe(3);
        const sizes = found.map((page) => new TextEncoder().encode(JSON.stringify(page)).byteLength);
        expect(Math.max(...sizes)).toBeLessThan(4.5 * MB);
        expect(sizes[0]).toBeGreaterThan(4 * MB);
      }
    });

    it("failed tasks are found at once among many others", async () => {
      const [first] = await context.enqueueMany(2, { queue: "rare" });
      await storage().markFailed(await context.dequeue(), taskError(), "final", NOW);
      await storage().enqueueMany(newTasks(1_500, { eta: LATER }), NOW);
      expect((await pages({ limit: 5, status: "FAILED" })).map(ids)).toEqual([[first?.id]]);
      await context.database.sql("UPDATE tasks SET status = 'FAILED' WHERE queue = 'default'");
      expect((await pages({ limit: 5, status: "FAILED", queue: "rare" })).map(ids)).toEqual([
        [],
        [first?.id],
      ]);
    });
  });

  describe("listQueues", () => {
    const queues = async (now = NOW) => (await context.reader()).listQueues(now);

    it("a queue shows its depth, what runs and how long its most overdue task has been due", async () => {
      const tasks = [
        newTask({ queue: "a", eta: NOW - 2 * SECOND, priority: 9 }),
        newTask({ queue: "a", eta: NOW - 5 * SECOND, priority: 8 }),
        newTask({ queue: "a", eta: NOW - SECOND, priority: 0 }),
        newTask({ queue: "a", eta: LATER, priority: 7 }),
        newTask({ queue: "b", eta: LATER }),
      ];
      await storage().enqueueMany(tasks, NOW);
      await context.dequeue();
      expect(await queues()).toEqual([
        {
          name: "a",
          depth: 3,
          more: false,
          oldestDueAge: 5 * SECOND,
          running: 1,
          paused: false,
          concurrency: null,
        },
        {
          name: "b",
          depth: 1,
          more: false,
          oldestDueAge: null,
          running: 0,
          paused: false,
          concurrency: null,
        },
      ]);
    });

    it("the most overdue task of a queue may be one in quarantine", async () => {
      await context.quarantine({ eta: NOW - SECOND });
      expect(await queues(LATER + MINUTE)).toMatchObject([{ oldestDueAge: MINUTE }]);
      await context.enqueue({ eta: LATER + SECOND });
      expect(await queues(LATER + MINUTE)).toMatchObject([{ oldestDueAge: MINUTE }]);
      await context.enqueue({ eta: LATER - SECOND });
      expect(await queues(LATER + MINUTE)).toMatchObject([{ oldestDueAge: MINUTE + SECOND }]);
      expect(await queues(LATER - MINUTE)).toMatchObject([{ oldestDueAge: null }]);
    });

    it("a queue is shown if it was configured, runs something or holds a task in quarantine", async () => {
      await context.quarantine({ queue: "held" });
      await context.start({ queue: "running" });
      await storage().configureQueue("configured", { concurrency: 3, paused: true });
      const done = await context.start({ queue: "done" });
      await storage().markDone(done, json(1), NOW);
      expect(await queues(LATER)).toMatchObject([
        { name: "configured", depth: 0, running: 0, paused: true, concurrency: 3 },
        { name: "held", depth: 1, running: 0 },
        { name: "running", depth: 0, running: 1 },
      ]);
    });

    it("there are no queues where there are no tasks", async () => {
      expect(await queues()).toEqual([]);
    });

    it("a depth is exact to 1,000, then 1,000 and more", async () => {
      await storage().enqueueMany(newTasks(1_000), NOW);
      expect(await queues()).toMatchObject([{ depth: 1_000, more: false }]);
      await context.enqueue();
      expect(await queues()).toMatchObject([{ depth: 1_000, more: true }]);
      await context.enqueueMany(500);
      expect(await queues()).toMatchObject([{ depth: 1_000, more: true }]);
    });
  });
}
