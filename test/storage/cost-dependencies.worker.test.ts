import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type NewTask, NO_EXTRAS, type TaskExtras } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, NOW, newTask, newTasks, taskError } from "../support/tasks.ts";

const HOUR = 3_600_000;

const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);

async function written(call: () => Promise<unknown>): Promise<number> {
  reset();
  await call();
  return rows.written;
}

const enqueue = (...tasks: NewTask[]) => storage.enqueueMany(tasks, NOW);
const taskWith = (extras: Partial<TaskExtras>) => newTask({ extras: { ...NO_EXTRAS, ...extras } });

async function claim(now = NOW) {
  const [task] = await storage.claimMany({ now, limit: 1, leaseExpiresAt: now + HOUR });
  if (task === undefined) throw new Error("expected a task");
  return task;
}

async function start(task = newTask()) {
  await enqueue(task);
  return claim();
}

beforeEach(async () => {
  const database = await openD1();
  await database.clear();
});

describe("rows written on D1 for a task that waits for another", () => {
  it("2 for the task and 1 an edge at the enqueue", async () => {
    const parents = newTasks(3);
    await enqueue(...parents);
    const child = taskWith({ after: parents.map(({ id }) => id) });
    expect(await written(() => enqueue(child))).toBe(2 + 3);
    expect(await written(() => enqueue({ ...child, idGiven: true }))).toBe(0);
  });

  it("2 for the task where all that it waits for have ended", async () => {
    const parent = await start();
    await storage.markDone(parent, json(1), NOW);
    expect(await written(() => enqueue(taskWith({ after: [parent.id] })))).toBe(2);
  });

  it("as it is released 1 for the edge and 2 for the task, beside those of its parent", async () => {
    const parent = await start();
    await enqueue(taskWith({ after: [parent.id] }));
    expect(await written(() => storage.markDone(parent, json(1), NOW))).toBe(2 + 3);
  });

  it("the same where it waits for others still: its entry among the held is written anew", async () => {
    const [other] = [newTask({ eta: NOW + HOUR })];
    const parent = await start();
    await enqueue(other, taskWith({ after: [parent.id, other.id] }));
    expect(await written(() => storage.markDone(parent, json(1), NOW))).toBe(2 + 3);
  });

  it("the same as it is doomed, and 1 for the claim that cancels it", async () => {
    const parent = await start();
    await enqueue(taskWith({ after: [parent.id] }));
    expect(await written(() => storage.markFailed(parent, taskError(), "final", NOW))).toBe(3 + 3);
    const request = { now: NOW, limit: 1, leaseExpiresAt: NOW + HOUR };
    expect(await written(() => storage.claimMany(request))).toBe(1);
  });

  it("no more where edges of one with its id are there still, deleted while it was held: they free nobody", async () => {
    const first = await start();
    const [second, third] = [newTask({ eta: NOW + HOUR }), newTask({ eta: NOW + HOUR })];
    await enqueue(second, third);
    const child = taskWith({ after: [first.id, second.id] });
    await enqueue(child);
    await storage.cancel(child.id, NOW);
    await storage.operators.delete(child.id);
    const again = { ...child, extras: { ...NO_EXTRAS, after: [second.id, third.id] } };
    expect(await written(() => storage.enqueueMany([again], NOW + 1))).toBe(2 + 2);
    expect(await written(() => storage.markDone(first, json(1), NOW + 1))).toBe(2 + 1);
  });

  it("three for each of 10,000 that wait for one, in one statement", async () => {
    const parent = await start();
    await enqueue(...newTasks(10_000, { extras: { ...NO_EXTRAS, after: [parent.id] } }));
    expect(await written(() => storage.markDone(parent, json(1), NOW))).toBe(2 + 30_000);
  });
});

describe("rows written on D1 by what else a task may say", () => {
  const life = async (task: NewTask) => {
    const before = await written(async () => void (await start(task)));
    const { rows: claimed } = { rows: await storage.getTask(task.id) };
    const claimedTask = { id: task.id, attempts: claimed?.attempts ?? 0, onSuccess: claimed?.onSuccess };
    return before + (await written(() => storage.markDone(claimedTask, json(1), NOW)));
  };
  const purge = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };

  it("6 for a task that says nothing, and 2 for its purge", async () => {
    expect(await life(newTask())).toBe(6);
    expect(await written(() => storage.purgeResults(purge))).toBe(2 + 1);
  });

  it("5 without a result, and 1 for its purge", async () => {
    expect(await life(taskWith({ onSuccess: "forget" }))).toBe(5);
    expect(await written(() => storage.purgeResults(purge))).toBe(1 + 1);
  });

  it("5 where its success deletes it, and none for a purge", async () => {
    expect(await life(taskWith({ onSuccess: "delete" }))).toBe(5);
    expect(await written(() => storage.purgeResults(purge))).toBe(0);
  });

  it("7 with a time to live of its own, and 2 for its purge", async () => {
    expect(await life(taskWith({ resultTtl: 0 }))).toBe(7);
    expect(await written(() => storage.lifetimes.purgeOutlived(NOW))).toBe(2 + 1);
  });

  it("7 for a child: its entry among its parent's", async () => {
    expect(await life(taskWith({ parentId: newTask().id }))).toBe(7);
  });

  it("none for its progress beside those of the heartbeat, or of the settlement", async () => {
    const task = await start();
    const progress = { value: 0.5, message: "half" };
    expect(await written(() => storage.renewMany([{ ...task, progress }], NOW + 2 * HOUR))).toBe(2);
    const settlement = { ...task, progress, kind: "done", result: json(1) } as const;
    expect(await written(() => storage.settleMany([settlement], NOW))).toBe(2);
  });
});
