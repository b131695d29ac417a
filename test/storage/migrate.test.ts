import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { CLI } from "../support/app.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { json, NOW, newTask, taskError } from "../support/tasks.ts";

const schemaOf = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name";

describe("initializing the storage on a libSQL file", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let url: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    url = `file:${folder.path}/queue.db`;
  });
  afterEach(() => folder.remove());

  it("applies the migrations", async () => {
    const storage = libsqlStorage({ url });
    await storage.initialize();
    await storage.enqueueMany([newTask()], NOW);
    expect(await storage.dequeue(NOW)).not.toBeNull();
  });

  it("with migrate: false it applies none, and throws SchemaMissing that names the command to run", async () => {
    const storage = libsqlStorage({ url, migrate: false });
    const uses = [() => storage.initialize(), () => storage.verify(), () => storage.dequeue(NOW)];
    for (const use of [...uses, () => storage.enqueueMany([newTask()], NOW)]) {
      await expect(use()).rejects.toMatchObject({
        code: "schema_missing",
        message: expect.stringContaining("run `npx omniq migrate` with OMNIQ_DB_URL set"),
      });
    }
    await libsqlStorage({ url }).initialize();
    await storage.initialize();
    expect(await storage.dequeue(NOW)).toBeNull();
  });

  it("names what is missing", async () => {
    const database = await openLibsql({ url });
    await database.sql("DROP INDEX tasks_lease_idx");
    await expect(database.storage().verify()).rejects.toMatchObject({
      code: "schema_missing",
      message: expect.stringContaining("it lacks tasks_lease_idx"),
    });
  });

  it("applies each migration once, however often it is done, and keeps what is stored", async () => {
    const database = await openLibsql({ url });
    const task = newTask();
    await database.storage().enqueueMany([task], NOW);
    const before = await database.sql(schemaOf);
    await libsqlStorage({ url }).initialize();
    await libsqlStorage({ url }).initialize();
    expect(await database.sql(schemaOf)).toEqual(before);
    expect(await database.sql("SELECT count(*) AS count FROM omniq_migrations")).toEqual([{ count: 3 }]);
    expect((await database.storage().getTask(task.id))?.id).toBe(task.id);
  });

  it("succeeds for every client that starts at the same moment", async () => {
    const clients = Array.from({ length: 4 }, () => libsqlStorage({ url }));
    await Promise.all(clients.map((client) => client.initialize()));
    await Promise.all(clients.map((client) => client.verify()));
  });

  it("succeeds for every process that starts at the same moment", async () => {
    const run = promisify(execFile);
    const processes = Array.from({ length: 4 }, () => run(process.execPath, [CLI, "migrate", "--url", url]));
    for (const { stdout } of await Promise.all(processes))
      expect(stdout).toContain("the schema is up to date");
    const database = await openLibsql({ url, migrate: false });
    expect(await database.sql("SELECT count(*) AS count FROM omniq_migrations")).toEqual([{ count: 3 }]);
  });
});

describe("a table prefix on libSQL", () => {
  const tablePrefix = "names_";
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** The database of an app that has a `tasks` table and migrations of its own. */
  async function openApp() {
    const database = await openLibsql({ url: `file:${folder.path}/app.db`, tablePrefix });
    await database.sql("CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL)");
    await database.sql("CREATE INDEX tasks_due_idx ON tasks (title)");
    await database.sql("CREATE TABLE results (title TEXT)");
    await database.sql("INSERT INTO tasks VALUES (1, 'mine')");
    return { database, storage: database.storage({ tablePrefix }) };
  }

  it("keeps our tables beside the app's own, from the enqueue to the purge", async () => {
    const { database, storage } = await openApp();
    const later = NOW + 3_600_000;
    const [task, failing] = [newTask({ uniqueKey: "k" }), newTask({ queue: "other", idGiven: true })];
    const idempotency = { apiKey: "a", key: "k", fingerprint: "f", expiredBefore: 0 };
    await storage.enqueueMany([task, failing], NOW, idempotency);
    await storage.configureQueue("default", { concurrency: 1 });
    const [claimed] = await storage.claimMany({
      now: NOW,
      limit: 9,
      leaseExpiresAt: NOW + 1,
      queues: ["default"],
    });
    expect(claimed?.id).toBe(task.id);
    if (claimed !== undefined) await storage.markDone(claimed, json({ ok: true }), NOW);
    expect((await storage.getResult(task.id))?.result).toEqual({ ok: true });
    expect(await storage.dequeue(NOW)).toMatchObject({ id: failing.id });
    expect(await storage.rescueMany(later, () => 0)).toHaveLength(1);
    expect(await storage.listQueues(NOW)).toMatchObject([{ name: "default" }, { name: "other", depth: 1 }]);
    const again = await storage.claimQuarantined({ now: later, limit: 1, leaseExpiresAt: later + 1 });
    if (again !== null) await storage.markFailed(again, taskError(), "final", NOW);
    expect((await storage.listTasks({ status: "FAILED", limit: 5 })).items.map(({ id }) => id)).toEqual([
      failing.id,
    ]);
    const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
    expect(await storage.purgeResults(request)).toEqual({ purged: 2, cursor: null });
    expect(await database.sql("SELECT * FROM tasks")).toEqual([{ id: 1, title: "mine" }]);
  });

  it("is verified by itself: the app's tables of the same names are not ours", async () => {
    const { database } = await openApp();
    await expect(database.storage().verify()).rejects.toMatchObject({
      code: "schema_missing",
      message: expect.stringContaining("it lacks queues"),
    });
    await database.storage({ tablePrefix }).verify();
  });

  it("names the migrator's table, too: two prefixes live side by side", async () => {
    const { database } = await openApp();
    await libsqlStorage({ url: `file:${folder.path}/app.db`, tablePrefix: "second_" }).initialize();
    const tables = await database.sql(
      "SELECT name FROM sqlite_schema WHERE name LIKE '%omniq_migrations' ORDER BY name",
    );
    expect(tables.map((row) => row.name)).toEqual(["names_omniq_migrations", "second_omniq_migrations"]);
  });

  it.each(["a-b", "1a", 'a"b', "sqlite_", "a b", "x".repeat(65)])(
    "that would need quotes is refused: %s",
    async (prefix) => {
      const open = async () =>
        libsqlStorage({ url: `file:${folder.path}/app.db`, tablePrefix: prefix }).initialize();
      await expect(open()).rejects.toMatchObject({ code: "invalid_config" });
    },
  );
});
