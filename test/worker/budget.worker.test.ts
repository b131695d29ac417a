import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { d1Driver, d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, newTask, newTasks } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

/** What D1 allows one invocation on the Free plan; our default budget is 45. */
const ALLOWED = 50;

const ran: string[] = [];
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
const tasks = [
  defineTask("note", { run: async (_, { task }) => pause().then(() => void ran.push(task.id)) }),
  defineTask("large", { run: () => "x".repeat(900_000) }),
];

const sink = counted(env.DB);
const database = await openD1();
await openD1(env.RESULTS_DB);
const storage = () => database.storage();
let worker = startWorker(tasks);
beforeEach(async () => {
  await database.clear();
  ran.length = 0;
  worker = startWorker(tasks, { cronDeadline: 2_000 }, { DB: sink.binding });
  sink.reset();
});
afterEach(() => worker.settled());

const unfinished = async () => {
  const [row] = await database.sql("SELECT count(*) AS n FROM tasks WHERE status = 'RUNNING'");
  return row?.n;
};

describe("one invocation sends at most 50 queries", () => {
  it("an enqueue with its kick, whatever else is due", async () => {
    await storage().enqueueMany(newTasks(500, { funcPath: "note", eta: Date.now() - 1 }), Date.now());
    await worker.call("POST", "/v1/tasks", { json: { funcPath: "note" } });
    await worker.settled();
    expect(ran.length).toBeGreaterThan(20);
    expect(sink.rows.queries).toBeGreaterThan(35);
    expect(sink.rows.queries).toBeLessThanOrEqual(ALLOWED);
    expect(await unfinished()).toBe(0);
  });

  it("a cron tick with a large backlog", async () => {
    await storage().enqueueMany(newTasks(500, { funcPath: "note", eta: Date.now() - 1 }), Date.now());
    await worker.tick();
    expect(ran.length).toBeGreaterThan(20);
    expect(sink.rows.queries).toBeGreaterThan(35);
    expect(sink.rows.queries).toBeLessThanOrEqual(ALLOWED);
    expect(await unfinished()).toBe(0);
  });

  it("a cron tick that purges, rescues and drains, with results of nearly 1 MB", async () => {
    const DAY = 86_400_000;
    const long = Date.now() - 90 * DAY;
    const ended = newTasks(2_500, { eta: 0 }).map((task, index) => ({
      ...task,
      id: `018f0000-06bb-7e37-a6ed-${index.toString(16).padStart(12, "0")}`,
    }));
    await storage().enqueueMany(ended, long);
    const claims = await storage().claimMany({ now: long, limit: 2_500, leaseExpiresAt: long + 1_000 });
    await storage().settleMany(
      claims.map((claim) => ({ ...claim, kind: "done" as const, result: json(1) })),
      long,
    );
    await storage().enqueueMany(newTasks(120, { funcPath: "note", eta: 0, maxRetries: 0 }), Date.now());
    await storage().claimMany({ now: Date.now(), limit: 120, leaseExpiresAt: Date.now() - 1 });
    // Their worker died a second time: none of them is run again before what is due.
    await database.sql("UPDATE tasks SET held = 1 WHERE status = 'RUNNING'");
    await storage().enqueueMany(newTasks(100, { funcPath: "large", eta: 0 }), Date.now());
    sink.reset();
    await worker.tick();
    const [row] = await database.sql(
      "SELECT count(*) AS n FROM results WHERE status = 'SUCCESS' AND length(result) > 900000",
    );
    expect(row?.n).toBeGreaterThan(5);
    expect(sink.rows.queries).toBeGreaterThan(35);
    expect(sink.rows.queries).toBeLessThanOrEqual(ALLOWED);
    expect(await unfinished()).toBe(0);
  });

  it("with the results in a second database, whose queries count too", async () => {
    const results = counted(env.RESULTS_DB);
    worker = startWorker(
      tasks,
      {
        cronDeadline: 2_000,
        storage: ({ DB, RESULTS_DB }) => d1Storage(DB, { results: RESULTS_DB && d1Driver(RESULTS_DB) }),
      },
      { DB: sink.binding, RESULTS_DB: results.binding },
    );
    await storage().enqueueMany(newTasks(500, { funcPath: "note", eta: Date.now() - 1 }), Date.now());
    await worker.tick();
    expect(ran.length).toBeGreaterThan(20);
    expect(results.rows.queries).toBeGreaterThan(5);
    expect(sink.rows.queries + results.rows.queries).toBeLessThanOrEqual(ALLOWED);
    expect(await unfinished()).toBe(0);
  });

  it("the largest batch, with ids and an Idempotency-Key", async () => {
    const args = ["x".repeat(200_000)];
    const members = newTasks(39, { funcPath: "note" }).map((_, index) => {
      const id = `018f0000-06bb-7e37-a6ed-${index.toString(16).padStart(12, "0")}`;
      return { funcPath: "note", args, id };
    });
    const headers = { "idempotency-key": "large" };
    const { status } = await worker.call("POST", "/v1/tasks/batch", { json: { tasks: members }, headers });
    await worker.settled();
    expect(status).toBe(201);
    expect(sink.rows.queries).toBeLessThanOrEqual(ALLOWED);
  });

  it("a purge by hand", async () => {
    const ended = newTasks(6_000, { eta: 0 }).map((task, index) => ({
      ...task,
      id: `018f0000-06bb-7e37-a6ed-${index.toString(16).padStart(12, "0")}`,
    }));
    await storage().enqueueMany(ended, 0);
    await database.sql("UPDATE tasks SET status = 'CANCELLED'");
    sink.reset();
    expect((await worker.call("DELETE", "/v1/results?olderThan=1d")).body.purged).toBe(5_000);
    expect(sink.rows.queries).toBeLessThanOrEqual(ALLOWED);
  });
});

