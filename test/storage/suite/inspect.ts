import { describe, expect, it } from "vitest";
import type { FailureGroup, Lease, QueueStanding } from "../../../src/core/inspector.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, HOUR, ids, MINUTE } from "./context.ts";

export function describeInspect(context: Context): void {
  const storage = () => context.storage();

  async function queues(): Promise<QueueStanding[]> {
    const { inspector } = await context.reader();
    const all: QueueStanding[] = [];
    for (let after: string | null = null; ; ) {
      const { items, cursor } = await inspector.queues(after, NOW + MINUTE);
      all.push(...items);
      if (cursor === null) return all;
      after = cursor;
    }
  }

  async function leases(): Promise<readonly Lease[]> {
    return (await (await context.reader()).inspector.leases(null)).items;
  }

  /** Has so many tasks of a handler fail, with an error of this type. */
  async function fail(count: number, queue: string, type: string): Promise<string[]> {
    const tasks = newTasks(count, { queue });
    await storage().enqueueMany(tasks, NOW);
    const claims = await storage().claimMany({ now: NOW, limit: count, leaseExpiresAt: NOW + MINUTE });
    for (const claim of claims) {
      await storage().markFailed(claim, { ...taskError(), type }, "final", NOW);
    }
    return ids(tasks);
  }

  describe("inspector.queues", () => {
    it("tells of each queue what waits, what runs, what is due longest and how it is set", async () => {
      await storage().enqueueMany(newTasks(3, { queue: "mail" }), NOW);
      await storage().enqueueMany([newTask({ queue: "later", eta: NOW + HOUR })], NOW);
      await storage().configureQueue("idle", { paused: true, concurrency: 2 });
      await storage().claimMany({ now: NOW, limit: 1, leaseExpiresAt: NOW + HOUR });
      const depth = (count: number) => ({ depth: count, more: false });
      const settings = { paused: false, concurrency: null };
      expect(await queues()).toEqual([
        {
          name: "idle",
          waiting: depth(0),
          running: depth(0),
          oldestDueAge: null,
          paused: true,
          concurrency: 2,
        },
        { name: "later", waiting: depth(1), running: depth(0), oldestDueAge: null, ...settings },
        { name: "mail", waiting: depth(2), running: depth(1), oldestDueAge: MINUTE, ...settings },
      ]);
    });

    it("goes on by name, each queue once", async () => {
      const names = Array.from({ length: 40 }, (_, index) => `queue ${String(index).padStart(2, "0")}`);
      await storage().enqueueMany(
        names.map((queue) => newTask({ queue })),
        NOW,
      );
      await storage().configureQueue("zz", { concurrency: 1 });
      expect((await queues()).map(({ name }) => name)).toEqual([...names, "zz"]);
    });

    it("counts one large queue well", async () => {
      await storage().enqueueMany(newTasks(700, { queue: "large" }), NOW);
      await storage().enqueueMany(newTasks(5, { queue: "small" }), NOW);
      const [large, small] = await queues();
      expect(large?.waiting).toEqual({ depth: 700, more: false });
      expect(small?.waiting).toEqual({ depth: 5, more: false });
    });
  });

  describe("inspector.failures", () => {
    async function groups(filter = {}): Promise<readonly FailureGroup[]> {
      return (await (await context.reader()).inspector.failures(filter, null)).items;
    }

    it("groups what failed by queue, handler and type of the last error, the most of them first", async () => {
      await fail(1, "mail", "TypeError");
      await fail(3, "cards", "TimeoutError");
      expect(await groups()).toEqual([
        {
          queue: "cards",
          funcPath: "test.noop",
          errorType: "TimeoutError",
          count: 3,
          lastAt: NOW,
        },
        {
          queue: "mail",
          funcPath: "test.noop",
          errorType: "TypeError",
          count: 1,
          lastAt: NOW,
        },
      ]);
      const counts = async (filter: object) => (await groups(filter)).map(({ count }) => count);
      expect(await counts({ queue: "mail" })).toEqual([1]);
      expect(await counts({ errorType: "TimeoutError" })).toEqual([3]);
      expect(await counts({ funcPath: "test.other" })).toEqual([]);
    });

    it("tells that none failed", async () => {
      const { inspector } = await context.reader();
      expect(await inspector.failures({}, null)).toEqual({ items: [], examined: 0, cursor: null });
    });
  });

  describe("inspector.leases", () => {
    it("tells who holds what runs, and until when", async () => {
      const task = newTask({ queue: "mail", kwargs: json({ secret: 1 }) });
      await storage().enqueueMany([task], NOW);
      await storage().claimMany({ now: NOW, limit: 1, leaseExpiresAt: NOW + HOUR, token: "w1:a" });
      expect(await leases()).toEqual([
        {
          id: task.id,
          queue: "mail",
          funcPath: "test.noop",
          attempts: 1,
          maxRetries: task.maxRetries,
          worker: "w1",
          leaseExpiresAt: NOW + HOUR,
          lastAttemptAt: NOW,
          progress: null,
        },
      ]);
    });

    it("goes on from page to page, by queue and by what expires first", async () => {
      await storage().enqueueMany(
        [...newTasks(150, { queue: "b" }), ...newTasks(150, { queue: "a.b" })],
        NOW,
      );
      await storage().claimMany({ now: NOW, limit: 300, leaseExpiresAt: NOW + HOUR });
      const { inspector } = await context.reader();
      const first = await inspector.leases(null);
      expect(first.items).toHaveLength(250);
      expect(first.cursor).not.toBeNull();
      const last = first.items.at(-1);
      if (last === undefined) throw new Error("expected leases");
      const second = await inspector.leases(last);
      expect(second.cursor).toBeNull();
      const all = [...first.items, ...second.items];
      expect(new Set(all.map(({ id }) => id)).size).toBe(300);
      expect(all.map(({ queue }) => queue)).toEqual([...Array(150).fill("a.b"), ...Array(150).fill("b")]);
    });
  });
}
