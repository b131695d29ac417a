import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, newTask, newTasks, taskError } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const ran: string[] = [];
const note = defineTask("test.noop", { run: (_, { task }) => void ran.push(task.id) });
const { binding, rows, reset } = counted(env.DB);
const { call, settled } = startWorker([note], { storage: () => d1Storage(binding) });
const database = await openD1();
beforeEach(async () => {
  await database.clear();
  ran.length = 0;
});
afterEach(() => settled());

const NOW = Date.now();
const ETA = Date.parse("2999-01-01T00:00:00Z");
const storage = () => database.storage();
const bulk = (body: object) => call("POST", "/v1/tasks/bulk", { json: body });
const count = async (query: string) => (await call("GET", `/v1/tasks/count${query}`)).body;

/** Dead letters, oldest first, that wait long once they are retried by {@link ETA}. */
async function failMany(number: number, overrides = {}, type = "Error") {
  const tasks = newTasks(number, { eta: NOW, ...overrides });
  await storage().enqueueMany(tasks, NOW);
  const claimed = await storage().claimMany({ now: NOW, limit: number, leaseExpiresAt: NOW + 60_000 });
  const failures = claimed.map((task) => ({ ...task, kind: "fail" as const, error: taskError({ type }) }));
  await storage().settleMany(failures, NOW);
  return tasks.map(({ id }) => id);
}

describe("POST /v1/tasks/bulk", () => {
  it("retries the dead letters that meet the filter, and starts them", async () => {
    const [id] = await failMany(1, {}, "TimeoutError");
    await failMany(2);
    const filter = { status: "FAILED", errorType: "TimeoutError" };
    const { status, body } = await bulk({ action: "retry", filter });
    expect({ status, body }).toEqual({
      status: 200,
      body: { changed: 1, skipped: 0, examined: 3, cursor: null },
    });
    await settled();
    expect(ran).toEqual([id]);
  });

  it("cancels, deletes, reschedules and changes, and counts what the status forbids as skipped", async () => {
    const tasks = newTasks(3, { eta: ETA, queue: "mail" });
    await storage().enqueueMany(tasks, NOW);
    const filter = { queue: "mail" };
    const done = { changed: 3, skipped: 0, examined: 3, cursor: null };
    const set = { priority: 1, queue: "mail" };
    expect((await bulk({ action: "change", filter, set })).body).toEqual(done);
    expect((await bulk({ action: "reschedule", filter, set: { delay: "2h" } })).body).toEqual(done);
    const { body } = await call("GET", `/v1/tasks/${tasks[0]?.id}`);
    expect(body).toMatchObject({ priority: 1 });
    expect(Number(body.eta)).toBeGreaterThanOrEqual(NOW + 7_200_000);
    expect((await bulk({ action: "delete", filter })).body).toEqual({ ...done, changed: 0, skipped: 3 });
    expect((await bulk({ action: "cancel", filter })).body).toEqual(done);
    expect((await bulk({ action: "delete", filter })).body).toEqual(done);
    expect((await count("")).count).toBe(0);
  });

  it("is taken up again by its cursor: every dead letter once, whatever was interrupted", async () => {
    await failMany(2_500, { timeout: 600_000 });
    const filter = { status: "FAILED" };
    let [changed, calls] = [0, 0];
    for (let cursor: unknown; cursor !== null; calls++) {
      const { body } = await bulk({ action: "retry", filter, cursor, pages: 1 });
      changed += Number(body.changed);
      ({ cursor } = body);
    }
    expect({ changed, calls }).toEqual({ changed: 2_500, calls: 3 });
  });

  it("of 5 pages sends 15 queries, and by itself no more than the Free plan's 50", async () => {
    await failMany(5_000, { timeout: 600_000 });
    reset();
    const { body } = await bulk({ action: "retry", filter: { status: "FAILED" } });
    expect(body).toMatchObject({ changed: 5_000, examined: 5_000 });
    await settled();
    expect(rows.queries).toBeGreaterThanOrEqual(15);
    expect(rows.queries).toBeLessThanOrEqual(50);
  });

  it("asks for { all: true } where every task is meant", async () => {
    await storage().enqueueMany(newTasks(2, { eta: ETA }), NOW);
    expect(await bulk({ action: "cancel", filter: {} })).toMatchObject({
      status: 400,
      body: { field: "filter", expected: "at least one condition, or { all: true } alone" },
    });
    expect((await bulk({ action: "cancel", filter: { all: true } })).body).toMatchObject({ changed: 2 });
  });

  it.each([
    [{ filter: { queue: "mail" } }, "action"],
    [{ action: "purge", filter: { queue: "mail" } }, "action"],
    [{ action: "cancel" }, "filter"],
    [{ action: "cancel", filter: { queu: "mail" } }, "filter.queu"],
    [{ action: "cancel", filter: { all: false } }, "filter.all"],
    [{ action: "cancel", filter: { queue: "mail" }, set: { eta: 7 } }, "set.eta"],
    [{ action: "reschedule", filter: { queue: "mail" } }, "set.eta"],
    [{ action: "change", filter: { queue: "mail" }, set: { priority: 10 } }, "set.priority"],
    [{ action: "cancel", filter: { queue: "mail" }, pages: 101 }, "pages"],
    [{ action: "cancel", filter: { queue: "mail" }, cursor: "7" }, "cursor"],
  ])("refuses %j, and names %s", async (body, field) => {
    expect(await bulk(body)).toMatchObject({ status: 400, body: { code: "invalid_input", field } });
  });
});

