import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const keys = [`one:enqueue+read:${await sha256("first")}`, `two:enqueue+read:${await sha256("second")}`];
const { call } = startWorker(tasks, {}, { OMNIQ_AUTH: "keys", OMNIQ_KEYS: keys.join(",") });
const database = await openD1();
beforeEach(() => database.clear());

const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
const post = (json: unknown, key: string, secret = "first", path = "/v1/tasks") =>
  call("POST", path, { json, headers: { "idempotency-key": key, authorization: `Bearer ${secret}` } });
const count = async () => (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n;

describe("Idempotency-Key", () => {
  it("replays with 200, the same task and duplicate: true", async () => {
    const first = await post(later, "order-7");
    const again = await post(later, "order-7");
    expect(first.status).toBe(201);
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
    expect(await count()).toBe(1);
  });

  it("makes one task of requests that arrive together", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(later, "order-7")));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await count()).toBe(1);
  });

  it("is refused with 422 idempotency_conflict for another body, and nothing is stored", async () => {
    await post(later, "order-7");
    const other = await post({ ...later, kwargs: { a: 1, b: 3 } }, "order-7");
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: "idempotency_conflict" });
    expect(other.headers.get("content-type")).toBe("application/problem+json");
    expect(await count()).toBe(1);
  });

  it("is refused with 422 for the same body on another path", async () => {
    await post({ tasks: [later] }, "order-7", "first", "/v1/tasks/batch");
    expect((await post(later, "order-7")).status).toBe(422);
    expect(await count()).toBe(1);
  });

  it("belongs to its API key: two API keys never meet", async () => {
    const first = await post(later, "order-7", "first");
    const second = await post({ ...later, kwargs: { a: 1, b: 3 } }, "order-7", "second");
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
    expect(await count()).toBe(2);
  });

  it("replays a batch: 201 with the same ids, all of them duplicates", async () => {
    const batch = { tasks: [later, { ...later, uniqueKey: "nightly" }, later] };
    const first = await post(batch, "batch-1", "first", "/v1/tasks/batch");
    const again = await post(batch, "batch-1", "first", "/v1/tasks/batch");
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ids: first.body.ids, duplicates: first.body.ids });
    expect(await count()).toBe(3);
  });

  it("is not used up by a request that was refused", async () => {
    expect((await post({ ...later, priority: 10 }, "order-7")).status).toBe(400);
    expect((await post(later, "order-7")).status).toBe(201);
  });

  it("is forgotten after 24 hours", async () => {
    const first = await post(later, "order-7");
    await database.sql("UPDATE idempotency_keys SET created_at = created_at - 86400001");
    const next = await post({ ...later, kwargs: { a: 1, b: 3 } }, "order-7");
    expect(next.status).toBe(201);
    expect(next.body.id).not.toBe(first.body.id);
  });

  it.each([
    ["", "empty"],
    ["k".repeat(256), "256 characters"],
  ])("is refused with 400 when it is %j (%s)", async (key) => {
    const { status, body } = await post(later, key);
    expect(status).toBe(400);
    expect(body).toMatchObject({ field: "Idempotency-Key", code: "invalid_input" });
    expect(await count()).toBe(0);
  });

  it("costs no row where the header is not sent", async () => {
    await call("POST", "/v1/tasks", { json: later, headers: { authorization: "Bearer first" } });
    expect(await database.sql("SELECT * FROM idempotency_keys")).toEqual([]);
  });
});
