import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import type { KickOptions } from "../../src/core/queue-options.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { newTasks } from "../support/tasks.ts";
import { runWorker } from "../support/worker.ts";
import { fatesIn } from "./platform.ts";

type Env = { readonly DB: D1Database; readonly OMNIQ_LOG_LEVEL: string };
/** Nothing, or what `queue.kick` is told. */
type Told = readonly [] | readonly [KickOptions];

const BACKLOG = 500;

const slow = defineTask("slow", { maxRetries: 0, run: () => new Promise((end) => setTimeout(end, 20)) });

const database = await openD1();
const { statuses } = fatesIn(database);
const events: QueueEvent[] = [];
const worker = createWorker({
  storage: ({ DB }: Env) => d1Storage(DB),
  tasks: [slow],
  onEvent: (event) => void events.push(event),
});
beforeEach(async () => {
  await database.clear();
  events.length = 0;
  const now = Date.now();
  await database.storage().enqueueMany(newTasks(BACKLOG, { funcPath: "slow", eta: now - 1 }), now);
});

/** An app's request: so many queries of its own, a task in their last batch, and the kick. @returns queries of all of it */
async function request(own: number, ...told: Told): Promise<number | undefined> {
  const app = runWorker(worker, { DB: env.DB, OMNIQ_LOG_LEVEL: "none" });
  await app.invoke(async (bindings, context) => {
    const queue = worker.queueFor(bindings);
    const statements = await queue.statements(slow, {});
    for (let sent = statements.length; sent < own; sent++) await bindings.DB.prepare("SELECT 1").first();
    await bindings.DB.batch(statements);
    queue.kick(context, ...told);
  });
  await app.settled();
  return app.queries()[0];
}

describe("queue.kick after queries of an app's own, on the Free plan", () => {
  it.each<[number, Told]>([
    [2, []],
    [12, []],
    [25, []],
    [2, [{ queries: 2 }]],
    [30, [{ queries: 30 }]],
    [45, [{ queries: 45 }]],
  ])("of %d, told %j, passes no limit and leaves nothing in flight", async (own, told) => {
    expect(await request(own, ...told)).toBeLessThanOrEqual(QUERIES.free);
    expect(events.filter(({ type }) => type === "storage.failed" || type === "task.lost")).toEqual([]);
    const { PENDING = 0, SUCCESS = 0, ...others } = await statuses();
    expect(others).toEqual({});
    expect(PENDING + SUCCESS).toBe(BACKLOG + 1);
  });

  it.each<[number, Told]>([
    [12, []],
    [25, []],
    [30, [{ queries: 30 }]],
  ])("of %d, told %j, runs tasks by what is left", async (own, told) => {
    await request(own, ...told);
    expect((await statuses()).SUCCESS).toBeGreaterThan(0);
  });
});
