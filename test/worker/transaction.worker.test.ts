import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { runWorker } from "../support/worker.ts";

/** An app with a `tasks` table of its own; ours came in by `omniq migrations --prefix omniq_`. */
await applyD1Migrations(env.DB, env.APP_MIGRATIONS);

const receipts: unknown[] = [];
const sendReceipt = defineTask<{ order: string }>("receipt.send", {
  run: ({ order }) => {
    receipts.push(order);
    return { sent: order };
  },
});
const worker = createWorker({
  storage: ({ DB }: { DB: D1Database }) => d1Storage(DB, { tablePrefix: "omniq_" }),
  tasks: [sendReceipt],
  cronDeadline: 300,
});
const bindings = { DB: env.DB, OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none" };
const { call, invoke, settled, tick } = runWorker(worker, bindings);

const insertOrder = (DB: D1Database, id: string, total: number) =>
  DB.prepare("INSERT INTO orders (id, total) VALUES (?1, ?2)").bind(id, total);
const rows = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;

beforeEach(async () => {
  receipts.length = 0;
  for (const table of ["tasks", "orders", "omniq_tasks", "omniq_results"])
    await env.DB.exec(`DELETE FROM ${table}`);
});

describe("an app with migrations and a tasks table of its own", () => {
  it("takes ours in with a prefix, and nothing touches its own table", async () => {
    await env.DB.exec("INSERT INTO tasks (id, title) VALUES (7, 'water the plants')");
    expect((await call("GET", "/healthz")).status).toBe(200);
    const posted = await call("POST", "/v1/tasks", {
      json: { funcPath: "receipt.send", kwargs: { order: "a" } },
    });
    expect(posted.status).toBe(201);
    await settled();
    expect(receipts).toEqual(["a"]);
    expect((await call("GET", `/v1/tasks/${posted.body.id}/result`)).body).toMatchObject({
      result: { sent: "a" },
    });
    expect((await call("GET", "/v1/tasks?status=SUCCESS")).body).toMatchObject({
      tasks: [{ id: posted.body.id }],
    });
    expect((await call("PUT", "/v1/queues/mail", { json: { paused: true } })).status).toBe(200);
    expect((await call("DELETE", "/v1/results?olderThan=0s")).status).toBe(200);
    await tick();
    expect(await rows("tasks")).toEqual([{ id: 7, title: "water the plants", done: 0 }]);
  });

  it("says what is missing under the prefix's names", async () => {
    const other = createWorker({
      storage: ({ DB }: typeof bindings) => d1Storage(DB, { tablePrefix: "other_" }),
      tasks: [],
    });
    const answer = await runWorker(other, bindings).call("GET", "/healthz");
    expect(answer.status).toBe(503);
    expect(answer.body.detail).toContain("it lacks other_tasks, other_results");
  });
});

describe("queue.statements in the app's own env.DB.batch", () => {
  it("commits an order and its task together, and queue.kick starts it", async () => {
    await invoke(async (own, context) => {
      const queue = worker.queueFor(own);
      const statements = await queue.statements(sendReceipt, { order: "a" });
      await own.DB.batch([insertOrder(own.DB, "a", 10), ...statements]);
      expect(await rows("orders")).toHaveLength(1);
      expect(await rows("omniq_tasks")).toMatchObject([
        { func_path: "receipt.send", status: "PENDING", kwargs: '{"order":"a"}' },
      ]);
      queue.kick(context);
    });
    await settled();
    expect(receipts).toEqual(["a"]);
  });

  it("rolls the task back where the order is refused, before or after it", async () => {
    await invoke(async (own) => {
      const order = insertOrder(own.DB, "b", -1);
      const statements = await worker.queueFor(own).statements(sendReceipt, { order: "b" });
      await expect(own.DB.batch([order, ...statements])).rejects.toThrow("CHECK constraint");
      await expect(own.DB.batch([...statements, order])).rejects.toThrow("CHECK constraint");
    });
    expect(await rows("orders")).toEqual([]);
    expect(await rows("omniq_tasks")).toEqual([]);
    await tick();
    expect(receipts).toEqual([]);
  });

  it("enqueues nothing twice: a unique key that is taken adds no task, and the order stands", async () => {
    const options = { uniqueKey: "receipt:c", delay: "1h" };
    for (const id of ["c", "d"]) {
      await invoke(async (own) => {
        const statements = await worker.queueFor(own).statements(sendReceipt, { order: "c" }, options);
        await own.DB.batch([insertOrder(own.DB, id, 1), ...statements]);
      });
    }
    expect(await rows("orders")).toHaveLength(2);
    expect(await rows("omniq_tasks")).toHaveLength(1);
  });

  it("checks the payload before there is a statement", async () => {
    const queue = worker.queueFor(bindings);
    await expect(queue.statements(sendReceipt, { order: "\ud800" })).rejects.toThrow("kwargs.order");
    await expect(queue.statements(sendReceipt, { order: "e" }, { delay: -1 })).rejects.toThrow("delay");
  });
});
