import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { NO_EXTRAS, type OnSuccess } from "../../src/core/task.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { json, NOW, newTask } from "../support/tasks.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const tasks = await openLibsql({ url: `file:${folder.path}/tasks.db` });
const results = await openLibsql({ url: `file:${folder.path}/results.db` });
const storage = tasks.storage({ results: results.driver });

beforeEach(async () => {
  await tasks.clear();
  await results.clear();
});

async function finish(onSuccess: OnSuccess, resultTtl: number | null = null): Promise<string> {
  const task = newTask({ extras: { ...NO_EXTRAS, onSuccess, resultTtl } });
  await storage.enqueueMany([task], NOW);
  const claimed = await storage.dequeue(NOW);
  if (claimed === null) throw new Error("expected a task");
  await storage.markDone(claimed, json({ n: 1 }), NOW);
  return task.id;
}

const count = async () => (await results.sql("SELECT count(*) AS count FROM results"))[0]?.count;

describe("with results in a database of their own", () => {
  it("a result that is not kept is written nowhere, and SUCCESS is served with null", async () => {
    const id = await finish("forget");
    expect(await count()).toBe(0);
    expect(await storage.getResult(id)).toMatchObject({ status: "SUCCESS", result: null });
  });

  it("a task that its success deletes leaves no result", async () => {
    const id = await finish("delete");
    expect([await count(), await storage.getTask(id)]).toEqual([0, null]);
  });

  it("a task with a time to live of its own is purged with its result", async () => {
    await finish("keep", 1_000);
    expect(await count()).toBe(1);
    expect(await storage.lifetimes.purgeOutlived(NOW + 1_000)).toEqual({ purged: 1, more: false });
    expect(await count()).toBe(0);
  });
});
