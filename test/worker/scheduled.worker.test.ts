import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { StorageRejected } from "../../src/core/errors.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Driver } from "../../src/storage/d1.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { openD1 } from "../support/d1.ts";
import { type Fault, FaultyDriver } from "../support/faulty.ts";
import { QUERIES } from "../support/production.ts";
import { json, newTask, newTasks, taskError } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const ran: string[] = [];
const note = defineTask("note", { run: (_, { task }) => void ran.push(task.id) });
const slow = defineTask("slow", {
  run: async (_, { task }) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    ran.push(task.id);
  },
});

const database = await openD1();
const storage = () => database.storage();
beforeEach(async () => {
  await database.clear();
  ran.length = 0;
});

const start = (options = {}, variables = {}) =>
  startWorker(
    [note, slow],
    { cronDeadline: 1_000, ...options },
    { OMNIQ_QUERY_BUDGET: "900", ...variables },
    { queries: QUERIES.paid },
  );
const refused: Fault = async () => {
  throw new StorageRejected("no");
};
/** Its first call, that of the purge, is refused. */
const refusedOnce = ({ DB }: { DB: D1Database }) =>
  new SqliteStorage(new FaultyDriver(d1Driver(DB), [refused]));
const statuses = async () => {
  const rows = await database.sql("SELECT status, count(*) AS n FROM tasks GROUP BY status ORDER BY status");
  return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
};

describe("a cron tick", () => {
  it("drains what is due, by eta, and leaves the rest", async () => {
    const now = Date.now();
    const due = [newTask({ funcPath: "note", eta: now - 1 }), newTask({ funcPath: "note", eta: now - 2 })];
    await storage().enqueueMany([...due, newTask({ funcPath: "note", eta: now + 3_600_000 })], now);
    await start().tick();
    expect(ran).toEqual([due[1]?.id, due[0]?.id]);
    expect(await statuses()).toEqual({ PENDING: 1, SUCCESS: 2 });
  });

  it("lingers: what comes due before its deadline starts at its eta", async () => {
    const { tick, call } = start({ cronDeadline: 2_500 });
    const ticking = tick();
    const { body } = await call("POST", "/v1/tasks", { json: { funcPath: "note", delay: 1_500 } });
    await ticking;
    const [row] = await database.sql(
      "SELECT status, eta, last_attempt_at FROM tasks WHERE id = ?1",
      `${body.id}`,
    );
    expect(row?.status).toBe("SUCCESS");
    expect(Number(row?.last_attempt_at)).toBeGreaterThanOrEqual(Number(row?.eta));
  });

  it("lingers: what another enqueues meanwhile is run too", async () => {
    const ticking = start({ cronDeadline: 2_500 }).tick();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await storage().enqueueMany([newTask({ funcPath: "note", eta: Date.now() })], Date.now());
    await ticking;
    expect(await statuses()).toEqual({ SUCCESS: 1 });
  });

  it("ends at its deadline with nothing in flight, and the next one goes on", async () => {
    const tasks = newTasks(60, { funcPath: "slow", eta: Date.now() - 1 });
    await storage().enqueueMany(tasks, Date.now());
    const { tick } = start();
    await tick();
    const first = await statuses();
    expect(first.RUNNING).toBeUndefined();
    expect(first.PENDING).toBeGreaterThan(0);
    expect(first.SUCCESS).toBeGreaterThan(0);
    for (let ticks = 0; ran.length < 60 && ticks < 20; ticks++) await tick();
    expect(await statuses()).toEqual({ SUCCESS: 60 });
    expect(new Set(ran).size).toBe(60);
  });

  it("rescues a task whose lease expired, and runs it from quarantine", async () => {
    const now = Date.now();
    const [task] = newTasks(1, { funcPath: "note", eta: now - 10_000 });
    if (task === undefined) throw new Error("expected a task");
    await storage().enqueueMany([task], now - 10_000);
    await storage().claimMany({ now: now - 10_000, limit: 1, leaseExpiresAt: now - 1 });
    await start().tick();
    expect(ran).toEqual([task.id]);
    expect(await storage().getTask(task.id)).toMatchObject({
      status: "SUCCESS",
      attempts: 2,
      failures: 0,
      errors: [{ type: "LeaseExpiredError", attempt: 1 }],
    });
  });

  it("overlapping with others runs each task once", async () => {
    const tasks = newTasks(100, { funcPath: "note", eta: Date.now() - 1 });
    await storage().enqueueMany(tasks, Date.now());
    const { tick } = start();
    await Promise.all([tick(), tick(), start().tick()]);
    expect([...ran].sort()).toEqual(tasks.map(({ id }) => id));
    expect(await statuses()).toEqual({ SUCCESS: 100 });
    const [row] = await database.sql("SELECT max(attempts) AS most FROM tasks");
    expect(row?.most).toBe(1);
  });

  it("drains even where the purge fails", async () => {
    const now = Date.now();
    await storage().enqueueMany([newTask({ funcPath: "note", eta: now })], now);
    await start({ storage: refusedOnce }).tick();
    expect(await statuses()).toEqual({ SUCCESS: 1 });
  });

  it("drains even where the purge fails and the listener with it", async () => {
    const now = Date.now();
    await storage().enqueueMany([newTask({ funcPath: "note", eta: now })], now);
    const events: string[] = [];
    const onEvent = ({ type }: { type: string }) => {
      events.push(type);
      throw new Error("a listener's own fault");
    };
    await start({ storage: refusedOnce, onEvent }).tick();
    expect(events).toEqual(["storage.failed", "task.started", "task.succeeded"]);
    expect(await statuses()).toEqual({ SUCCESS: 1 });
  });

  it("runs a task with the longest timeout that is accepted, and an enqueue accepts no longer one", async () => {
    const { tick, call } = start({}, { OMNIQ_DEFAULT_TIMEOUT: "14m", OMNIQ_QUERY_BUDGET: "45" });
    const post = (options: object) => call("POST", "/v1/tasks", { json: { funcPath: "note", ...options } });
    // After the kick, which has no time for it.
    for (const options of [{}, { timeout: "14m" }]) expect((await post(options)).status).toBe(201);
    expect((await post({ timeout: "14.01m" })).status).toBe(400);
    await tick();
    expect(await statuses()).toEqual({ SUCCESS: 2 });
  });

  it("has queries to claim by at the least OMNIQ_QUERY_BUDGET, beside a purge", async () => {
    const now = Date.now();
    await storage().enqueueMany([newTask({ funcPath: "note", eta: now })], now);
    await start({}, { OMNIQ_QUERY_BUDGET: "20" }).tick();
    expect(await statuses()).toEqual({ SUCCESS: 1 });
  });

  it("fails where the database is not migrated, saying what to run, and works once it is", async () => {
    const { tick } = startWorker([note], { cronDeadline: 100 }, { DB: env.RESULTS_DB });
    await expect(tick()).rejects.toThrow("wrangler d1 migrations apply");
    await openD1(env.RESULTS_DB);
    await expect(tick()).resolves.toBeUndefined();
  });

  it("stops with a bad variable: the message names it, its value and what was expected", async () => {
    const { tick } = start({}, { OMNIQ_RESULT_TTL: "a week" });
    await expect(tick()).rejects.toThrow(/expected OMNIQ_RESULT_TTL to be a duration .*, got "a week"/);
  });
});

