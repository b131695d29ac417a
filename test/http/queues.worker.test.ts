import { beforeEach, describe, expect, it } from "vitest";
import { firstIdAt } from "../../src/core/id.ts";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { json, newTask, newTasks } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
beforeEach(() => database.clear());

const NOW = Date.now();
const LATER = Date.parse("2999-01-01T00:00:00Z");
const storage = () => database.storage();
const put = (name: string, body: unknown) => call("PUT", `/v1/queues/${name}`, { json: body });

describe("GET /v1/queues", () => {
  it("answers with depth, oldest due age, running, paused and concurrency of each queue", async () => {
    await storage().enqueueMany(
      [...newTasks(3, { eta: LATER }), newTask({ queue: "mail", eta: NOW - 60_000 })],
      NOW,
    );
    await put("idle", { concurrency: 2 });
    await put("mail", { paused: true });
    const { status, body } = await call("GET", "/v1/queues");
    expect(status).toBe(200);
    const queue = { depth: 0, more: false, oldestDueAge: null, running: 0, paused: false, concurrency: null };
    expect(body).toEqual({
      queues: [
        { ...queue, name: "default", depth: 3 },
        { ...queue, name: "idle", concurrency: 2 },
        { ...queue, name: "mail", depth: 1, paused: true, oldestDueAge: expect.any(Number) },
      ],
    });
    const [, , mail] = Object.values(body.queues ?? []);
    expect(mail.oldestDueAge).toBeGreaterThanOrEqual(60_000);
  });

  it("counts what runs", async () => {
    await storage().enqueueMany([newTask({ eta: NOW })], NOW);
    await storage().dequeue(NOW);
    expect((await call("GET", "/v1/queues")).body).toMatchObject({
      queues: [{ name: "default", running: 1, depth: 0 }],
    });
  });

  it("counts a depth exactly to 1,000 and then says more", async () => {
    await storage().enqueueMany(newTasks(1_001, { eta: LATER }), NOW);
    expect((await call("GET", "/v1/queues")).body).toMatchObject({ queues: [{ depth: 1_000, more: true }] });
  });
});

describe("PUT /v1/queues/:name", () => {
  it("pauses and resumes a queue, and keeps what the request does not name", async () => {
    expect((await put("mail", { paused: true, concurrency: 3 })).body).toMatchObject({
      paused: true,
      concurrency: 3,
    });
    expect((await put("mail", { paused: false })).body).toMatchObject({ paused: false, concurrency: 3 });
    const { status, body } = await put("mail", { concurrency: null });
    expect(status).toBe(200);
    expect(body).toEqual({
      name: "mail",
      depth: 0,
      more: false,
      oldestDueAge: null,
      running: 0,
      paused: false,
      concurrency: null,
    });
  });

  it("takes a name that is percent-encoded", async () => {
    expect((await put("a%2Fb%20%C3%A9", { paused: true })).body.name).toBe("a/b é");
  });

  it.each([
    ["mail", { paused: "yes" }, "paused", '"yes"'],
    ["mail", { paused: null }, "paused", "null"],
    ["mail", { concurrency: 0 }, "concurrency", "0"],
    ["mail", { concurrency: 1.5 }, "concurrency", "1.5"],
    ["mail", { concurrency: 1_000_001 }, "concurrency", "1000001"],
    ["mail", { concurrency: "2" }, "concurrency", '"2"'],
    ["mail", { pause: true }, "pause", "a boolean"],
    ["mail", [], "the body", "an array of 0"],
    ["mail", null, "the body", "null"],
    ["x".repeat(256), {}, "name", expect.stringMatching(/^"x{80}\.\.\."$/)],
    ["a%00b", {}, "name", '"a\\u0000b"'],
  ])("refuses %j with %j", async (name, body, field, got) => {
    const answer = await put(name, body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ field, got, code: "invalid_input" });
    expect(await database.sql("SELECT * FROM queues")).toEqual([]);
  });

  it("answers 404 without a name, and 413 to a body of more than 1 MB", async () => {
    expect((await call("PUT", "/v1/queues/", { json: {} })).status).toBe(404);
    const big = await call("PUT", "/v1/queues/mail", {
      raw: JSON.stringify({ paused: "x".repeat(2 ** 20) }),
    });
    expect(big).toMatchObject({ status: 413, body: { code: "too_large", field: "the body" } });
  });
});

