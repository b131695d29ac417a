import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { until } from "../core/engine/context.ts";
import { endAll, startWorker } from "../node/processes.ts";
import { fillBacklog } from "../support/backlog.ts";
import type { TestDatabase } from "../support/database.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { laterRelease, type Release } from "../support/release.ts";

const GOOD = `
ALTER TABLE \`tasks\` ADD \`note\` text;
--> statement-breakpoint
UPDATE \`tasks\` SET \`note\` = \`queue\`;
--> statement-breakpoint
CREATE INDEX \`tasks_note_idx\` ON \`tasks\` (\`note\`);
`;
const broken = (sql: string) => `${GOOD}--> statement-breakpoint\n${sql}`;

const noop = defineTask("test.noop", { run: () => null });

describe("a migration that fails", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let database: TestDatabase;
  let url: string;
  const releases: Release[] = [];
  const release = async (...migrations: string[]) => {
    const made = await laterRelease(...migrations);
    releases.push(made);
    return made;
  };
  beforeEach(async () => {
    folder = await temporaryFolder();
    url = `file:${folder.path}/queue.db`;
    database = await openLibsql({ url });
  });
  afterEach(async () => {
    endAll();
    for (const made of releases.splice(0)) await made.remove();
    await folder.remove();
  });

  const schema = () => database.sql("SELECT type, name, sql FROM sqlite_schema ORDER BY name");
  const migrations = async () => (await database.sql("SELECT count(*) AS n FROM omniq_migrations"))[0]?.n;
  /** Whether a task that is enqueued now is run. */
  const expectWork = async () => {
    const queue = createQueue({ storage: libsqlStorage({ url, migrate: false }) });
    const { id } = await queue.enqueue(noop, {});
    expect(await queue.result(id, { wait: "20s" })).toMatchObject({ status: "SUCCESS", attempts: 1 });
  };

  it.each([
    ["that no SQLite takes", "CREATE NONSENSE;", "syntax error"],
    ["that names a table that is not there", "INSERT INTO `nowhere` VALUES (1);", "no such table: nowhere"],
    [
      "that the rows violate",
      "CREATE UNIQUE INDEX `b` ON `tasks` (`queue`);",
      "UNIQUE constraint failed: tasks.queue",
    ],
  ])("at SQL %s says so, changes nothing, and what runs goes on", async (_, sql, message) => {
    await fillBacklog(database, 800, Date.now());
    const before = await schema();
    const worker = startWorker({ url });
    await worker.told("running");
    const { ok, output } = await (await release(broken(sql))).migrate(url);
    expect(ok).toBe(false);
    expect(output).toContain(message);
    expect(output).toMatch(/^migration_failed: expected the migration 0003_later_0\.sql to be applied/);
    expect(output).toMatch(/nothing was applied.* run the migrations again$/m);
    expect(await schema()).toEqual(before);
    expect(await migrations()).toBe(3);
    await expectWork();
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });

  it("leaves out none of its own statements once it is mended, and applies those before it once", async () => {
    const next = "CREATE TABLE `labels` (`label` text);";
    const { ok, output } = await (await release(GOOD, broken("CREATE NONSENSE;"))).migrate(url);
    expect(ok).toBe(false);
    expect(output).toContain("the migration 0004_later_1.sql");
    expect(await migrations()).toBe(3);
    expect(await (await release(GOOD, next)).migrate(url)).toMatchObject({ ok: true });
    expect(await migrations()).toBe(5);
    expect(
      await database.sql("SELECT name FROM sqlite_schema WHERE name IN ('labels', 'tasks_note_idx')"),
    ).toHaveLength(2);
  });

  it("keeps the runner of that release waiting, who says why, while the one before it works", async () => {
    const { worker: script } = await release(broken("CREATE NONSENSE;"));
    const old = startWorker({ url });
    const later = startWorker({ url }, script);
    await later.told("failed", 2);
    expect(later.errors.join("\n")).toContain("syntax error");
    await expectWork();
    for (const worker of [old, later]) worker.kill("SIGTERM");
    expect(await Promise.all([old.ended(), later.ended()])).toEqual([0, 0]);
  });

  it("because its process is killed in the middle leaves all as it was, and the next try applies it", async () => {
    await fillBacklog(database, 40_000, Date.now());
    const before = await schema();
    const made = await release(GOOD);
    const size = async () => (await stat(`${folder.path}/queue.db-wal`).catch(() => ({ size: 0 }))).size;
    await database.driver.all({ sql: "PRAGMA wal_checkpoint(TRUNCATE)", parameters: [] });
    const migrating = spawn(process.execPath, [made.cli, "migrate", "--url", url], { stdio: "ignore" });
    // The transaction has begun to write what it will never commit.
    await until(async () => (await size()) > 2 ** 20);
    migrating.kill("SIGKILL");
    expect((await once(migrating, "close"))[1]).toBe("SIGKILL");
    expect(await schema()).toEqual(before);
    expect(await migrations()).toBe(3);
    const worker = startWorker({ url });
    await expectWork();
    expect((await made.migrate(url)).ok).toBe(true);
    expect(await migrations()).toBe(4);
    await expectWork();
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });
});
