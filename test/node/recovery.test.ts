import { mkdir } from "node:fs/promises";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { enqueueRequest } from "../../src/core/prepare.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { pause, until } from "../core/engine/context.ts";
import { TestDatabase } from "../support/database.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { endAll, startWorker } from "./processes.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
afterEach(endAll);

const note = defineTask<{ ms?: number }>("test.note", { run: () => null });
const requests = (count: number, ms: number) =>
  Array.from({ length: count }, () => enqueueRequest(note, { ms }));

describe("a Node runner recovers by itself", () => {
  it("from a database without a schema, which it names with the command, once it is migrated", async () => {
    const url = `file:${folder.path}/empty.db`;
    const worker = startWorker({ url, migrate: false });
    await worker.told("failed");
    const failure =
      [...worker.lines].find(({ message }) => message === "storage failed") ??
      JSON.parse(worker.errors[0] ?? "{}");
    expect(failure.error).toMatch(
      /^SchemaMissing: expected the database to hold OmniQ's schema, but it lacks tasks.*: run `/,
    );
    const queue = createQueue({ storage: libsqlStorage({ url }) });
    await queue.storage.initialize();
    const { id } = await queue.enqueue(note, {});
    await until(async () => (await queue.result(id)) !== null);
    expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });

  it("from a database that is not there, once it is", async () => {
    const url = `file:${folder.path}/later/queue.db`;
    const worker = startWorker({ url });
    await worker.told("failed");
    await mkdir(`${folder.path}/later`);
    const queue = createQueue({ storage: libsqlStorage({ url }) });
    await queue.storage.initialize();
    const { id } = await queue.enqueue(note, {});
    await until(async () => (await queue.result(id)) !== null);
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });

  it("from a server that was down when it started", async () => {
    const server = await startSqld();
    try {
      await libsqlStorage({ url: server.url }).initialize();
      const queue = createQueue({ storage: libsqlStorage({ url: server.url }) });
      const { id } = await queue.enqueue(note, {});
      await server.kill();
      const worker = startWorker({ url: server.url });
      await worker.told("failed", 2);
      await server.start();
      await until(async () => (await queue.result(id)) !== null);
      expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
      worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(0);
    } finally {
      await server.close();
    }
  });

  for (const through of ["http", "an embedded replica"]) {
    it(`from a server, used through ${through}, that was killed in the middle and started again: every task reaches SUCCESS`, async () => {
      const server = await startSqld();
      const replica = { url: `file:${folder.path}/replica.db`, syncUrl: server.url };
      try {
        const database = new TestDatabase(libsqlDriver({ url: server.url }));
        const queue = createQueue({ storage: new SqliteStorage(database.driver) });
        await queue.storage.initialize();
        const receipts = await queue.enqueueMany(requests(150, 20));
        const worker = startWorker({
          ...(through === "http" ? { url: server.url } : replica),
          concurrency: 5,
        });
        await worker.told("started", 40);
        await server.kill();
        await worker.told("failed");
        await pause(500);
        await server.start();
        const left = async () => {
          const [row] = await database.sql("SELECT count(*) AS count FROM tasks WHERE status <> 'SUCCESS'");
          return Number(row?.count);
        };
        await until(async () => {
          const before = worker.lines.length;
          if ((await left()) === 0) return true;
          await pause(1_000);
          // A claim that took effect just before the server died: its lease has two minutes to go.
          const stuck = worker.lines.length === before;
          if (stuck) await database.sql("UPDATE tasks SET lease_expires_at = 1 WHERE status = 'RUNNING'");
          return false;
        }, 120);
        const { items } = await queue.list({ limit: 1_000 });
        expect(items).toHaveLength(receipts.length);
        for (const item of items) expect(item).toMatchObject({ status: "SUCCESS", failures: 0 });
        worker.kill("SIGTERM");
        expect(await worker.ended()).toBe(0);
      } finally {
        await server.close();
      }
    }, 120_000);
  }

  it("stops in time while its server is down, and leaves what it held to the lease's end", async () => {
    const server = await startSqld();
    try {
      const queue = createQueue({ storage: libsqlStorage({ url: server.url }) });
      await queue.storage.initialize();
      const { id } = await queue.enqueue(note, { ms: 700 });
      const worker = startWorker({ url: server.url, grace: 200 });
      await worker.told("started");
      await server.kill();
      worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(0);
      await server.start();
      expect(await queue.get(id)).toMatchObject({ status: "RUNNING", attempts: 1 });
    } finally {
      await server.close();
    }
  });

  for (const during of ["while it works", "while it starts"]) {
    // Its requests would take minutes to be given up.
    it(`stops in time ${during} and its server hangs`, async () => {
      const server = await startSqld();
      try {
        const queue = createQueue({ storage: libsqlStorage({ url: server.url }) });
        await queue.storage.initialize();
        const { id } = await queue.enqueue(note, { ms: 700 });
        const starts = during === "while it starts";
        if (starts) server.suspend();
        const worker = startWorker({ url: server.url, grace: 200 });
        await worker.told(starts ? "running" : "started");
        server.suspend();
        worker.kill("SIGTERM");
        expect(await worker.ended()).toBe(0);
        server.resume();
        expect(await queue.get(id)).toMatchObject(starts ? { status: "PENDING" } : { attempts: 1 });
      } finally {
        await server.close();
      }
    });
  }
});
