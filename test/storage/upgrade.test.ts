import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { enqueueRequest } from "../../src/core/prepare.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { until } from "../core/engine/context.ts";
import { endAll, startWorker } from "../node/processes.ts";
import { fillBacklog } from "../support/backlog.ts";
import type { TestDatabase } from "../support/database.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { laterRelease, type Release } from "../support/release.ts";

const TASKS = 100_000;

/** It writes every row, as a migration that fills a new column does. */
const MIGRATION = `
ALTER TABLE \`tasks\` ADD \`note\` text;
--> statement-breakpoint
ALTER TABLE \`tasks\` ADD \`weight\` integer DEFAULT 1 NOT NULL;
--> statement-breakpoint
ALTER TABLE \`results\` ADD \`note\` text;
--> statement-breakpoint
UPDATE \`tasks\` SET \`note\` = \`queue\`;
--> statement-breakpoint
CREATE INDEX \`tasks_note_idx\` ON \`tasks\` (\`note\`) WHERE status = 'FAILED';
`;

const note = defineTask<{ ms?: number }>("test.note", { run: () => null });

describe("an upgrade while runners work on 100,000 tasks in every state", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let release: Release;
  let database: TestDatabase;
  let url: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    url = `file:${folder.path}/queue.db`;
    release = await laterRelease(MIGRATION);
    database = await openLibsql({ url });
    await fillBacklog(database, TASKS, Date.now());
  });
  afterEach(endAll);
  afterAll(async () => {
    await release.remove();
    await folder.remove();
  });

  /** Plain reads: they take no lock that a runner waits for. */
  const read = (sql: string) => database.driver.all({ sql, parameters: [] });
  const count = async (where: string) =>
    Number((await read(`SELECT count(*) AS n FROM tasks WHERE ${where}`))[0]?.n);
  const due = () => count("status IN ('PENDING', 'RETRYING') AND held = 0 AND eta <= unixepoch() * 1000");
  const statuses = async () => {
    const rows = await read("SELECT status, count(*) AS n FROM tasks GROUP BY status");
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  };

  it("loses nothing: old runners go on, new ones join them, and both read what they do not know", async () => {
    const queue = createQueue({ storage: libsqlStorage({ url }) });
    const enqueue = (tasks: number, ms = 0) =>
      queue.enqueueMany(Array.from({ length: tasks }, () => enqueueRequest(note, { ms })));
    const old = [startWorker({ url }), startWorker({ url })];
    await until(async () => (await due()) < TASKS / 8 - 500);

    const migrating = release.migrate(url);
    await enqueue(100);
    expect(await migrating).toEqual({ ok: true, output: "the schema is up to date\n" });
    const left = await due();
    await enqueue(100);
    const later = startWorker({ url }, release.worker);
    await until(async () => (await due()) === 0);
    expect(left).toBeGreaterThan(0);

    // Both releases run what is enqueued from now on.
    const runners = new Set<unknown>();
    let enqueued = 200;
    await until(async () => {
      enqueued += 30;
      for (const { id } of await enqueue(30, 20)) {
        const ended = await queue.result(id, { wait: "20s" });
        expect(ended?.status).toBe("SUCCESS");
        runners.add(JSON.stringify(ended?.result));
      }
      return runners.size === 3;
    });

    for (const worker of [...old, later]) worker.kill("SIGTERM");
    expect(await Promise.all([...old, later].map((worker) => worker.ended()))).toEqual([0, 0, 0]);
    const eighth = TASKS / 8;
    expect(await statuses()).toEqual({
      PENDING: eighth,
      RETRYING: 2 * eighth,
      RUNNING: eighth,
      SUCCESS: 2 * eighth + enqueued,
      FAILED: eighth,
      CANCELLED: eighth,
    });
    expect(await count("attempts > 1 OR note IS NULL AND func_path <> 'test.note' OR weight <> 1")).toBe(0);
    expect(await count("status = 'SUCCESS' AND id NOT IN (SELECT task_id FROM results)")).toBe(0);
    expect(await database.sql("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(await database.sql("SELECT count(*) AS n FROM omniq_migrations")).toEqual([{ n: 4 }]);
    expect((await queue.list({ status: "FAILED", limit: 1 })).items).toMatchObject([{ failures: 1 }]);
  });
});
