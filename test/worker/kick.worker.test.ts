import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StorageRejected } from "../../src/core/errors.ts";
import type { QueueEvent } from "../../src/core/events.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Driver } from "../../src/storage/d1.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { counted, openD1 } from "../support/d1.ts";
import { FaultyDriver } from "../support/faulty.ts";
import { fastForward } from "../support/time.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";

const ran: string[] = [];
const note = defineTask("note", { run: (_, { task }) => void ran.push(task.id) });
const fail = defineTask("fail", {
  run: () => {
    throw new Error("boom");
  },
});
const stuck = defineTask("stuck", { timeout: "27s", run: () => new Promise(() => {}) });

const database = await openD1();
let worker: TestWorker;
beforeEach(async () => {
  await database.clear();
  ran.length = 0;
  worker = startWorker([note, fail, stuck], { cronDeadline: 500 });
});
afterEach(() => worker.settled());

const post = (json: unknown) => worker.call("POST", "/v1/tasks", { json });
const get = async (id: unknown) => (await worker.call("GET", `/v1/tasks/${id}`)).body;

describe("the kick after an enqueue", () => {
  it("runs a task that is due now before waitUntil ends", async () => {
    const { status, body } = await post({ funcPath: "note" });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: "PENDING", attempts: 0 });
    await worker.settled();
    expect(ran).toEqual([body.id]);
    expect(await get(body.id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
  });

  it("runs a batch", async () => {
    const { body } = await worker.call("POST", "/v1/tasks/batch", {
      json: { tasks: Array.from({ length: 30 }, () => ({ funcPath: "note" })) },
    });
    await worker.settled();
    expect([...ran].sort()).toEqual(body.ids);
  });

  it("leaves a failed task to its backoff", async () => {
    const { body } = await post({ funcPath: "fail" });
    await worker.settled();
    const task = await get(body.id);
    expect(task).toMatchObject({
      status: "RETRYING",
      attempts: 1,
      failures: 1,
      errors: [{ message: "boom" }],
    });
    expect(task.eta).toBeGreaterThanOrEqual(Number(body.createdAt) + 2_000);
  });

  it("leaves a task whose timeout does not fit to cron", async () => {
    const { body } = await post({ funcPath: "note", timeout: "1m" });
    await worker.settled();
    expect(await get(body.id)).toMatchObject({ status: "PENDING", attempts: 0 });
    await worker.tick();
    expect(await get(body.id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
  });

  it("also runs what is enqueued within the second in which no other kick starts", async () => {
    const first = await post({ funcPath: "note" });
    await new Promise((resolve) => setTimeout(resolve, 700));
    const second = await post({ funcPath: "note" });
    await worker.settled();
    expect(ran).toEqual([first.body.id, second.body.id]);
  });

  it("is not started for a task that is not due, nor for a duplicate", async () => {
    const { binding, rows } = counted(env.DB);
    worker = startWorker([note], {}, { DB: binding });
    const { body } = await post({ funcPath: "note", delay: "1h", uniqueKey: "nightly" });
    await worker.settled();
    // The cancel of what holds its unique key and is over, the insert, and the look for who holds the key.
    expect(rows.queries).toBe(3);
    await post({ funcPath: "note", uniqueKey: "nightly" });
    await worker.settled();
    expect(await get(body.id)).toMatchObject({ status: "PENDING" });
    expect(ran).toEqual([]);
  });

  it("keeps to the Worker's queues", async () => {
    worker = startWorker([note], { queues: ["mail"] });
    const other = await post({ funcPath: "note" });
    const mail = await post({ funcPath: "note", queue: "mail" });
    await worker.settled();
    expect(ran).toEqual([mail.body.id]);
    expect(await get(other.body.id)).toMatchObject({ status: "PENDING" });
  });

  it("takes nothing from a request whose task it cannot run: the answer is 201, the error an event", async () => {
    const events: QueueEvent[] = [];
    const refused = async () => {
      throw new StorageRejected("no");
    };
    // The request has a session of its own, which the faults leave alone.
    const storage = ({ DB }: { DB: D1Database }) =>
      new SqliteStorage(new FaultyDriver(d1Driver(DB), [refused]));
    worker = startWorker([note], { storage, onEvent: (event) => events.push(event) });
    const { status } = await post({ funcPath: "note" });
    await worker.settled();
    expect(status).toBe(201);
    expect(events).toMatchObject([
      { type: "task.enqueued" },
      { type: "storage.failed", during: "kick", error: expect.any(StorageRejected) },
    ]);
  });

  it("has ended, and released or settled its tasks, before the platform ends it 30 s after the response", async () => {
    const { body } = await post({ funcPath: "note" });
    await worker.settled();
    await database.sql(
      "UPDATE tasks SET func_path = 'stuck', status = 'PENDING', timeout = 27000 WHERE id = ?1",
      `${body.id}`,
    );
    const { milliseconds } = await fastForward(async () => {
      await post({ funcPath: "note" });
      await worker.settled();
    }, 60_000);
    expect(milliseconds).toBeGreaterThan(25_000);
    expect(milliseconds).toBeLessThanOrEqual(29_000);
    expect(await get(body.id)).toMatchObject({ status: "RETRYING", errors: [{ type: "TaskTimeoutError" }] });
  });
});
