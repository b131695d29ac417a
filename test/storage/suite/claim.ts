import { describe, expect, it } from "vitest";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, DAY, ids, LATER, MINUTE } from "./context.ts";

export function describeClaim(context: Context): void {
  const storage = () => context.storage();

  describe("dequeue", () => {
    it("dequeue(now) selects a single task with status PENDING (or RETRYING) and eta <= now", async () => {
      const task = newTask();
      await storage().enqueueMany([task, newTask({ eta: NOW + 1 })], NOW);
      const claimed = await context.dequeue();
      expect(claimed.id).toBe(task.id);
      expect(await storage().dequeue(NOW)).toBeNull();
      await storage().markFailed(claimed, taskError(), { retryAt: NOW }, NOW);
      expect((await context.row(task.id)).status).toBe("RETRYING");
      expect((await context.dequeue()).id).toBe(task.id);
    });

    it("a task is due at its eta and not a millisecond before", async () => {
      await context.enqueue({ eta: NOW + 1 });
      expect(await storage().dequeue(NOW)).toBeNull();
      expect(await storage().dequeue(NOW + 1)).not.toBeNull();
    });

    it("dequeue prefers the smallest eta", async () => {
      const [third, first, second] = [
        newTask({ eta: NOW - 1 }),
        newTask({ eta: NOW - 3 }),
        newTask({ eta: NOW - 2 }),
      ];
      await storage().enqueueMany([third, first, second], NOW);
      const order = [await context.dequeue(), await context.dequeue(), await context.dequeue()];
      expect(ids(order)).toEqual(ids([first, second, third]));
    });

    it("dequeue breaks ties in insertion order", async () => {
      const tasks = await context.enqueueMany(5);
      const order = [];
      for (const _ of tasks) order.push(await context.dequeue());
      expect(ids(order)).toEqual(ids(tasks));
    });

    it("dequeue prefers the smallest eta and insertion order over all queues", async () => {
      const tasks = [
        newTask({ queue: "b", eta: NOW - 1 }),
        newTask({ queue: "c", eta: NOW - 1 }),
        newTask({ queue: "a", eta: NOW }),
        newTask({ queue: "a", eta: NOW }),
      ];
      await storage().enqueueMany(tasks, NOW);
      const order = [];
      for (const _ of tasks) order.push(await context.dequeue());
      expect(ids(order)).toEqual(ids(tasks));
    });

    it("dequeue marks the task claimed so that no other worker can dequeue it", async () => {
      await context.enqueueMany(20);
      const workers = Array.from({ length: 30 }, () => context.database.storage());
      const claims = await Promise.all(workers.map((worker) => worker.dequeue(NOW)));
      const taken = claims.filter((task) => task !== null);
      expect(taken).toHaveLength(20);
      expect(new Set(ids(taken)).size).toBe(20);
      expect(new Set(taken.map((task) => task.claimToken)).size).toBe(20);
    });

    it("a claim sets RUNNING, the lease, the time of the attempt and one attempt more", async () => {
      const task = await context.enqueue();
      const [claimed] = await context.claim({ now: NOW + 5, leaseExpiresAt: NOW + MINUTE });
      expect(await context.row(task.id)).toMatchObject({
        status: "RUNNING",
        attempts: 1,
        failures: 0,
        lease_expires_at: NOW + MINUTE,
        claimed_by: claimed?.claimToken,
        last_attempt_at: NOW + 5,
        updated_at: NOW + 5,
        created_at: NOW,
        eta: NOW,
      });
    });

    it("a claimed task brings all that its worker needs", async () => {
      const {
        idGiven: _,
        uniqueKey: __,
        extras: ___,
        ...task
      } = await context.enqueue({
        queue: "mail",
        priority: 2,
        funcPath: "email.send",
        args: json([1, "two"]),
        kwargs: json({ to: "a@example.com" }),
        interval: MINUTE,
        maxRetries: 7,
        timeout: 9_000,
        uniqueKey: "k",
      });
      expect(await context.claim()).toEqual([
        {
          ...task,
          args: [1, "two"],
          kwargs: { to: "a@example.com" },
          quarantined: false,
          attempts: 1,
          failures: 0,
          leaseExpiresAt: NOW + MINUTE,
          claimToken: expect.any(String),
          parentId: null,
          onSuccess: "keep",
          schedule: null,
          scheduledFor: null,
          trace: null,
        },
      ]);
    });

    for (const status of ["RUNNING", "SUCCESS", "FAILED", "CANCELLED"]) {
      it(`a task that is ${status} is not dequeued`, async () => {
        const { id } = await context.enqueue();
        const lease = status === "RUNNING" ? NOW : null;
        await context.database.sql(
          "UPDATE tasks SET status = ?1, lease_expires_at = ?2 WHERE id = ?3",
          status,
          lease,
          id,
        );
        expect(await storage().dequeue(NOW + DAY)).toBeNull();
        expect(await context.claim({ now: NOW + DAY, queues: ["default"] })).toEqual([]);
      });
    }

    it("attempts counts claims and never falls, whatever ends them", async () => {
      const { id } = await context.enqueue();
      await storage().markFailed(await context.dequeue(), taskError(), { retryAt: NOW }, NOW);
      await storage().snooze(await context.dequeue(), NOW, NOW);
      await storage().release(await context.dequeue(), NOW);
      await context.dequeue();
      await storage().cancel(id, NOW);
      await storage().retry(id, NOW);
      expect((await context.dequeue()).attempts).toBe(5);
      await storage().rescueMany(LATER, () => 0);
      expect((await context.claimQuarantined())?.attempts).toBe(6);
    });
  });

  describe("claim of many", () => {
    it("a claim takes no more than its limit, the smallest eta first", async () => {
      const tasks = Array.from({ length: 20 }, (_, index) => newTask({ eta: NOW - index }));
      await storage().enqueueMany(tasks, NOW);
      const claimed = await context.claim({ limit: 7 });
      expect(ids(claimed)).toEqual(ids(tasks.slice(-7).reverse()));
    });

    it("priority 0 is claimed first and 9 last, whatever their eta", async () => {
      const tasks = [4, 9, 0, 7, 2, 5, 1, 8, 3, 6].map((priority) =>
        newTask({ priority, eta: NOW - priority }),
      );
      await storage().enqueueMany(tasks, NOW);
      expect((await context.dequeue()).priority).toBe(0);
      const rest = await context.claim();
      expect(rest.map(({ priority }) => priority)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it("a smaller priority number goes first in every queue", async () => {
      const tasks = ["a", "b", "c"].flatMap((queue) =>
        [9, 0].map((priority) => newTask({ queue, priority })),
      );
      await storage().enqueueMany(tasks, NOW);
      const claimed = await context.claim({ limit: 3 });
      expect(claimed.map(({ queue, priority }) => [queue, priority])).toEqual([
        ["a", 0],
        ["b", 0],
        ["c", 0],
      ]);
    });

    it("tasks of one claim come by priority, then eta, then insertion order", async () => {
      const [d, b, a, c] = [
        newTask({ priority: 2 }),
        newTask({ priority: 1, eta: NOW - 1 }),
        newTask({ priority: 1, eta: NOW - 2, queue: "other" }),
        newTask({ priority: 1 }),
      ];
      await storage().enqueueMany([d, b, a, c], NOW);
      expect(ids(await context.claim())).toEqual(ids([a, b, c, d]));
    });

    it("tasks that are not yet due do not keep others of the queue waiting", async () => {
      await storage().enqueueMany(newTasks(200, { eta: NOW + 1, priority: 0 }), NOW);
      const tasks = await context.enqueueMany(3, { priority: 9 });
      expect(ids(await context.claim())).toEqual(ids(tasks));
    });

    it("a claim with more lanes than its limit still takes the limit", async () => {
      const tasks = Array.from({ length: 120 }, (_, index) =>
        newTask({ queue: `queue ${index % 40}`, priority: index % 3 }),
      );
      await storage().enqueueMany(tasks, NOW);
      const claimed = await context.claim({ limit: 100 });
      expect(new Set(ids(claimed)).size).toBe(100);
      expect(await context.claim()).toHaveLength(20);
    });
  });

  describe("claim from listed queues", () => {
    it("only the queues that are listed are claimed from", async () => {
      await context.enqueue({ queue: "a" });
      const task = await context.enqueue({ queue: "b" });
      expect(ids(await context.claim({ queues: ["b", "empty"] }))).toEqual([task.id]);
      expect(await context.claim({ queues: [] })).toEqual([]);
    });

    it("among tasks of equal priority the queue that is listed first goes first", async () => {
      const tasks = [
        newTask({ queue: "a", eta: NOW - 9 }),
        newTask({ queue: "b", eta: NOW }),
        newTask({ queue: "c", eta: NOW - 5 }),
        newTask({ queue: "a", eta: NOW, priority: 0 }),
      ];
      await storage().enqueueMany(tasks, NOW);
      const order = [];
      for (const _ of tasks) order.push(...(await context.claim({ limit: 1, queues: ["b", "c", "a"] })));
      expect(order.map(({ queue, priority }) => `${queue}${priority}`)).toEqual(["a0", "b5", "c5", "a5"]);
    });

    it("one claim brings the tasks of several queues in the same order", async () => {
      const tasks = ["a", "b", "c"].flatMap((queue) => newTasks(2, { queue }));
      await storage().enqueueMany(tasks, NOW);
      const claimed = await context.claim({ queues: ["c", "a", "b"] });
      expect(claimed.map(({ queue }) => queue)).toEqual(["c", "c", "a", "a", "b", "b"]);
    });
  });

  describe("longest timeout", () => {
    it("a claim takes only tasks whose timeout fits", async () => {
      const [long, short, exact] = [10_001, 5_000, 10_000].map((timeout) => newTask({ timeout }));
      await storage().enqueueMany(
        [long, short, exact].filter((task) => task !== undefined),
        NOW,
      );
      const claimed = await context.claim({ longestTimeout: 10_000 });
      expect(claimed.map(({ timeout }) => timeout)).toEqual([5_000, 10_000]);
      expect((await context.claim({ longestTimeout: 10_001 })).map(({ timeout }) => timeout)).toEqual([
        10_001,
      ]);
    });

    it("a task that is too long leaves its place to others of the claim", async () => {
      await context.enqueue({ timeout: 60_000, queue: "a" });
      const task = await context.enqueue({ timeout: 1_000, queue: "b", priority: 9 });
      expect(ids(await context.claim({ limit: 1, longestTimeout: 1_000 }))).toEqual([task.id]);
    });
  });
}
