import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, newTask, taskError } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const sink = counted(env.DB);
const { call, settled } = startWorker([defineTask("test.noop", { run: () => {} })], {}, { DB: sink.binding });
const database = await openD1();
beforeEach(() => database.clear());
afterEach(() => settled());

const NOW = Date.now();
const storage = () => database.storage();

/** A task that a worker holds. */
async function claimed(overrides = {}) {
  const task = newTask({ eta: NOW, ...overrides });
  await storage().enqueueMany([task], NOW);
  const claim = await storage().dequeue(NOW);
  if (claim === null) throw new Error("expected a task to be due");
  return claim;
}

const result = (id: string, query = "") => call("GET", `/v1/tasks/${id}/result${query}`);

describe("GET /v1/tasks/:id/result", () => {
  it("answers 200 with the result", async () => {
    const claim = await claimed();
    await storage().markDone(claim, json({ sum: 3, none: null }), NOW + 5);
    const { status, body } = await result(claim.id);
    expect(status).toBe(200);
    expect(body).toEqual({
      taskId: claim.id,
      status: "SUCCESS",
      result: { sum: 3, none: null },
      error: null,
      finishedAt: NOW + 5,
      attempts: 1,
      lastAttemptAt: NOW,
    });
  });

  it("answers 200 with the error of a FAILED task", async () => {
    const claim = await claimed();
    await storage().markFailed(claim, taskError(), "final", NOW + 5);
    const { status, body } = await result(claim.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "FAILED", result: null, error: taskError(), attempts: 1 });
  });

  it("answers 200 with the status CANCELLED", async () => {
    const claim = await claimed();
    await storage().cancel(claim.id, NOW + 5);
    const { status, body } = await result(claim.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "CANCELLED", result: null, error: null, finishedAt: NOW + 5 });
  });

  it("answers 202 while there is none", async () => {
    const claim = await claimed();
    const { status, headers, body } = await result(claim.id);
    expect(status).toBe(202);
    expect(body).toEqual({ taskId: claim.id, result: null });
    expect(headers.get("retry-after")).toBe("1");
  });

  it("answers 404 where there is no such task", async () => {
    const { status, body } = await result(newTask().id);
    expect(status).toBe(404);
    expect(body.code).toBe("task_not_found");
  });

  it("answers 410 once it is purged", async () => {
    const claim = await claimed({ id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64" });
    await storage().markDone(claim, json(1), NOW);
    const purge = await call("DELETE", `/v1/results?olderThan=${NOW + 1}`);
    expect(purge.body).toMatchObject({ purged: 1, more: false });
    const { status, body } = await result(claim.id);
    expect(status).toBe(410);
    expect(body).toMatchObject({ code: "task_purged", detail: expect.stringContaining(claim.id) });
    expect((await call("GET", `/v1/tasks/${claim.id}`)).status).toBe(410);
    for (const operation of ["cancel", "retry"]) {
      const answer = await call("POST", `/v1/tasks/${claim.id}/${operation}`);
      expect(answer).toMatchObject({ status: 410, body: { code: "task_purged" } });
    }
  });

  it("shows an interval task's last result between and during its runs", async () => {
    const claim = await claimed({ interval: 1_000 });
    await storage().markDone(claim, json("first"), NOW);
    expect((await result(claim.id)).body).toMatchObject({ result: "first", attempts: 1 });
    const second = await storage().dequeue(NOW + 1_000);
    expect(second?.id).toBe(claim.id);
    expect((await result(claim.id)).body).toMatchObject({ result: "first", attempts: 1 });
  });
});

describe("GET /v1/tasks/:id/result?wait=", () => {
  it("answers as soon as the task ends", async () => {
    const claim = await claimed();
    const waiting = result(claim.id, "?wait=30s");
    let answered = false;
    void waiting.then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(answered).toBe(false);
    await storage().markDone(claim, json("done"), NOW);
    expect(await waiting).toMatchObject({ status: 200, body: { result: "done" } });
  });

  it("answers 202 when the time is over, after at most 12 queries", async () => {
    const claim = await claimed();
    const start = performance.now();
    sink.reset();
    expect((await result(claim.id, "?wait=2s")).status).toBe(202);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_900);
    expect(sink.rows.queries).toBeGreaterThan(1);
    expect(sink.rows.queries).toBeLessThanOrEqual(12);
  });

  it("takes at most 12 queries for the longest wait, of 30 s", async () => {
    const claim = await claimed();
    const pause = setTimeout;
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    sink.reset();
    const waiting = result(claim.id, "?wait=30s");
    let answered = false;
    void waiting.then(() => {
      answered = true;
    });
    let seconds = 0;
    for (; !answered && seconds < 300; seconds += 0.5) {
      await vi.advanceTimersByTimeAsync(500);
      // The database answers in real time.
      await new Promise((resolve) => pause(resolve, 5));
    }
    vi.useRealTimers();
    expect((await waiting).status).toBe(202);
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(sink.rows.queries).toBeLessThanOrEqual(12);
  });

  it("does not wait for a task that does not exist", async () => {
    sink.reset();
    expect((await result(newTask().id, "?wait=30s")).status).toBe(404);
    expect(sink.rows.queries).toBeLessThanOrEqual(3);
  });
});