describe("GET /v1/tasks/count", () => {
  it("counts what meets the filter, page by page", async () => {
    await failMany(3, {}, "TypeError");
    await storage().enqueueMany(newTasks(1_200, { eta: ETA, queue: "a b" }), NOW);
    expect(await count("?status=FAILED&errorType=TypeError")).toEqual({
      count: 3,
      examined: 3,
      cursor: null,
    });
    expect(await count("")).toEqual({ count: 1_203, examined: 1_203, cursor: null });
    const first = await count("?queue=a%20b&pages=1");
    expect(first).toMatchObject({ count: 997, examined: 1_000 });
    expect(await count(`?queue=a%20b&cursor=${first.cursor}`)).toMatchObject({ count: 203, cursor: null });
    expect(await count(`?createdAfter=${NOW + 1}`)).toMatchObject({ count: 0 });
    expect((await count("?queu=a")).field).toBe("queu");
    expect((await count("?pages=0")).field).toBe("pages");
  });
});

describe("one task", () => {
  async function waiting() {
    const task = newTask({ eta: ETA });
    await storage().enqueueMany([task], NOW);
    return task.id;
  }

  it("POST /v1/tasks/:id/run answers 200 with the task, and starts it", async () => {
    const id = await waiting();
    expect(await call("POST", `/v1/tasks/${id}/run`)).toMatchObject({ status: 200, body: { id } });
    await settled();
    expect(ran).toEqual([id]);
    const again = await call("POST", `/v1/tasks/${id}/run`);
    expect(again).toMatchObject({ status: 409, body: { code: "wrong_status" } });
  });

  it("POST /v1/tasks/:id/reschedule takes an eta or a delay", async () => {
    const id = await waiting();
    const reschedule = (body: object) => call("POST", `/v1/tasks/${id}/reschedule`, { json: body });
    expect((await reschedule({ eta: "2998-01-01T00:00:00Z" })).body).toMatchObject({
      eta: Date.parse("2998-01-01T00:00:00Z"),
    });
    expect(Number((await reschedule({ delay: "1h" })).body.eta)).toBeGreaterThanOrEqual(NOW + 3_600_000);
    expect(await reschedule({})).toMatchObject({ status: 400, body: { field: "eta" } });
    expect(await reschedule({ eta: 7, delay: 7 })).toMatchObject({ status: 400, body: { field: "delay" } });
    await storage().cancel(id, NOW);
    expect((await reschedule({ delay: "1h" })).status).toBe(409);
  });

  it("PATCH /v1/tasks/:id changes the priority and the queue", async () => {
    const id = await waiting();
    const patch = (body: object) => call("PATCH", `/v1/tasks/${id}`, { json: body });
    expect(await patch({ priority: 0 })).toMatchObject({ status: 200, body: { id, priority: 0 } });
    expect((await patch({ queue: "mail" })).body).toMatchObject({ priority: 0, queue: "mail", eta: ETA });
    expect(await patch({})).toMatchObject({ status: 400, body: { field: "priority" } });
    expect(await patch({ eta: 7 })).toMatchObject({ status: 400, body: { field: "eta" } });
    await storage().cancel(id, NOW);
    expect((await patch({ priority: 1 })).status).toBe(409);
  });

  it("DELETE /v1/tasks/:id answers 204, and takes the result with it", async () => {
    const task = newTask({ eta: NOW });
    await storage().enqueueMany([task], NOW);
    const claim = await storage().dequeue(NOW);
    expect((await call("DELETE", `/v1/tasks/${task.id}`)).status).toBe(409);
    if (claim !== null) await storage().markDone(claim, json(1), NOW);
    expect(await call("DELETE", `/v1/tasks/${task.id}`)).toMatchObject({ status: 204, text: "" });
    expect((await call("GET", `/v1/tasks/${task.id}/result`)).status).toBe(404);
    expect((await call("DELETE", `/v1/tasks/${task.id}`)).status).toBe(404);
    expect(await database.sql("SELECT * FROM results")).toEqual([]);
  });

  it("GET /v1/tasks is filtered by schedule and by the task that enqueued them", async () => {
    const [parent, id] = [await waiting(), await waiting()];
    await database.sql("UPDATE tasks SET parent_id = ?1, schedule = 'nightly' WHERE id = ?2", parent, id);
    for (const query of [`parentId=${parent}`, "schedule=nightly", `parentId=${parent}&schedule=nightly`]) {
      expect((await call("GET", `/v1/tasks?${query}`)).body).toMatchObject({ tasks: [{ id }], cursor: null });
    }
    expect((await call("GET", "/v1/tasks?schedule=hourly")).body).toMatchObject({ tasks: [] });
    expect((await call("GET", "/v1/tasks?parentId=7")).body).toMatchObject({ field: "parentId" });
  });
});
