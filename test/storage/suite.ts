import { beforeEach, describe, expect, it } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { NOW, newTask } from "../support/tasks.ts";

/** The conformance suite: what the storage promises, on every database. */
export function describeStorage(name: string, open: () => Promise<TestDatabase>): void {
  describe(`storage on ${name}`, () => {
    let database: TestDatabase;
    beforeEach(async () => {
      database ??= await open();
      await database.clear();
    });
    const storage = () => database.storage();

    it("dequeue(now) selects a single task with status PENDING (or RETRYING) and eta <= now", async () => {
      const task = newTask();
      await storage().enqueueMany([task, newTask({ eta: NOW + 1 })], NOW);
      expect((await storage().dequeue(NOW))?.id).toBe(task.id);
      expect(await storage().dequeue(NOW)).toBeNull();
    });
  });
}
