import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { newTasks } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

/** D1 is migrated while the Worker of the release before serves: wrangler does that first, and deploys then. */
const LATER: D1Migration = {
  name: "9000_later.sql",
  queries: [
    "ALTER TABLE tasks ADD note text",
    "ALTER TABLE tasks ADD weight integer DEFAULT 1 NOT NULL",
    "UPDATE tasks SET note = queue",
    "CREATE INDEX tasks_note_idx ON tasks (note) WHERE note IS NOT NULL",
  ],
};
/** D1 may apply a part of what fails. */
const BROKEN: D1Migration = {
  name: "9001_broken.sql",
  queries: ["ALTER TABLE tasks ADD color text", "CREATE NONSENSE"],
};

const runs: string[] = [];
const note = defineTask("note", { run: (_, { task }) => void runs.push(task.id) });
const database = await openD1();
beforeEach(() => {
  runs.length = 0;
});

async function drainDuring(event: () => Promise<unknown>): Promise<void> {
  const worker = startWorker(
    [note],
    { cronDeadline: 1_000 },
    { OMNIQ_QUERY_BUDGET: "900" },
    { queries: QUERIES.paid },
  );
  const now = Date.now();
  await database.storage().enqueueMany(newTasks(1_000, { funcPath: "note", eta: now - 1 }), now);
  const ticking = worker.tick();
  while (runs.length < 50) await new Promise((resolve) => setTimeout(resolve, 1));
  await event();
  const { status } = await worker.call("POST", "/v1/tasks", { json: { funcPath: "note" } });
  expect(status).toBe(201);
  await ticking;
  await worker.settled();
  await worker.tick();
  expect(
    await database.sql("SELECT status, attempts, count(*) AS n FROM tasks GROUP BY status, attempts"),
  ).toEqual([{ status: "SUCCESS", attempts: 1, n: 1_001 }]);
  expect(new Set(runs).size).toBe(1_001);
  expect((await worker.call("GET", `/v1/tasks/${runs[0]}`)).body).toMatchObject({ status: "SUCCESS" });
  expect((await worker.call("GET", "/healthz")).status).toBe(200);
  await database.clear();
}

describe("a D1 database that is migrated under a Worker of the release before", () => {
  it("goes on serving it, with columns and indexes that it does not know", async () => {
    await drainDuring(() => applyD1Migrations(env.DB, [...env.MIGRATIONS, LATER]));
    expect(
      await database.sql("SELECT name FROM pragma_table_info('tasks') WHERE name = 'weight'"),
    ).toHaveLength(1);
  });

  it("goes on serving it where the migration fails half way", async () => {
    await drainDuring(() =>
      expect(applyD1Migrations(env.DB, [...env.MIGRATIONS, LATER, BROKEN])).rejects.toThrow("syntax error"),
    );
  });
});
