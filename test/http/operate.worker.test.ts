import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { json, newTask, taskError } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const ran: string[] = [];
const note = defineTask("test.noop", { run: (_, { task }) => void ran.push(task.id) });
const { call, settled } = startWorker([note]);
const database = await openD1();
beforeEach(async () => {
  await database.clear();
  ran.length = 0;
});
afterEach(() => settled());

const NOW = Date.now();
const LATER = Date.parse("2999-01-01T00:00:00Z");
const storage = () => database.storage();
const cancel = (id: string) => call("POST", `/v1/tasks/${id}/cancel`);
const retry = (id: string) => call("POST", `/v1/tasks/${id}/retry`);

async function enqueued(overrides = {}) {
  const task = newTask({ eta: LATER, ...overrides });
  await storage().enqueueMany([task], NOW);
  return task.id;
}

async function claimed(overrides = {}) {
  await enqueued({ eta: NOW, ...overrides });
  const claim = await storage().dequeue(NOW);
  if (claim === null) throw new Error("expected a task to be due");
  return claim;
}

async function failed(overrides = {}) {
  const claim = await claimed(overrides);
  await storage().markFailed(claim, taskError(), "final", NOW);
  return claim.id;
}

describe("POST /v1/tasks/:id/cancel", () => {
  it("answers 200 with the task, which is then never run", async () => {
    const id = await enqueued({ eta: NOW });
    const { status, body } = await cancel(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, status: "CANCELLED", attempts: 0 });
    expect(await storage().dequeue(LATER)).toBeNull();
  });

  it("cancels what is RETRYING and what is RUNNING, at once", async () => {
    const claim = await claimed();
    await storage().markFailed(claim, taskError(), { retryAt: LATER }, NOW);
    expect((await cancel(claim.id)).body.status).toBe("CANCELLED");
    const running = await claimed();
    expect((await cancel(running.id)).body).toMatchObject({ status: "CANCELLED", leaseExpiresAt: null });
    await expect(storage().markDone(running, json(1), NOW)).rejects.toThrow("no longer holds the lease");
  });

  it("answers 409 for SUCCESS, FAILED and CANCELLED, and changes nothing", async () => {
    const done = await claimed();
    await storage().markDone(done, json(1), NOW);
    const cancelled = await enqueued();
    await cancel(cancelled);
    for (const [id, got] of [
      [done.id, "SUCCESS"],
      [await failed(), "FAILED"],
      [cancelled, "CANCELLED"],
    ]) {
      const before = (await call("GET", `/v1/tasks/${id}`)).body;
      const { status, body } = await cancel(`${id}`);
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "wrong_status", detail: expect.stringContaining(`got ${got}`) });
      expect((await call("GET", `/v1/tasks/${id}`)).body).toEqual(before);
    }
  });

  it("answers 404 where there is no such task", async () => {
    expect(await cancel(newTask().id)).toMatchObject({ status: 404, body: { code: "task_not_found" } });
  });
});

describe("POST /v1/tasks/:id/retry", () => {
  it("answers 200 with a PENDING task whose failures are forgotten, and starts it", async () => {
    const id = await failed();
    const { status, body } = await retry(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, status: "PENDING", failures: 0, attempts: 1, errors: [taskError()] });
    await settled();
    expect(ran).toEqual([id]);
    expect((await call("GET", `/v1/tasks/${id}/result`)).body).toMatchObject({
      status: "SUCCESS",
      attempts: 2,
    });
  });

  it("runs a CANCELLED task after all", async () => {
    const id = await enqueued();
    await cancel(id);
    expect((await retry(id)).body.status).toBe("PENDING");
  });

  it("deletes the old result", async () => {
    const id = await failed();
    expect((await call("GET", `/v1/tasks/${id}/result`)).status).toBe(200);
    await storage().retry(id, LATER);
    expect((await call("GET", `/v1/tasks/${id}/result`)).status).toBe(202);
    expect(await database.sql("SELECT * FROM results")).toEqual([]);
  });

  it("answers 409 for PENDING, RETRYING, RUNNING and SUCCESS", async () => {
    const done = await claimed();
    await storage().markDone(done, json(1), NOW);
    const retrying = await claimed();
    await storage().markFailed(retrying, taskError(), { retryAt: LATER }, NOW);
    const running = await claimed();
    for (const [id, got] of [
      [await enqueued(), "PENDING"],
      [retrying.id, "RETRYING"],
      [running.id, "RUNNING"],
      [done.id, "SUCCESS"],
    ]) {
      const { status, body } = await retry(`${id}`);
      expect(status).toBe(409);
      expect(body).toMatchObject({ code: "wrong_status", detail: expect.stringContaining(`got ${got}`) });
    }
  });

  it("answers 409 unique_conflict while another active task holds its unique key", async () => {
    const id = await failed({ uniqueKey: "nightly" });
    await enqueued({ uniqueKey: "nightly" });
    expect(await retry(id)).toMatchObject({ status: 409, body: { code: "unique_conflict" } });
    expect((await call("GET", `/v1/tasks/${id}`)).body.status).toBe("FAILED");
  });

  it("answers 404 where there is no such task", async () => {
    expect(await retry(newTask().id)).toMatchObject({ status: 404, body: { code: "task_not_found" } });
  });
});
