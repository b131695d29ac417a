import { describe, expect, it } from "vitest";
import { NOW, newTask, newTasks } from "../../support/tasks.ts";
import { type Context, ids, LATER, MINUTE } from "./context.ts";

export function describeQueues(context: Context): void {
  const storage = () => context.storage();

  for (const queues of [undefined, ["limited", "free"]]) {
    describe(queues === undefined ? "queues, claimed from all" : "queues, claimed from a list", () => {
      const claim = (limit = 100) => context.claim({ limit, queues });

      it("nothing of a paused queue is claimed until it goes on", async () => {
        const [task] = await context.enqueueMany(1, { queue: "limited" });
        const other = await context.enqueue({ queue: "free" });
        await storage().configureQueue("limited", { paused: true });
        expect(ids(await claim())).toEqual([other.id]);
        await storage().configureQueue("limited", { paused: false });
        expect(ids(await claim())).toEqual([task?.id]);
      });

      it("concurrency 2 over four priorities claims 2", async () => {
        const tasks = [3, 1, 2, 0].flatMap((priority) => newTasks(3, { queue: "limited", priority }));
        await storage().enqueueMany(tasks, NOW);
        await storage().configureQueue("limited", { concurrency: 2 });
        const claimed = await claim();
        expect(claimed.map(({ priority }) => priority)).toEqual([0, 0]);
        expect(await claim()).toEqual([]);
      });

      it("concurrency 4 is filled from the priorities in their order", async () => {
        const tasks = [0, 1, 2].flatMap((priority) => newTasks(3, { queue: "limited", priority }));
        await storage().enqueueMany(tasks, NOW);
        await storage().configureQueue("limited", { concurrency: 4 });
        expect((await claim()).map(({ priority }) => priority)).toEqual([0, 0, 0, 1]);
      });

      it("the concurrency of a queue holds over all workers, and a task that ends makes room", async () => {
        await context.enqueueMany(10, { queue: "limited" });
        await storage().configureQueue("limited", { concurrency: 3 });
        const [first] = await claim(2);
        expect(await claim()).toHaveLength(1);
        expect(await claim()).toHaveLength(0);
        if (first !== undefined) await storage().release(first, NOW, NOW + MINUTE);
        expect(await claim()).toHaveLength(1);
      });

      it("workers that claim at the same time do not pass the concurrency of a queue", async () => {
        await context.enqueueMany(20, { queue: "limited" });
        await storage().configureQueue("limited", { concurrency: 3 });
        const claims = await Promise.all(Array.from({ length: 8 }, () => claim(2)));
        expect(claims.flat()).toHaveLength(3);
      });

      it("a queue at its concurrency does not keep others waiting", async () => {
        await context.enqueueMany(5, { queue: "limited", priority: 0 });
        const others = await context.enqueueMany(3, { queue: "free", priority: 9 });
        await storage().configureQueue("limited", { concurrency: 1 });
        const claimed = await claim(4);
        expect(claimed.map(({ queue }) => queue)).toEqual(["limited", "free", "free", "free"]);
        expect(ids(claimed.slice(1))).toEqual(ids(others));
      });

      it("a concurrency that was taken away limits no more", async () => {
        await context.enqueueMany(5, { queue: "limited" });
        await storage().configureQueue("limited", { concurrency: 1 });
        await storage().configureQueue("limited", { concurrency: null });
        expect(await claim()).toHaveLength(5);
      });
    });
  }

  describe("queue settings", () => {
    const settings = async () => {
      const [queue] = await (await context.reader()).listQueues(NOW);
      return queue && { paused: queue.paused, concurrency: queue.concurrency };
    };

    it("a setting that is not given stays", async () => {
      await storage().configureQueue("q", { concurrency: 7 });
      expect(await settings()).toEqual({ paused: false, concurrency: 7 });
      await storage().configureQueue("q", { paused: true });
      expect(await settings()).toEqual({ paused: true, concurrency: 7 });
      await storage().configureQueue("q", { concurrency: null });
      expect(await settings()).toEqual({ paused: true, concurrency: null });
      await storage().configureQueue("q", { paused: false, concurrency: 2 });
      expect(await settings()).toEqual({ paused: false, concurrency: 2 });
      await storage().configureQueue("q", {});
      expect(await settings()).toEqual({ paused: false, concurrency: 2 });
    });

    it("a task of the quarantine waits while its queue is paused or at its concurrency", async () => {
      await context.quarantine();
      await storage().configureQueue("default", { paused: true });
      expect(await context.claimQuarantined()).toBeNull();
      await storage().configureQueue("default", { paused: false, concurrency: 1 });
      await context.enqueue();
      const running = await context.dequeue(LATER);
      expect(await context.claimQuarantined()).toBeNull();
      await storage().release(running, LATER, LATER + MINUTE);
      expect(await context.claimQuarantined()).not.toBeNull();
    });
  });

  describe("next eta", () => {
    it("the next eta is that of the task that is due next, in any queue and priority", async () => {
      const tasks = [
        newTask({ queue: "b", priority: 0, eta: NOW + 30 }),
        newTask({ queue: "a", priority: 9, eta: NOW + 20 }),
        newTask({ queue: "c", priority: 5, eta: NOW + 10 }),
        newTask({ queue: "c", priority: 0, eta: NOW + 40 }),
      ];
      await storage().enqueueMany(tasks, NOW);
      const reader = await context.reader();
      expect(await reader.findNextEta()).toBe(NOW + 10);
      expect(await reader.findNextEta(["b", "a"])).toBe(NOW + 20);
      expect(await reader.findNextEta(["empty"])).toBeNull();
      expect(await reader.findNextEta([])).toBeNull();
    });

    it("there is no next eta where nothing waits", async () => {
      await context.start({ eta: NOW });
      await context.quarantine();
      const cancelled = await context.enqueue({ eta: NOW + 5 });
      await storage().cancel(cancelled.id, NOW);
      expect(await (await context.reader()).findNextEta()).toBeNull();
    });
  });
}
