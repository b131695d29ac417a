import { type Client, createClient } from "@libsql/client";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { StorageUnavailable } from "../../src/core/errors.ts";
import { LibsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { json, NOW, newTask } from "../support/tasks.ts";

const folder = await temporaryFolder();
const url = `file:${folder.path}/queue.db`;
const clients: Client[] = [];
await libsqlStorage({ url }).initialize();

afterAll(async () => {
  for (const client of clients) client.close();
  await folder.remove();
});

/** A worker's storage that waits for the write lock for 50 ms, not for 5 s. */
function openStorage(): SqliteStorage {
  const open = () => remember(createClient({ url, timeout: 50, concurrency: 1, intMode: "number" }));
  return new SqliteStorage(new LibsqlDriver(open, { url, migrate: false }), { sleep: async () => {} });
}

function remember(client: Client): Client {
  clients.push(client);
  return client;
}

/** What another connection sees of a task, which only what was committed can be. */
async function onFile(id: string) {
  const client = remember(createClient({ url, intMode: "number" }));
  const { rows } = await client.execute({
    sql: "SELECT status, attempts FROM tasks WHERE id = ?",
    args: [id],
  });
  return rows.map(({ status, attempts }) => ({ status, attempts }));
}

/** Holds the write lock from another connection, for as long as the step takes. */
async function whileLocked<T>(step: () => Promise<T>): Promise<T> {
  const transaction = await remember(createClient({ url })).transaction("write");
  try {
    await transaction.execute("INSERT INTO queues (name) VALUES ('another writer')");
    return await step();
  } finally {
    await transaction.rollback();
  }
}

describe("a libSQL file whose write lock another holds for longer than the busy timeout", () => {
  let storage = openStorage();
  beforeEach(async () => {
    storage = openStorage();
    await remember(createClient({ url })).executeMultiple("DELETE FROM tasks; DELETE FROM results");
  });

  it("refuses a write loudly, and has nothing of it", async () => {
    const task = newTask();
    await whileLocked(() => expect(storage.enqueueMany([task], NOW)).rejects.toThrow(StorageUnavailable));
    expect(await onFile(task.id)).toEqual([]);
  });

  it("has every write that the same connection acknowledges afterwards", async () => {
    const [refused, task, other] = [newTask(), newTask(), newTask()];
    await whileLocked(() => expect(storage.enqueueMany([refused], NOW)).rejects.toThrow(StorageUnavailable));
    expect(await storage.enqueueMany([task, other], NOW)).toMatchObject([{ id: task.id }, { id: other.id }]);
    expect(await onFile(task.id)).toEqual([{ status: "PENDING", attempts: 0 }]);
    const claimed = await storage.claimMany({ now: NOW, limit: 2, leaseExpiresAt: NOW + 1_000 });
    expect(claimed.map(({ id }) => id)).toEqual([task.id, other.id]);
    expect(await onFile(task.id)).toEqual([{ status: "RUNNING", attempts: 1 }]);
    await storage.markDone({ id: task.id, attempts: 1 }, json("kept"), NOW);
    expect(await onFile(task.id)).toEqual([{ status: "SUCCESS", attempts: 1 }]);
  });

  it("runs no task twice whose claim was refused in between", async () => {
    const task = newTask();
    await storage.enqueueMany([task], NOW);
    await whileLocked(() => expect(storage.dequeue(NOW)).rejects.toThrow(StorageUnavailable));
    expect(await onFile(task.id)).toEqual([{ status: "PENDING", attempts: 0 }]);
    expect(await storage.dequeue(NOW)).toMatchObject({ id: task.id, attempts: 1 });
    expect(await openStorage().dequeue(NOW)).toBeNull();
  });

  it("serves what is only read, be it there or not", async () => {
    const [task, absent] = [newTask(), newTask()];
    await storage.enqueueMany([task], NOW);
    await whileLocked(async () => {
      expect(await storage.getTask(task.id)).toMatchObject({ status: "PENDING" });
      expect(await storage.getTask(absent.id)).toBeNull();
      expect(await storage.getOutcome(absent.id)).toBeNull();
      expect(await storage.readClock()).toBeGreaterThan(0);
      expect(await storage.rescueMany(NOW, () => 0)).toEqual([]);
    });
  });
});
