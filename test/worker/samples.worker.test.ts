import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { schedules, tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { startWorker } from "../support/worker.ts";

const database = await openD1();
let worker = startWorker(tasks);
beforeEach(async () => {
  await database.clear();
  worker = startWorker(
    tasks,
    { cronDeadline: 300 },
    { OMNIQ_QUERY_BUDGET: "900" },
    { queries: QUERIES.paid },
  );
});
afterEach(() => worker.settled());

/** Posts a task, lets the kick run it, and reads how it ended. */
async function run(json: unknown): Promise<Record<string, unknown>> {
  const { status, body } = await worker.call("POST", "/v1/tasks", { json });
  expect(status).toBe(201);
  await worker.settled();
  return { id: body.id, ...(await result(body.id)) };
}
const result = async (id: unknown) => (await worker.call("GET", `/v1/tasks/${id}/result`)).body;
const get = async (id: unknown) => (await worker.call("GET", `/v1/tasks/${id}`)).body;
/** Makes every task that waits due now. */
const hurry = () => database.sql("UPDATE tasks SET eta = 0 WHERE status IN ('PENDING', 'RETRYING')");

describe("the sample schedule", () => {
  it("heartbeat: each minute one task, of which nothing is kept", async () => {
    const scheduled = startWorker(tasks, { schedules, cronDeadline: 300 });
    await scheduled.tick();
    const { body } = await scheduled.call("GET", "/v1/schedules");
    expect(body).toMatchObject({ schedules: [{ name: "heartbeat", enabled: true, app: "default" }] });
    const run = await scheduled.call("POST", "/v1/schedules/heartbeat/run");
    expect(run.status).toBe(201);
    expect(run.headers.get("location")).toBe(`/v1/tasks/${run.body.id}`);
    await scheduled.settled();
    expect(await database.sql("SELECT id FROM tasks")).toEqual([]);
  });
});

describe("the sample tasks", () => {
  it("sample.add: {a, b} -> {sum}", async () => {
    expect(await run({ funcPath: "sample.add", kwargs: { a: 1.5, b: -2 } })).toMatchObject({
      status: "SUCCESS",
      result: { sum: -0.5 },
    });
  });

  it("sample.flaky: fails as often as it is told, then succeeds with its attempts", async () => {
    const { id } = await run({ funcPath: "sample.flaky", kwargs: { failures: 2 } });
    expect(await get(id)).toMatchObject({ status: "RETRYING", failures: 1 });
    await hurry();
    await worker.tick();
    expect(await get(id)).toMatchObject({ status: "RETRYING", failures: 2 });
    await hurry();
    await worker.tick();
    expect(await result(id)).toMatchObject({ status: "SUCCESS", result: { attempts: 3 }, attempts: 3 });
    expect((await get(id)).errors).toMatchObject([
      { message: "failure 1 of 2, as told", attempt: 1 },
      { message: "failure 2 of 2, as told", attempt: 2 },
    ]);
  });

  it("sample.flaky: FAILED once its retries are spent; the result has the error", async () => {
    const { status, error } = await run({ funcPath: "sample.flaky", kwargs: { failures: 9 }, maxRetries: 0 });
    expect(status).toBe("FAILED");
    expect(error).toMatchObject({ message: "failure 1 of 9, as told", attempt: 1, retryable: true });
  });

  it("sample.sleep: waits", async () => {
    const { status, result } = await run({ funcPath: "sample.sleep", kwargs: { ms: 200 } });
    expect(status).toBe("SUCCESS");
    expect(result).toEqual({ slept: expect.any(Number) });
  });

  it("sample.sleep: stops at its timeout", async () => {
    const { status, error } = await run({
      funcPath: "sample.sleep",
      kwargs: { ms: 60_000 },
      timeout: 200,
      maxRetries: 0,
    });
    expect(status).toBe("FAILED");
    expect(error).toMatchObject({ type: "TaskTimeoutError", message: expect.stringContaining("200 ms") });
  });

  it("sample.fetch: the status, the bytes and the SHA-256 of what an address answers", async () => {
    const url = "http://sample.test/page?x=1";
    const { status, result } = await run({ funcPath: "sample.fetch", kwargs: { url } });
    const content = `GET ${url}`;
    expect(status).toBe("SUCCESS");
    expect(result).toEqual({ status: 200, bytes: content.length, sha256: await sha256(content) });
  });

  it("sample.fetch: refuses at the enqueue what is no address", async () => {
    const json = { funcPath: "sample.fetch", kwargs: { url: "nowhere" } };
    const { status, body } = await worker.call("POST", "/v1/tasks", { json });
    expect(status).toBe(400);
    expect(body).toMatchObject({ field: "kwargs.url", got: '"nowhere"' });
  });

  it("sample.wordcount: counts the words of args [text]", async () => {
    const args = ["To be, or not to be: that's the constructor's constructor. Ünïcode 42!"];
    expect(await run({ funcPath: "sample.wordcount", args })).toMatchObject({
      status: "SUCCESS",
      result: {
        words: 12,
        characters: args[0]?.length,
        counts: {
          to: 2,
          be: 2,
          or: 1,
          not: 1,
          "that's": 1,
          the: 1,
          "constructor's": 1,
          constructor: 1,
          ünïcode: 1,
          42: 1,
        },
      },
    });
  });

  it("sample.wordcount: is FAILED at once without a text, since no retry can mend that", async () => {
    const { status, error } = await run({ funcPath: "sample.wordcount", args: [7] });
    expect(status).toBe("FAILED");
    expect(error).toMatchObject({
      message: "expected args to be [text], got number",
      retryable: false,
      attempt: 1,
    });
  });

  it("sample.tick: is due again 10 s after each success, with its last result on file", async () => {
    const { id, ...first } = await run({ funcPath: "sample.tick" });
    expect(first).toMatchObject({ status: "SUCCESS", result: { runs: 1 }, attempts: 1 });
    const waiting = await get(id);
    expect(waiting).toMatchObject({ status: "PENDING", interval: 10_000 });
    expect(waiting.eta).toBe(Number(first.finishedAt) + 10_000);
    await hurry();
    await worker.tick();
    expect(await result(id)).toMatchObject({ result: { runs: 2 }, attempts: 2 });
    const cancelled = await worker.call("POST", `/v1/tasks/${id}/cancel`);
    expect(cancelled.body.status).toBe("CANCELLED");
    await hurry();
    await worker.tick();
    expect(await get(id)).toMatchObject({ status: "CANCELLED", attempts: 2 });
  });
});
