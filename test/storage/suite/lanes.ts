import { describe, expect, it } from "vitest";
import { NOW, newTask, newTasks } from "../../support/tasks.ts";
import { type Context, HOUR, ids, MINUTE } from "./context.ts";

const RELEASE =
  "UPDATE tasks SET status = 'PENDING', lease_expires_at = NULL, claimed_by = NULL, attempts = 0 WHERE id = ?1";

/** A lane is a queue and priority in use. */
export function describeLanes(context: Context): void {
  const storage = () => context.storage();
  const names = Array.from({ length: 1_001 }, (_, index) => `queue ${index}`);

  describe("a claim among many lanes", () => {
    it("finds the task that is due behind more than 1,000 lanes in which nothing is", async () => {
      const later = names.map((queue) => newTask({ queue, priority: 0, eta: NOW + HOUR }));
      const due = newTask({ queue: "zzz" });
      await storage().enqueueMany([...later, due], NOW);
      expect(ids(await context.claim({ queues: [...names, "zzz"] }))).toEqual([due.id]);
      await storage().release({ id: due.id, attempts: 1 }, NOW);
      expect((await context.dequeue()).id).toBe(due.id);
    });

    it("finds the task that may start behind more than 1,000 lanes that are paused", async () => {
      await storage().enqueueMany(
        names.map((queue) => newTask({ queue, priority: 0 })),
        NOW,
      );
      await context.database.sql("INSERT INTO queues (name, paused) SELECT queue, 1 FROM tasks");
      const due = await context.enqueue({ queue: "zzz" });
      expect((await context.dequeue()).id).toBe(due.id);
    });

    it("finds the task that may start behind more than 1,000 lanes whose queues are at their concurrency", async () => {
      await storage().enqueueMany(
        names.flatMap((queue) => newTasks(2, { queue, priority: 0 })),
        NOW,
      );
      const sql = "INSERT INTO queues (name, concurrency) SELECT DISTINCT queue, 1 FROM tasks";
      await context.database.sql(sql);
      while ((await context.claim({ limit: 1_000 })).length > 0);
      const due = await context.enqueue({ queue: "zzz" });
      expect((await context.dequeue()).id).toBe(due.id);
    });
  });

  describe("a claim of a worker with little time", () => {
    const little = 28_000;

    it("finds the short tasks behind long ones of the same lane, in their order", async () => {
      await storage().enqueueMany(newTasks(120, { timeout: MINUTE, eta: NOW - 1 }), NOW);
      const short = await context.enqueueMany(3);
      for (const queues of [undefined, ["default"]]) {
        const [task] = await context.claim({ limit: 1, longestTimeout: little, queues });
        expect(task?.id).toBe(short[0]?.id);
        const rest = await context.claim({ limit: 5, longestTimeout: little, queues });
        expect(ids(rest)).toEqual(ids(short.slice(1)));
        expect(await context.claim({ limit: 5, longestTimeout: little, queues })).toEqual([]);
        for (const { id } of short) await context.database.sql(RELEASE, id);
      }
    });

    it("takes the short task that has been due longest, whatever long ones wait before it", async () => {
      const [first, second] = [newTask({ queue: "b", eta: NOW - 2 }), newTask({ queue: "a", eta: NOW - 1 })];
      const long = newTask({ queue: "a", eta: NOW - 3, timeout: MINUTE });
      await storage().enqueueMany([long, first, second], NOW);
      const order = [
        ...(await context.claim({ limit: 1, longestTimeout: little })),
        ...(await context.claim({ limit: 1, longestTimeout: little })),
      ];
      expect(ids(order)).toEqual(ids([first, second]));
    });

    it("leaves the concurrency of a queue to the tasks that it may take", async () => {
      await storage().configureQueue("default", { concurrency: 2 });
      await storage().enqueueMany(newTasks(5, { timeout: MINUTE, eta: NOW - 1 }), NOW);
      const short = await context.enqueueMany(3);
      const claimed = await context.claim({ limit: 2, longestTimeout: little });
      expect(ids(claimed)).toEqual(ids(short.slice(0, 2)));
    });
  });
}
