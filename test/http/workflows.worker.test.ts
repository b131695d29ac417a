import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { newTask } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const noop = defineTask("test.noop", { run: () => ({ done: true }) });
const { call, tick, settled } = startWorker([noop], { cronDeadline: 50 });
const database = await openD1();
beforeEach(() => database.clear());
afterEach(() => settled());

const post = (json: object) => call("POST", "/v1/tasks", { json: { funcPath: "test.noop", ...json } });

describe("POST /v1/tasks with what becomes of a task", () => {
  it("takes after: the task waits, and is cancelled where the other is", async () => {
    const parent = await post({ delay: "1h" });
    const child = await post({ after: [parent.body.id] });
    expect(child.status).toBe(201);
    expect(child.body).toMatchObject({ status: "PENDING", awaits: 1 });
    await call("POST", `/v1/tasks/${parent.body.id}/cancel`);
    expect((await call("GET", `/v1/tasks/${child.body.id}`)).body).toMatchObject({
      status: "PENDING",
      cancelReason: "dependency",
    });
    await tick();
    expect((await call("GET", `/v1/tasks/${child.body.id}/result`)).body).toMatchObject({
      status: "CANCELLED",
    });
  });

  it("takes afterFailure: the task starts all the same", async () => {
    const parent = await post({ delay: "1h" });
    const child = await post({ after: [parent.body.id], afterFailure: "start" });
    await call("POST", `/v1/tasks/${parent.body.id}/cancel`);
    await tick();
    expect((await call("GET", `/v1/tasks/${child.body.id}`)).body).toMatchObject({ status: "SUCCESS" });
  });

  it("tells how many it waits for, those that have ended not among them", async () => {
    const [ended, other] = [await post({ delay: "1h" }), await post({ delay: "1h" })];
    await call("POST", `/v1/tasks/${ended.body.id}/cancel`);
    const after = [ended.body.id, other.body.id];
    expect((await post({ after, afterFailure: "start" })).body).toMatchObject({ awaits: 1 });
  });

  it("answers 400 parent_not_found where it is to wait for a task that does not exist", async () => {
    const { id } = newTask();
    const { status, body } = await post({ after: [id] });
    expect([status, body.code]).toEqual([400, "parent_not_found"]);
    expect(String(body.detail)).toContain(id);
  });

  it.each([
    [{ after: [] }, "after"],
    [{ after: ["x"] }, "after[0]"],
    [{ after: Array.from({ length: 101 }, () => newTask().id) }, "after"],
    [{ afterFailure: "start" }, "afterFailure"],
    [{ after: [newTask().id], afterFailure: "never" }, "afterFailure"],
    [{ deleteOnSuccess: true, interval: "1h" }, "deleteOnSuccess"],
    [{ resultTtl: -1 }, "resultTtl"],
    [{ keepResult: "no" }, "keepResult"],
  ])("answers 400 for %j", async (given, field) => {
    const { status, body } = await post(given);
    expect([status, body.field]).toEqual([400, field]);
  });

  it("refuses a task that waits for itself, and a cycle within a batch", async () => {
    const [a, b] = [newTask().id, newTask().id];
    expect((await post({ id: a, after: [a] })).body).toMatchObject({ field: "after[0]" });
    const member = (id: string, after: string) => ({ funcPath: "test.noop", id, after: [after] });
    const { status, body } = await call("POST", "/v1/tasks/batch", {
      json: { tasks: [member(a, b), member(b, a)] },
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid_input", field: "tasks[0].after" });
  });

  it("answers SUCCESS with the result null where none is kept", async () => {
    const { body } = await post({ keepResult: false });
    await tick();
    const result = await call("GET", `/v1/tasks/${body.id}/result`);
    expect(result.status).toBe(200);
    expect(result.body).toMatchObject({ status: "SUCCESS", result: null, error: null });
  });

  it("deletes a task at its success: nothing is found of it", async () => {
    const { body } = await post({ deleteOnSuccess: true });
    await tick();
    expect((await call("GET", `/v1/tasks/${body.id}`)).status).toBe(404);
    expect((await call("GET", `/v1/tasks/${body.id}/result`)).status).toBe(404);
  });
});
