import { beforeEach, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { NO_FEATURES } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
beforeEach(() => database.clear());

/** Far enough ahead that no drain takes it while the test looks at it. */
const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
const post = (json: unknown, headers = {}) => call("POST", "/v1/tasks", { json, headers });
const count = async () => (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n;

describe("POST /v1/tasks", () => {
  it("answers 201 with the task in camelCase, every default applied, and where it is", async () => {
    const { status, headers, body } = await post({
      funcPath: "sample.add",
      kwargs: { a: 1, b: 2 },
      delay: "1h",
    });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/v1/tasks/${body.id}`);
    expect(headers.get("content-type")).toMatch(/^application\/json/);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      funcPath: "sample.add",
      args: [],
      kwargs: { a: 1, b: 2 },
      queue: "default",
      priority: 5,
      eta: Number(body.createdAt) + 3_600_000,
      interval: null,
      status: "PENDING",
      quarantined: false,
      attempts: 0,
      failures: 0,
      maxRetries: 3,
      timeout: 25_000,
      leaseExpiresAt: null,
      uniqueKey: null,
      errors: [],
      lastAttemptAt: null,
      createdAt: expect.any(Number),
      updatedAt: body.createdAt,
      ...NO_FEATURES,
    });
  });

  it("takes every field, times as ISO 8601 and durations as text", async () => {
    const given = {
      funcPath: "sample.wordcount",
      args: ["to be or not to be", null, { deep: [1.5] }],
      kwargs: { language: "en" },
      id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64",
      queue: "mail",
      priority: 0,
      eta: "2999-01-01T00:00:00+01:00",
      interval: "1.5h",
      maxRetries: 0,
      timeout: 600_000,
      uniqueKey: "welcome:ä",
    };
    const { status, body } = await post(given);
    expect(status).toBe(201);
    const read = { ...given, eta: Date.parse(given.eta), interval: 5_400_000 };
    expect(body).toMatchObject(read);
    expect((await call("GET", `/v1/tasks/${given.id}`)).body).toEqual(body);
  });

  it("keeps every name and value of kwargs", async () => {
    const kwargs = '{"a":1,"b":2,"constructor":1,"prototype":[],"__proto__":{"x":1},"":null,"ключ":"🎈"}';
    const { body } = await call("POST", "/v1/tasks", {
      raw: `{"funcPath":"sample.add","delay":"1h","kwargs":${kwargs}}`,
    });
    expect(JSON.stringify(body.kwargs)).toBe(kwargs);
    const stored = await call("GET", `/v1/tasks/${body.id}`);
    expect(JSON.stringify(stored.body.kwargs)).toBe(kwargs);
  });

  it("answers 200 with the same task and duplicate: true for the same id again", async () => {
    const first = await post({ ...later, id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64" });
    const again = await post({ ...later, id: "018F0000-06BB-7E37-A6ED-EA59E3B6FD64" });
    expect(first.body).not.toHaveProperty("duplicate");
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
    expect(await count()).toBe(1);
  });

  it("answers 200 with the task that has the unique key, whatever else the request says", async () => {
    const first = await post({ ...later, uniqueKey: "nightly" });
    const again = await post({ funcPath: "sample.tick", uniqueKey: "nightly" });
    expect(again.status).toBe(200);
    expect(again.body).toEqual({ ...first.body, duplicate: true });
    expect(await count()).toBe(1);
  });

  it("answers 409 id_conflict for the same id with another content, and changes nothing", async () => {
    const id = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";
    const first = await post({ ...later, id });
    const other = await post({ ...later, id, kwargs: { a: 1, b: 3 } });
    expect(other.status).toBe(409);
    expect(other.body).toMatchObject({ code: "id_conflict", detail: expect.stringContaining(id) });
    expect((await call("GET", `/v1/tasks/${id}`)).body).toEqual(first.body);
  });

  it("gives ids in the order of insertion", async () => {
    const ids: unknown[] = [];
    for (let index = 0; index < 20; index++) ids.push((await post(later)).body.id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(20);
  });
});
