import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Driver, d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { newTasks } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";
import { fatesIn } from "./platform.ts";

const note = defineTask("note", { run: () => null });
const database = await openD1();
const { statuses, most } = fatesIn(database);
beforeEach(() => database.clear());

const elsewhere = {
  storage: ({ DB, RESULTS_DB }: { DB: D1Database; RESULTS_DB?: D1Database }) =>
    d1Storage(DB, RESULTS_DB && { results: d1Driver(RESULTS_DB) }),
};

describe("on the Free plan's 50 queries an invocation, with history on", () => {
  it.each([
    ["beside the tasks", {}],
    ["in a database of their own", elsewhere],
  ])("results %s: ticks finish a backlog, and each writes all that it held", async (_, options) => {
    await applyD1Migrations(env.RESULTS_DB, env.MIGRATIONS);
    const events: QueueEvent[] = [];
    const worker = startWorker(
      [note],
      { cronDeadline: 1_000, history: true, onEvent: (event) => void events.push(event), ...options },
      { RESULTS_DB: env.RESULTS_DB },
    );
    const now = Date.now();
    await database.storage().enqueueMany(newTasks(300, { funcPath: "note", eta: now - 1 }), now);
    for (let ticks = 0; ((await statuses()).SUCCESS ?? 0) < 300; ticks++) {
      expect(ticks).toBeLessThan(60);
      await worker.tick();
      const { RUNNING = 0, RETRYING = 0 } = await statuses();
      expect(RUNNING + RETRYING).toBe(0);
    }
    expect(Math.max(...worker.queries())).toBeLessThanOrEqual(QUERIES.free);
    expect(events.filter(({ type }) => type === "storage.failed")).toEqual([]);
    expect(await most("attempts")).toBe(1);
    expect(await database.storage().history.totals()).toMatchObject([{ queue: "default", succeeded: 300 }]);
  });
});
