import { beforeEach, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { json, newTask, newTasks, taskError } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
beforeEach(() => database.clear());

/** Due in the far future, so that the Worker under test leaves them alone. */
const ETA = Date.parse("2999-01-01T00:00:00Z");
const NOW = Date.now();
const insert = (tasks: ReturnType<typeof newTasks>) => database.storage().enqueueMany(tasks, NOW);
const list = async (query = "") => {
  const { body } = await call("GET", `/v1/tasks${query}`);
  return { ids: Object.values(body.tasks ?? []).map((task) => task.id), cursor: body.cursor };
};

describe("GET /v1/tasks", () => {
  it("lists the newest first, as whole tasks", async () => {
    const tasks = newTasks(3, { eta: ETA });
    await insert(tasks);
    const { status, body } = await call("GET", "/v1/tasks");
    expect(status).toBe(200);
    expect(body).toEqual({ tasks: expect.any(Array), cursor: null });
    const [newest] = Object.values(body.tasks ?? []);
    expect(newest).toEqual((await call("GET", `/v1/tasks/${tasks[2]?.id}`)).body);
    expect((await list()).ids).toEqual(tasks.map(({ id }) => id).reverse());
  });

  it("pages by cursor: every task once, whatever is inserted meanwhile", async () => {
    const tasks = newTasks(25, { eta: ETA });
    await insert(tasks);
    const seen: unknown[] = [];
    let page = await list("?limit=10");
    for (let pages = 1; ; pages++) {
      seen.push(...page.ids);
      if (page.cursor === null || pages > 10) break;
      await insert(newTasks(1, { eta: ETA }));
      page = await list(`?limit=10&cursor=${page.cursor}`);
    }
    expect(seen).toEqual(tasks.map(({ id }) => id).reverse());
  });

  it("has no cursor to go on from at the end, even where the last page is full", async () => {
    await insert(newTasks(10, { eta: ETA }));
    const { cursor } = await list("?limit=10");
    const after = cursor === null ? { ids: [], cursor } : await list(`?limit=10&cursor=${cursor}`);
    expect(after).toEqual({ ids: [], cursor: null });
  });

  it("returns 100 tasks where no limit is given, and 1,000 at most", async () => {
    await insert(newTasks(1_001, { eta: ETA }));
    expect((await list()).ids).toHaveLength(100);
    expect((await list("?limit=1000")).ids).toHaveLength(1_000);
  });

  it("ends a page of large tasks at about 4 MB, with a cursor to go on from", async () => {
    const tasks = newTasks(24, { eta: ETA, args: json(["x".repeat(250_000)]) });
    await insert(tasks);
    const first = await list("?limit=1000");
    expect(first.ids).toHaveLength(17);
    const { ids, cursor } = await list(`?limit=1000&cursor=${first.cursor}`);
    expect([...first.ids, ...ids]).toEqual(tasks.map(({ id }) => id).reverse());
    expect(cursor).toBeNull();
  });

  it("filters by status, queue and funcPath, alone and together", async () => {
    const plain = newTask({ eta: ETA });
    const mail = newTask({ eta: ETA, queue: "mail" });
    const named = newTask({ eta: ETA, queue: "mail", funcPath: "sample.add" });
    const failed = newTask({ eta: NOW, queue: "mail", funcPath: "sample.add" });
    await insert([plain, mail, named, failed]);
    const storage = database.storage();
    const claim = await storage.dequeue(NOW);
    if (claim === null) throw new Error("expected a task to be due");
    await storage.markFailed(claim, taskError(), "final", NOW);
    expect((await list("?status=FAILED")).ids).toEqual([failed.id]);
    expect((await list("?status=PENDING")).ids).toEqual([named.id, mail.id, plain.id]);
    expect((await list("?queue=mail")).ids).toEqual([failed.id, named.id, mail.id]);
    expect((await list("?funcPath=sample.add&queue=mail&status=PENDING")).ids).toEqual([named.id]);
    expect((await list("?queue=none")).ids).toEqual([]);
  });

  it("goes on by cursor through a filter that matches rarely", async () => {
    const rare = newTask({ eta: ETA, queue: "rare" });
    await insert([rare, ...newTasks(2_500, { eta: ETA })]);
    const seen: unknown[] = [];
    let page = await list("?queue=rare");
    for (let pages = 1; page.cursor !== null && pages < 10; pages++) {
      seen.push(...page.ids);
      page = await list(`?queue=rare&cursor=${page.cursor}`);
    }
    expect([...seen, ...page.ids]).toEqual([rare.id]);
  });
});

describe("GET /v1/tasks/:id", () => {
  it("answers with the task and its errors", async () => {
    const task = newTask({ eta: NOW });
    await insert([task]);
    const storage = database.storage();
    const claim = await storage.dequeue(NOW);
    if (claim === null) throw new Error("expected a task to be due");
    const error = taskError({ message: "no answer", stack: "Error: no answer\n    at x" });
    await storage.markFailed(claim, error, { retryAt: ETA }, NOW);
    const { status, body } = await call("GET", `/v1/tasks/${task.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: task.id,
      status: "RETRYING",
      failures: 1,
      attempts: 1,
      errors: [error],
    });
    expect(body.lastAttemptAt).toBe(NOW);
  });

  it("answers 404 where there is no such task", async () => {
    const { status, body } = await call("GET", "/v1/tasks/018f0000-06bb-7e37-a6ed-ea59e3b6fd64");
    expect(status).toBe(404);
    expect(body).toMatchObject({ code: "task_not_found", status: 404 });
  });

  it("takes the id in upper case and percent-encoded", async () => {
    const task = newTask({ eta: ETA });
    await insert([task]);
    const encoded = `%${task.id.charCodeAt(0).toString(16)}${task.id.slice(1).toUpperCase()}`;
    expect((await call("GET", `/v1/tasks/${encoded}`)).body.id).toBe(task.id);
  });
});
