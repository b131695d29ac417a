import { describe, expect, it } from "vitest";
import { NOW, newTask } from "../../support/tasks.ts";
import { type Context, HOUR, ids } from "./context.ts";

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

    it("finds the task that may start behind more than 1,000 lanes that are paused or full", async () => {
      const held = names.map((queue) => newTask({ queue, priority: 0 }));
      const due = newTask({ queue: "zzz" });
      await storage().enqueueMany([...held, due], NOW);
      const sql = "INSERT INTO queues (name, paused) SELECT queue, 1 FROM tasks WHERE queue <> 'zzz'";
      await context.database.sql(sql);
      expect((await context.dequeue()).id).toBe(due.id);
    });
  });
}
