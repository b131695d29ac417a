import { afterAll, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
afterAll(async () => expect(await database.sql("SELECT * FROM tasks")).toEqual([]));

const ID = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";
const STATUSES = '"PENDING" or "RUNNING" or "SUCCESS" or "FAILED" or "RETRYING" or "CANCELLED"';
const text = "well-formed text of 1 to 255 characters without control characters";

async function expectRefused(path: string, problem: object, method = "GET") {
  const answer = await call(method, path);
  expect(answer.status, answer.text).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({ code: "invalid_input", ...problem });
}

describe("a query that cannot be read is refused with its field, what was expected and what was got", () => {
  it.each([
    ["limit=abc", { field: "limit", expected: "an integer from 1 to 1000", got: '"abc"' }],
    ["limit=", { field: "limit", got: '""' }],
    ["limit=0", { field: "limit", expected: "an integer from 1 to 1000", got: "0" }],
    ["limit=1001", { field: "limit", expected: "an integer from 1 to 1000", got: "1001" }],
    ["limit=-1", { field: "limit", expected: "an integer from 1 to 1000", got: '"-1"' }],
    ["limit=1e2", { field: "limit", got: '"1e2"' }],
    ["limit=99999999999999999999", { field: "limit", got: "100000000000000000000" }],
    ["status=foo", { field: "status", expected: STATUSES, got: '"foo"' }],
    ["status=", { field: "status", got: '""' }],
    ["status=PENDING%20", { field: "status", got: '"PENDING "' }],
    ["cursor=foo", { field: "cursor", expected: "a UUIDv7", got: '"foo"' }],
    ["cursor='%20OR%201=1", { field: "cursor" }],
    ["queue=", { field: "queue", expected: text, got: '""' }],
    ["queue=%00", { field: "queue", expected: text, got: '"\\u0000"' }],
    [`queue=${"q".repeat(256)}`, { field: "queue", expected: text }],
    ["funcPath=a%0Ab", { field: "funcPath", expected: text, got: '"a\\nb"' }],
    ["func_path=a", { field: "func_path", expected: "absent, since no such field exists", got: "a string" }],
    ["statu[]=PENDING", { field: "statu[]" }],
    ["limit=1&limit=2", { field: "limit", expected: "given once", got: "2 of them" }],
    ["queue=a&limit=1&queue=a&queue=b", { field: "queue", expected: "given once", got: "3 of them" }],
    ["queue=%ff", { field: "the query", expected: "percent-encoded UTF-8", got: '"?queue=%ff"' }],
    ["queue=50%", { field: "the query", expected: "percent-encoded UTF-8", got: '"?queue=50%"' }],
  ])("GET /v1/tasks?%.40s", async (query, problem) => {
    await expectRefused(`/v1/tasks?${query}`, problem);
  });

  it.each([
    ["wait=1h", { field: "wait", expected: expect.stringContaining("from 0ms to 30s"), got: '"1h"' }],
    ["wait=31s", { field: "wait", got: '"31s"' }],
    ["wait=30001", { field: "wait", expected: expect.stringContaining('a text like "30s"'), got: "30001" }],
    ["wait=-1s", { field: "wait", got: '"-1s"' }],
    ["wait=", { field: "wait", got: '""' }],
    ["wait=soon", { field: "wait", got: '"soon"' }],
    ["wait=1s&wait=2s", { field: "wait", expected: "given once" }],
    ["timeout=5s", { field: "timeout", expected: "absent, since no such field exists" }],
  ])("GET /v1/tasks/:id/result?%s", async (query, problem) => {
    await expectRefused(`/v1/tasks/${ID}/result?${query}`, problem);
  });
});

describe("an id that is none is refused", () => {
  it.each([
    "7",
    "foo",
    "%00",
    "..%2F..%2Fhealthz",
    "'%20OR%201=1--",
    ID.slice(1),
    `${ID}0`,
    "b0f1b1a0-1f1e-4c1b-9f1e-1f1e1f1e1f1e",
  ])("/v1/tasks/%s", async (id) => {
    const problem = { field: "id", expected: "a UUIDv7" };
    await expectRefused(`/v1/tasks/${id}`, problem);
    await expectRefused(`/v1/tasks/${id}/result`, problem);
    await expectRefused(`/v1/tasks/${id}/cancel`, problem, "POST");
    await expectRefused(`/v1/tasks/${id}/retry`, problem, "POST");
  });

  it.each(["%", "%zz", "%ED%A0%80", "%E0%A4%A"])("a path that is not UTF-8: /v1/tasks/%s", async (id) => {
    const problem = { field: "the path", expected: "percent-encoded UTF-8" };
    await expectRefused(`/v1/tasks/${id}`, problem);
    await expectRefused(`/v1/tasks/${id}/cancel`, problem, "POST");
    await expectRefused(`/v1/queues/${id}`, problem, "PUT");
    await expectRefused(`/${id}`, problem);
  });

  it("a path that climbs ends where it points, and no further", async () => {
    expect((await call("GET", `/v1/tasks/${ID}/../../queues`)).body).toEqual({ queues: [] });
    expect((await call("GET", `/v1/tasks/%2e%2e/%2e%2e/v1/queues`)).body).toEqual({ queues: [] });
    expect((await call("GET", "/v1//tasks")).status).toBe(404);
    expect((await call("GET", "/V1/tasks")).status).toBe(404);
    expect((await call("GET", "/v1/tasks;x=1")).status).toBe(404);
  });
});
