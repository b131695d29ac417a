import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { WORKER_DEFAULTS } from "../../src/worker/defaults.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { json, newTasks } from "../support/tasks.ts";
import { runWorker, startWorker, type TestWorker } from "../support/worker.ts";
import { fatesIn } from "./platform.ts";

const BUDGET = WORKER_DEFAULTS.queryBudget;

const note = defineTask("note", { run: () => null });

/** Asks D1 by itself, as often as it is told. */
const curious = defineTask<{ queries: number }, { readonly DB: D1Database }>("curious", {
  run: async ({ queries }, context: TaskContext<{ readonly DB: D1Database }>) => {
    for (let sent = 0; sent < queries; sent++) await context.env.DB.prepare("SELECT 1").first();
    return { sent: queries };
  },
});

const database = await openD1();
const { statuses, most, passTime } = fatesIn(database);
const events: QueueEvent[] = [];
let worker: TestWorker;
beforeEach(async () => {
  await database.clear();
  events.length = 0;
  const onEvent = (event: QueueEvent) => void events.push(event);
  worker = startWorker([note, curious], { cronDeadline: 1_000, onEvent });
});

async function enqueue(count: number, funcPath: string, kwargs = {}): Promise<void> {
  const now = Date.now();
  const tasks = newTasks(count, { funcPath, eta: now - 1, kwargs: json(kwargs) });
  await database.storage().enqueueMany(tasks, now);
}

/** Ticks until every task has succeeded. @returns how many tasks had after each */
async function tickThrough(count: number): Promise<number[]> {
  const succeeded: number[] = [];
  while (succeeded.at(-1) !== count) {
    if (succeeded.length === 60) throw new Error(`expected the backlog to end, got ${succeeded.join()}`);
    await worker.tick();
    succeeded.push((await statuses()).SUCCESS ?? 0);
    await passTime();
  }
  return succeeded;
}

