import { afterAll, describe, expect, it } from "vitest";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import type { SqliteStorage } from "../../src/storage/sqlite.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { NOW, newTask } from "../support/tasks.ts";

const server = await startSqld();
const folder = await temporaryFolder();
afterAll(() => Promise.all([folder.remove(), server.close()]));

const PLACES = {
  "a libSQL server": { url: server.url },
  "an embedded replica": { url: `file:${folder.path}/replica.db`, syncUrl: server.url },
};

/** Waits until the storage takes tasks again; what was enqueued on the way is answered. */
async function enqueueWhenUp(storage: SqliteStorage): Promise<string> {
  const task = newTask({ idGiven: true });
  for (let tries = 0; tries < 100; tries++) {
    const receipts = await storage.enqueueMany([task], NOW).catch(() => null);
    if (receipts !== null) return task.id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("expected the storage to recover, and it did not");
}

describe("a database that is down", () => {
  it("is given up after the request's timeout where it hangs, long before a lease ends", async () => {
    const storage = libsqlStorage({ url: server.url, requestTimeout: 200, sleep: async () => {} });
    await storage.initialize();
    server.suspend();
    const uses = [() => storage.dequeue(NOW), () => storage.getTask(newTask().id)];
    for (const use of uses) await expect(use()).rejects.toMatchObject({ code: "storage_unavailable" });
    server.resume();
    await enqueueWhenUp(storage);
    expect(await storage.dequeue(NOW)).not.toBeNull();
  });

  for (const [place, options] of Object.entries(PLACES)) {
    it(`throws StorageUnavailable, and serves again when it is back: ${place}`, async () => {
      const storage = libsqlStorage({ ...options, sleep: async () => {} });
      await storage.initialize();
      const before = newTask();
      await storage.enqueueMany([before], NOW);
      await server.kill();
      const uses = [
        () => storage.enqueueMany([newTask()], NOW),
        () => storage.dequeue(NOW),
        () => storage.rescueMany(NOW, () => 0),
        () => storage.cancel(before.id, NOW),
        () => storage.verify(),
      ];
      for (const use of uses) await expect(use()).rejects.toMatchObject({ code: "storage_unavailable" });
      await server.start();
      const after = await enqueueWhenUp(storage);
      const claimed = await storage.claimMany({ now: NOW, limit: 9, leaseExpiresAt: NOW + 60_000 });
      expect(claimed.map(({ id }) => id)).toEqual([before.id, after]);
    });
  }
});
