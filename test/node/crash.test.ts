import { readFile } from "node:fs/promises";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { enqueueRequest } from "../../src/core/prepare.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlDriver } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { pause, until } from "../core/engine/context.ts";
import { TestDatabase } from "../support/database.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { endAll, enqueueElsewhere, startWorker } from "./processes.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
afterEach(endAll);

const note = defineTask<{ ms?: number }>("test.note", { run: () => null });

let files = 0;

/** A new, migrated database in a file of its own. */
async function open() {
  files += 1;
  const url = `file:${folder.path}/${files}.db`;
  const database = new TestDatabase(libsqlDriver({ url }));
  const queue = createQueue({ storage: new SqliteStorage(database.driver) });
  await queue.storage.initialize();
  const enqueue = async (count: number, ms: number) => {
    const requests = Array.from({ length: count }, () => enqueueRequest(note, { ms }));
    return (await queue.enqueueMany(requests)).map(({ id }) => id);
  };
  const count = async (status: string) => {
    const [row] = await database.sql("SELECT count(*) AS count FROM tasks WHERE status = ?1", status);
    return Number(row?.count);
  };
  const notes = `${folder.path}/${files}.notes`;
  const noted = async () => (await readFile(notes, "utf8")).trim().split("\n");
  return { url, database, queue, enqueue, count, notes, noted };
}

describe("Node runners over one libSQL file", () => {
  it("after a SIGKILL in the middle another one rescues, and every task reaches SUCCESS", async () => {
    const { url, database, queue, enqueue, count } = await open();
    const ids = await enqueue(60, 30);
    const first = startWorker({ url, concurrency: 5 });
    await first.told("started", 20);
    first.kill("SIGKILL");
    expect(await first.ended()).toBe("SIGKILL");
    const held = await count("RUNNING");
    expect(held).toBeGreaterThan(0);
    await database.sql("UPDATE tasks SET lease_expires_at = 1 WHERE status = 'RUNNING'");
    const second = startWorker({ url, concurrency: 5 });
    await until(async () => (await count("SUCCESS")) === ids.length);
    second.kill("SIGTERM");
    expect(await second.ended()).toBe(0);
    const { items } = await queue.list({ limit: 1_000 });
    const again = items.filter(({ attempts }) => attempts === 2);
    expect(again).toHaveLength(held);
    for (const task of again)
      expect(task).toMatchObject({ failures: 0, errors: [{ type: "LeaseExpiredError" }] });
    const [row] = await database.sql("SELECT count(*) AS count FROM results WHERE status = 'SUCCESS'");
    expect(row).toEqual({ count: ids.length });
  });

  it("two of them drain 2,000 tasks together: every task exactly once", async () => {
    const { url, enqueue, count, notes, noted } = await open();
    const workers = [startWorker({ url, notes }), startWorker({ url, notes })];
    await Promise.all(workers.map((worker) => worker.told("running")));
    const ids = await enqueue(2_000, 0);
    await until(async () => (await count("SUCCESS")) === ids.length);
    for (const worker of workers) worker.kill("SIGTERM");
    expect(await Promise.all(workers.map((worker) => worker.ended()))).toEqual([0, 0]);
    const runs = await noted();
    expect(runs).toHaveLength(ids.length);
    expect(new Set(runs)).toEqual(new Set(ids));
    const shares = workers.map(({ lines }) => lines.filter(({ event }) => event === "started").length);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it("they drain what several processes enqueue meanwhile: every task exactly once", async () => {
    const { url, count, notes, noted } = await open();
    const workers = [startWorker({ url, notes }), startWorker({ url, notes })];
    await Promise.all(workers.map((worker) => worker.told("running")));
    const producers = Array.from({ length: 3 }, () => enqueueElsewhere(url, "test.note", 200));
    await Promise.all(producers);
    await until(async () => (await count("SUCCESS")) === 600);
    const runs = await noted();
    expect(runs).toHaveLength(600);
    expect(new Set(runs).size).toBe(600);
  });

  it("a task that another process enqueues is started without waiting for a poll", async () => {
    const { url } = await open();
    // Its polls find nothing: only the file's own news can lead to a claim.
    const worker = startWorker({ url, blind: true });
    await worker.told("running");
    await pause(300);
    for (const times of [1, 2, 3]) {
      await enqueueElsewhere(url, "test.note");
      await worker.told("started", times);
    }
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });

  it("10,000 tasks need at most 150 MB of memory", async () => {
    const { url } = await open();
    await enqueueElsewhere(url, "test.noop", 10_000);
    const worker = startWorker({ url, signals: false, stopAfter: { tasks: 10_000 } });
    expect(await worker.ended()).toBe(0);
    const { maxRss = 0 } = worker.lines.at(-1) ?? {};
    expect(maxRss).toBeGreaterThan(0);
    expect(maxRss).toBeLessThanOrEqual(150 * 1024 * 1024);
  });
});