describe("OMNIQ_QUERY_BUDGET", () => {
  it.each([20, 40])("of %d holds a tick to so many queries, and tasks run all the same", async (budget) => {
    worker = startWorker(tasks, { cronDeadline: 500 }, { DB: sink.binding, OMNIQ_QUERY_BUDGET: `${budget}` });
    await storage().enqueueMany(newTasks(20, { funcPath: "note", eta: Date.now() - 1 }), Date.now());
    await worker.tick();
    expect(sink.rows.queries).toBeLessThanOrEqual(budget);
    // The first tick of an hour also purges.
    sink.reset();
    await worker.tick();
    expect(sink.rows.queries).toBeLessThanOrEqual(budget);
    expect(ran.length).toBeGreaterThan(0);
    expect(await unfinished()).toBe(0);
  });
});

describe("the least OMNIQ_QUERY_BUDGET", () => {
  it("suffices to rescue, to run what was rescued and the rest, beside a purge and with a second database", async () => {
    const results = counted(env.RESULTS_DB);
    const options = {
      cronDeadline: 300,
      storage: ({ DB, RESULTS_DB }: { DB: D1Database; RESULTS_DB?: D1Database }) =>
        d1Storage(DB, { results: RESULTS_DB && d1Driver(RESULTS_DB) }),
    };
    const bindings = { DB: sink.binding, RESULTS_DB: results.binding, OMNIQ_QUERY_BUDGET: "20" };
    worker = startWorker(tasks, options, bindings);
    const ended = newTasks(9_000, { eta: 0 }).map((task, index) => ({
      ...task,
      id: `018f0000-06bb-7e37-a6ed-${index.toString(16).padStart(12, "0")}`,
    }));
    await storage().enqueueMany(ended, 0);
    await database.sql("UPDATE tasks SET status = 'CANCELLED'");
    await storage().enqueueMany(newTasks(5, { funcPath: "note", eta: 0 }), Date.now());
    await storage().claimMany({ now: Date.now(), limit: 5, leaseExpiresAt: Date.now() - 1 });
    await storage().enqueueMany(newTasks(10, { funcPath: "note", eta: 0 }), Date.now());
    for (let ticks = 1; ran.length < 15; ticks++) {
      expect(ticks).toBeLessThan(20);
      sink.reset();
      results.reset();
      await worker.tick();
      expect(sink.rows.queries + results.rows.queries).toBeLessThanOrEqual(20);
      expect(await unfinished()).toBe(0);
    }
  });
});

describe("an idle tick", () => {
  it("writes nothing but its turn to purge, and polls about once a second", async () => {
    worker = startWorker(tasks, { cronDeadline: 3_000 }, { DB: sink.binding });
    await storage().enqueueMany([newTask({ eta: Date.now() + 3_600_000 })], Date.now());
    await worker.tick();
    sink.reset();
    await worker.tick();
    expect(sink.rows.written).toBe(0);
    expect(sink.rows.queries).toBeLessThanOrEqual(12);
  });
});