describe("on the Free plan's 50 queries an invocation", () => {
  it("many ticks finish a backlog: each gets on, and none passes the limit or leaves anything in flight", async () => {
    await enqueue(500, "note");
    let before = 0;
    for (let ticks = 0; before < 500; ticks++) {
      expect(ticks).toBeLessThan(60);
      await worker.tick();
      const { SUCCESS = 0, RUNNING = 0, RETRYING = 0 } = await statuses();
      expect(SUCCESS).toBeGreaterThan(before);
      expect(RUNNING + RETRYING).toBe(0);
      before = SUCCESS;
    }
    expect(Math.max(...worker.queries())).toBeLessThanOrEqual(QUERIES.free);
    expect(events.filter(({ type }) => type === "storage.failed")).toEqual([]);
    expect(await most("attempts")).toBe(1);
  });

  it("what handlers ask of D1 counts too: the drain stops in time to write all that it held", async () => {
    await enqueue(10, "curious", { queries: 10 });
    await worker.tick();
    expect(worker.queries()).toEqual([expect.toSatisfy((queries) => queries > 30 && queries <= BUDGET)]);
    expect(events.filter(({ type }) => type === "storage.failed" || type === "task.lost")).toEqual([]);
    const { SUCCESS = 0, PENDING = 0, RETRYING = 0, ...others } = await statuses();
    expect(others).toEqual({});
    expect(SUCCESS + PENDING + RETRYING).toBe(10);
    expect(await most("failures")).toBe(0);
  });

  it("a drain that has seen what handlers ask starts no more of them than it has queries for", async () => {
    await enqueue(30, "curious", { queries: 4 });
    await worker.tick();
    expect(events.filter(({ type }) => type === "task.retrying" || type === "task.released")).toEqual([]);
    expect((await statuses()).SUCCESS).toBeGreaterThanOrEqual(5);
    expect(worker.queries().at(-1)).toBeLessThanOrEqual(BUDGET);
  });

  it("ticks that overlap in one isolate each count their own queries", async () => {
    await enqueue(20, "curious", { queries: 5 });
    await Promise.all([worker.tick(), worker.tick()]);
    expect(worker.queries()).toHaveLength(2);
    for (const queries of worker.queries()) expect(queries).toBeLessThanOrEqual(BUDGET);
    expect((await statuses()).SUCCESS).toBeGreaterThanOrEqual(5);
    expect(events.filter(({ type }) => type === "storage.failed")).toEqual([]);
  });

  it.each([1, 3, 10, 20])(
    "tasks whose handlers ask D1 %d times all succeed, at no retry",
    async (queries) => {
      await enqueue(10, "curious", { queries });
      await tickThrough(10);
      const results = await database.sql("SELECT status, result FROM results");
      expect(results).toEqual(
        Array.from({ length: 10 }, () => ({ status: "SUCCESS", result: `{"sent":${queries}}` })),
      );
      expect(await most("failures")).toBe(0);
      expect(Math.max(...worker.queries())).toBeLessThanOrEqual(BUDGET);
    },
  );

  it("a task that ran alone, but after others of its drain, has all queries of the next one", async () => {
    await enqueue(1, "curious", { queries: 1 });
    await enqueue(1, "curious", { queries: 31 });
    await database.sql("UPDATE tasks SET held = 1");
    await tickThrough(2);
    expect(await most("failures")).toBe(0);
    expect(events.filter(({ type }) => type === "task.retrying")).toMatchObject([
      { error: { type: "QueryBudgetSpent" } },
    ]);
  });

  it("a binding that a handler keeps is not held to the budget of a drain that is over", async () => {
    let kept: D1Database | undefined;
    const keeper = defineTask("keeper", {
      run: async (_, context: TaskContext<{ readonly DB: D1Database }>) => {
        kept ??= context.env.DB;
        for (let sent = 0; sent < 20; sent++) await kept.prepare("SELECT 1").first();
      },
    });
    const own = createWorker({ storage: ({ DB }: { DB: D1Database }) => d1Storage(DB), tasks: [keeper] });
    const app = runWorker(own, { DB: env.DB }, { queries: QUERIES.paid });
    await app.invoke(async (bindings) => {
      for (let drains = 1; drains <= 3; drains++) {
        await enqueue(1, "keeper");
        await own.queueFor(bindings).drain({ queryBudget: BUDGET });
        expect(await statuses()).toEqual({ SUCCESS: drains });
      }
    });
  });

  it("a handler that asks for more than one invocation may send fails, and its error says what to do", async () => {
    await enqueue(1, "curious", { queries: 60 });
    while ((await statuses()).FAILED !== 1) {
      await worker.tick();
      await passTime();
      expect(worker.queries().length).toBeLessThan(10);
    }
    const [row] = await database.sql("SELECT json_extract(error, '$.message') AS message FROM results");
    expect(row?.message).toMatch(/^expected the handlers' own queries to fit .* OMNIQ_QUERY_BUDGET/);
    expect(await most("failures")).toBe(4);
    expect(Math.max(...worker.queries())).toBeLessThanOrEqual(BUDGET);
  });
});

describe("on the paid plan's 1,000 queries an invocation", () => {
  it("a tick sends as many as OMNIQ_QUERY_BUDGET says, and ends what it held", async () => {
    const onEvent = (event: QueueEvent) => void events.push(event);
    const variables = { OMNIQ_QUERY_BUDGET: "900" };
    worker = startWorker([curious], { onEvent }, variables, { queries: QUERIES.paid });
    await enqueue(100, "curious", { queries: 15 });
    await worker.tick();
    expect(worker.queries()).toEqual([expect.toSatisfy((queries) => queries > 800 && queries <= 900)]);
    expect(events.filter(({ type }) => type === "storage.failed" || type === "task.lost")).toEqual([]);
    expect((await statuses()).RUNNING).toBeUndefined();
    expect((await statuses()).SUCCESS).toBeGreaterThan(40);
  });
});
