import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
beforeEach(() => database.clear());

const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
const post = (json: unknown, headers = {}) => call("POST", "/v1/tasks", { json, headers });
const batch = (members: readonly unknown[]) => call("POST", "/v1/tasks/batch", { json: { tasks: members } });
const count = async () => (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n;

describe("unique tasks over HTTP", () => {
  it("answers 200 with the task of the same payload and duplicate: true, and 201 for another payload", async () => {
    const first = await post({ ...later, unique: {} });
    expect(first.status).toBe(201);
    expect(first.body.uniqueKey).toMatch(/^sample\.add:[0-9a-f]{64}$/);
    const again = await post({ ...later, unique: {} });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
    expect((await post({ ...later, kwargs: { a: 1, b: 3 }, unique: {} })).status).toBe(201);
    expect((await post({ ...later, kwargs: { a: 1, b: 3 }, unique: { by: ["kwargs.b"] } })).status).toBe(201);
    expect((await post({ ...later, kwargs: { a: 9, b: 3 }, unique: { by: ["kwargs.b"] } })).status).toBe(200);
  });

  it("answers 409 unique_conflict where a conflict is rejected, and stores nothing of a batch", async () => {
    const unique = { onConflict: "reject" };
    const first = await post({ ...later, unique });
    const again = await post({ ...later, unique });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      code: "unique_conflict",
      detail: expect.stringContaining(String(first.body.id)),
    });
    expect((await batch([later, { ...later, unique }])).status).toBe(409);
    expect(await count()).toBe(1);
  });

  it("answers 200 with replaced: true and the new payload where the task that waits is replaced", async () => {
    const request = (b: number) => ({
      ...later,
      kwargs: { a: 1, b },
      unique: { by: ["kwargs.a"], onConflict: "replace" },
    });
    const first = await post(request(2));
    const again = await post(request(3));
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({
      id: first.body.id,
      kwargs: { a: 1, b: 3 },
      eta: first.body.eta,
      duplicate: true,
      replaced: true,
    });
    const { status, body } = await batch([request(4), request(5)]);
    expect(status).toBe(201);
    expect(body).toEqual({
      ids: [first.body.id, first.body.id],
      duplicates: [first.body.id, first.body.id],
      replaced: [first.body.id, first.body.id],
    });
  });

  it("moves the eta of a debounced task", async () => {
    const request = (delay: string) => ({ ...later, delay, unique: { debounce: "2h" } });
    const first = await post(request("1h"));
    const again = await post(request("90m"));
    expect(again.body).toMatchObject({ id: first.body.id, replaced: true });
    expect(Number(again.body.eta)).toBeGreaterThan(Number(first.body.eta));
    const last = await post(request("1d"));
    expect(last.body.eta).toBe(Number(first.body.createdAt) + 7_200_000);
  });

  it("takes one task within a time, and answers with it after its end", async () => {
    const request = { ...later, unique: { within: "1d" } };
    const first = await post(request);
    await call("POST", `/v1/tasks/${first.body.id}/cancel`);
    const again = await post(request);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: first.body.id, status: "CANCELLED", duplicate: true });
  });

  it("goes with an Idempotency-Key, which repeats the answer", async () => {
    const unique = { onConflict: "reject" };
    const headers = { "idempotency-key": "order-7" };
    const first = await post({ ...later, unique }, headers);
    const again = await post({ ...later, unique }, headers);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
  });

  it.each([
    ["unique", { unique: [] }],
    ["unique", { unique: "yes" }],
    ["unique.by", { unique: { by: "kwargs.a" } }],
    ["unique.by[0]", { unique: { by: ["result"] } }],
    ["unique.while", { unique: { while: "running" } }],
    ["unique.within", { unique: { within: "soon" } }],
    ["unique.onConflict", { unique: { onConflict: "throw" } }],
    ["unique.onConflict", { unique: { onConflict: "ignore", debounce: "1h" } }],
    ["unique.for", { unique: { for: "1h" } }],
  ])("answers 400 naming %s", async (field, given) => {
    const { status, body } = await post({ ...later, ...given });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid_input", field });
    expect(await count()).toBe(0);
  });

  it("shows who may only enqueue nothing of a task that it met, but its own payload", async () => {
    const keys = `one:enqueue:${await sha256("first")}`;
    const { call: send } = startWorker(tasks, {}, { OMNIQ_AUTH: "keys", OMNIQ_KEYS: keys });
    const headers = { authorization: "Bearer first" };
    const postAs = (b: number) =>
      send("POST", "/v1/tasks", { json: { ...later, kwargs: { a: 1, b }, uniqueKey: "k" }, headers });
    await postAs(2);
    expect((await postAs(3)).body).not.toHaveProperty("kwargs");
  });
});

describe("an expiry over HTTP", () => {
  it("ends in CANCELLED with its reason, which the result tells of", async () => {
    const worker = startWorker(tasks);
    const { body } = await worker.call("POST", "/v1/tasks", { json: { ...later, delay: 0, expiresIn: 0 } });
    await worker.settled();
    const task = await call("GET", `/v1/tasks/${body.id}`);
    expect(task.body).toMatchObject({ status: "CANCELLED", cancelReason: "expired", attempts: 0 });
    const result = await call("GET", `/v1/tasks/${body.id}/result`);
    expect(result.status).toBe(200);
    expect(result.body).toMatchObject({ status: "CANCELLED", result: null, error: null });
    const retried = await call("POST", `/v1/tasks/${body.id}/retry`);
    expect(retried.body).toMatchObject({ expiresAt: null, cancelReason: null });
  });
});