describe("DELETE /v1/results", () => {
  async function finished(count: number, at: number) {
    const tasks = newTasks(count, { eta: 0 }).map((task, index) => ({
      ...task,
      id: `018f0000-06bb-7e37-a6ed-${index.toString(16).padStart(12, "0")}`,
    }));
    await storage().enqueueMany(tasks, at);
    const claims = await storage().claimMany({ now: at, limit: count, leaseExpiresAt: at + 1_000 });
    await storage().settleMany(
      claims.map((claim) => ({ ...claim, kind: "done" as const, result: json(1) })),
      at,
    );
    return tasks;
  }
  const purge = (query: string) => call("DELETE", `/v1/results${query}`);
  const left = async () => [
    (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n,
    (await database.sql("SELECT count(*) AS n FROM results"))[0]?.n,
  ];

  it("purges the finished tasks and their results that are older, and counts them", async () => {
    await finished(3, NOW - 60_000);
    expect((await purge("?olderThan=5m")).body).toEqual({ purged: 0, more: false, cursor: null });
    const { status, body } = await purge("?olderThan=30s");
    expect(status).toBe(200);
    expect(body).toEqual({ purged: 3, more: false, cursor: null });
    expect(await left()).toEqual([0, 0]);
  });

  it.each([
    ["a moment in milliseconds", `${NOW}`],
    ["a moment", new Date(NOW).toISOString()],
  ])("takes %s", async (_, at) => {
    await finished(2, NOW - 1);
    expect((await purge(`?olderThan=${at}`)).body.purged).toBe(2);
  });

  it("leaves what is not finished alone", async () => {
    await storage().enqueueMany(
      newTasks(3, { eta: LATER, id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64" }),
      NOW - 60_000,
    );
    expect((await purge("?olderThan=0s")).body.purged).toBe(0);
    expect(await left()).toEqual([1, 0]);
  });

  it("says that there is more, and goes on from its cursor", async () => {
    await finished(5_500, NOW - 60_000);
    const first = (await purge("?olderThan=30s")).body;
    expect(first).toEqual({ purged: 5_000, more: true, cursor: expect.any(String) });
    const second = (await purge(`?olderThan=30s&cursor=${first.cursor}`)).body;
    expect(second).toEqual({ purged: 500, more: false, cursor: null });
    expect(await left()).toEqual([0, 0]);
  });

  it("does not take a task that never was for a purged one, even when asked to purge the future", async () => {
    await finished(1, NOW - 60_000);
    await purge("?olderThan=2999-01-01T00:00:00Z");
    // Further ahead of the clock, by which the purge went, than any task's id may be.
    const { body } = await call("GET", `/v1/tasks/${firstIdAt(Date.now() + 600_000)}/result`);
    expect(body.code).toBe("task_not_found");
  });

  it.each([
    ["", "olderThan", "given", "nothing"],
    ["?olderThan=", "olderThan", expect.stringContaining("a duration"), '""'],
    ["?olderThan=soon", "olderThan", expect.stringContaining("a duration"), '"soon"'],
    ["?olderThan=-5m", "olderThan", expect.stringContaining("a duration"), '"-5m"'],
    [
      "?olderThan=2026-02-30T00:00:00Z",
      "olderThan",
      expect.stringContaining("ISO 8601"),
      '"2026-02-30T00:00:00Z"',
    ],
    [
      "?olderThan=99999999999999999999",
      "olderThan",
      expect.stringContaining("milliseconds"),
      "100000000000000000000",
    ],
    // A week, in milliseconds: as a moment it would be in 1970.
    ["?olderThan=604800000", "olderThan", expect.stringContaining('like "7d"'), "604800000"],
    ["?olderThan=5m&olderThan=5d", "olderThan", "given once", "2 of them"],
    ["?olderThan=5m&cursor=foo", "cursor", "a UUIDv7", '"foo"'],
    ["?olderThan=5m&older=1", "older", expect.stringContaining("absent"), "a string"],
  ])("refuses %j and purges nothing", async (query, field, expected, got) => {
    await finished(1, NOW - 60_000);
    const answer = await purge(query);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ field, expected, got });
    expect(await left()).toEqual([1, 1]);
  });
});