describe("a cron tick purges", () => {
  const DAY = 86_400_000;
  const now = Date.now();
  const old = (index: number) => `018f0000-06bb-7e37-a6ed-00000000000${index}`;

  /** Finished so many days ago: two SUCCESS, one CANCELLED, one FAILED. */
  async function finish(days: number) {
    const at = now - days * DAY;
    await storage().enqueueMany(
      [1, 2, 3, 4].map((index) => newTask({ id: old(index), eta: 0 })),
      at,
    );
    const claims = await storage().claimMany({ now: at, limit: 4, leaseExpiresAt: at + 1_000 });
    for (const claim of claims) {
      if (claim.id === old(3)) await storage().cancel(claim.id, at);
      else if (claim.id === old(4)) await storage().markFailed(claim, taskError(), "final", at);
      else await storage().markDone(claim, json(1), at);
    }
  }
  const purge = (variables = {}) => start({ cronDeadline: 50 }, variables).tick();

  it("what ended 7 days ago, FAILED after 30, with the results", async () => {
    await finish(6);
    await purge();
    expect(await statuses()).toEqual({ CANCELLED: 1, FAILED: 1, SUCCESS: 2 });
    await database.clear();
    await finish(8);
    await purge();
    expect(await statuses()).toEqual({ FAILED: 1 });
    expect(await database.sql("SELECT status FROM results")).toEqual([{ status: "FAILED" }]);
    await database.clear();
    await finish(31);
    await purge();
    expect(await statuses()).toEqual({});
    expect(await database.sql("SELECT status FROM results")).toEqual([]);
  });

  it("by OMNIQ_RESULT_TTL", async () => {
    await finish(3);
    await purge({ OMNIQ_RESULT_TTL: "2d" });
    expect(await statuses()).toEqual({ FAILED: 1 });
    await database.clear();
    await finish(31);
    await purge({ OMNIQ_RESULT_TTL: "60d" });
    expect(await statuses()).toEqual({ CANCELLED: 1, FAILED: 1, SUCCESS: 2 });
  });

  it("once an hour", async () => {
    await purge();
    await finish(8);
    await purge();
    expect(await statuses()).toEqual({ CANCELLED: 1, FAILED: 1, SUCCESS: 2 });
    await database.sql("UPDATE maintenance SET due_at = due_at - 3600001");
    await purge();
    expect(await statuses()).toEqual({ FAILED: 1 });
  });

  it("idempotency keys of more than a day", async () => {
    const insert =
      "INSERT INTO idempotency_keys (api_key, key, fingerprint, task_ids, created_at) VALUES ('a', ?1, '', '[]', ?2)";
    await database.sql(insert, "old", now - DAY - 60_000);
    await database.sql(insert, "new", now - DAY + 60_000);
    await purge();
    expect(await database.sql("SELECT key FROM idempotency_keys")).toEqual([{ key: "new" }]);
  });
});
