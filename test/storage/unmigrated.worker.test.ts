import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { json, NOW, newTask } from "../support/tasks.ts";

/** The D1 database is migrated by the last of these tests. */
describe("a D1 database that is not migrated", () => {
  const storage = d1Storage(env.DB);
  const uses = {
    initialize: () => storage.initialize(),
    verify: () => storage.verify(),
    enqueueMany: () => storage.enqueueMany([newTask()], NOW),
    dequeue: () => storage.dequeue(NOW),
    settleMany: () => storage.markDone({ id: newTask().id, attempts: 1 }, json(1), NOW),
    rescueMany: () => storage.rescueMany(NOW, () => 0),
    getTask: () => storage.getTask(newTask().id),
    listQueues: () => storage.listQueues(NOW),
    cancel: () => storage.cancel(newTask().id, NOW),
  };

  it.each(Object.entries(uses))(
    "first use throws SchemaMissing that names the command: %s",
    async (_, use) => {
      await expect(use()).rejects.toMatchObject({
        code: "schema_missing",
        message: expect.stringContaining("run `wrangler d1 migrations apply DB --remote`"),
      });
    },
  );

  it("nothing is migrated from inside a Worker", async () => {
    await storage.initialize().catch(() => null);
    const { results } = await env.DB.prepare("SELECT name FROM sqlite_schema WHERE name = 'tasks'").all();
    expect(results).toEqual([]);
  });

  it("serves the same storage once it is migrated", async () => {
    await openD1();
    await storage.initialize();
    await storage.enqueueMany([newTask()], NOW);
    expect(await storage.dequeue(NOW)).not.toBeNull();
  });
});
