import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { NewTask } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, NOW, newTask, newTasks, taskError } from "../support/tasks.ts";

const HOUR = 3_600_000;

const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);

/** Rows that a call reads and writes, as D1 bills them. */
async function cost(call: () => Promise<unknown>): Promise<{ read: number; written: number }> {
  reset();
  await call();
  return { read: rows.read, written: rows.written };
}

const written = async (call: () => Promise<unknown>) => (await cost(call)).written;

const enqueue = (overrides: Partial<NewTask> = {}) => storage.enqueueMany([newTask(overrides)], NOW);
const claim = (limit: number, now = NOW) =>
  storage.claimMany({ now, limit, leaseExpiresAt: now + HOUR, longestTimeout: HOUR });

async function start(overrides: Partial<NewTask> = {}) {
  await enqueue(overrides);
  const [task] = await claim(1);
  if (task === undefined) throw new Error("expected a task");
  return task;
}

beforeAll(() => openD1());

describe("rows written per task on D1", () => {
  beforeEach(async () => {
    const database = await openD1();
    await database.clear();
  });

  it("enqueue 2, claim 2, complete 2 (task 1, result 1): 6", async () => {
    const enqueued = await written(() => enqueue());
    const claims: Awaited<ReturnType<typeof claim>>[] = [];
    const claimed = await written(async () => claims.push(await claim(1)));
    const [task] = claims.flat();
    if (task === undefined) throw new Error("expected a task");
    const completed = await written(() => storage.markDone(task, json({ sum: 3 }), NOW));
    expect([enqueued, claimed, completed]).toEqual([2, 2, 2]);
    expect(enqueued + claimed + completed).toBe(6);
  });

  it("a hundred tasks cost a hundred times as much: 600", async () => {
    const total = await written(async () => {
      await storage.enqueueMany(newTasks(100), NOW);
      const tasks = await claim(100);
      await storage.settleMany(
        tasks.map((task) => ({ ...task, kind: "done", result: json(null) })),
        NOW,
      );
    });
    expect(total).toBe(600);
  });

  it("a heartbeat costs 2", async () => {
    const task = await start();
    expect(await written(() => storage.renewMany([task], NOW + 2 * HOUR))).toBe(2);
    expect(await written(() => storage.markRunning(task, NOW + 1))).toBe(2);
  });

  it("a retry costs 4: 2 to be due again, 2 for the claim", async () => {
    const task = await start();
    const again = await written(() => storage.markFailed(task, taskError(), { retryAt: NOW }, NOW));
    expect([again, await written(() => claim(1))]).toEqual([2, 2]);
  });

  it("a snooze and a release cost 2 each, an interval task's success 3 with its result", async () => {
    expect(await written(async () => storage.snooze(await start(), NOW, NOW))).toBe(2 + 4);
    const [task] = await claim(1);
    if (task === undefined) throw new Error("expected a task");
    expect(await written(() => storage.release(task, NOW, NOW + HOUR))).toBe(2);
    const interval = await start({ interval: HOUR });
    expect(await written(() => storage.markDone(interval, json(1), NOW))).toBe(3);
  });

  it("a failure for good costs 3: the task, its result and its entry among the failed", async () => {
    const task = await start();
    expect(await written(() => storage.markFailed(task, taskError(), "final", NOW))).toBe(3);
  });

  it("a purge costs 2: the task and its result, beside 1 a page", async () => {
    const tasks = newTasks(10);
    await storage.enqueueMany(tasks, NOW);
    for (const task of await claim(10)) await storage.markDone(task, json(1), NOW);
    const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
    expect(await written(() => storage.purgeResults(request))).toBe(2 * 10 + 1);
  });

  it("a unique key costs 1 to 2 more from the enqueue to the result", async () => {
    const total = await written(async () => storage.markDone(await start({ uniqueKey: "k" }), json(1), NOW));
    expect(total).toBeGreaterThanOrEqual(7);
    expect(total).toBeLessThanOrEqual(8);
  });

  it("an enqueue that meets a task by its unique key or id writes nothing", async () => {
    const task = newTask({ uniqueKey: "k", idGiven: true });
    await storage.enqueueMany([task], NOW);
    expect(await written(() => enqueue({ uniqueKey: "k" }))).toBe(0);
    expect(await written(() => storage.enqueueMany([task], NOW))).toBe(0);
  });

  it("a settlement whose fence fails writes nothing", async () => {
    const task = await start();
    await storage.cancel(task.id, NOW);
    const stale = { ...task, kind: "done", result: json(1) } as const;
    expect(await written(() => storage.settleMany([stale], NOW))).toBe(0);
    expect(await written(() => storage.renewMany([task], NOW + HOUR))).toBe(0);
  });

  it("cancelling a task that waits costs 1", async () => {
    const task = newTask();
    await storage.enqueueMany([task], NOW);
    expect(await written(() => storage.cancel(task.id, NOW))).toBe(1);
  });
});

const idlePolls: Record<string, () => Promise<unknown>> = {
  "a claim of any queue": () => claim(100),
  "a claim of listed queues": () =>
    storage.claimMany({ now: NOW, limit: 100, leaseExpiresAt: NOW + HOUR, queues: ["default"] }),
  "the look for the next eta": () => storage.findNextEta(),
  "the look for the quarantine": () => storage.hasQuarantined({ now: NOW }),
  "the look for expired leases": () => storage.rescueMany(NOW, () => 0),
};

function itIsCheapWhenIdle(): void {
  it.each(Object.entries(idlePolls))(
    "an idle poll writes 0 rows and reads 15 or fewer: %s",
    async (_, poll) => {
      const { read, written } = await cost(poll);
      expect(written).toBe(0);
      expect(read).toBeLessThanOrEqual(15);
    },
  );
}

function itIsCheapToClaim(): void {
  it.each([10, 100])("a claim of %i reads 8 rows or fewer per claimed task, and writes 2", async (limit) => {
    const { read, written } = await cost(async () => expect(await claim(limit)).toHaveLength(limit));
    expect(read / limit).toBeLessThanOrEqual(8);
    expect(written / limit).toBe(2);
  });

  it("a claim from a listed queue reads 8 rows or fewer per claimed task", async () => {
    const request = { now: NOW, limit: 100, leaseExpiresAt: NOW + HOUR, queues: ["default"] };
    const { read } = await cost(async () => expect(await storage.claimMany(request)).toHaveLength(100));
    expect(read / 100).toBeLessThanOrEqual(8);
  });

  it("the look for the next eta reads 15 rows or fewer", async () => {
    expect((await cost(() => storage.findNextEta())).read).toBeLessThanOrEqual(15);
  });
}

/** Leaves so many tasks in the database, and no others. */
async function fill(count: number, eta: number): Promise<void> {
  await (await openD1()).clear();
  for (let left = count; left > 0; left -= 10_000) {
    await storage.enqueueMany(newTasks(Math.min(left, 10_000), { eta }), NOW);
  }
}

describe("on an empty queue", () => {
  beforeAll(() => fill(0, NOW));
  itIsCheapWhenIdle();
});

describe.each([1_000, 10_000, 100_000])("with %i tasks pending", (count) => {
  beforeAll(() => fill(count, NOW), 60_000);
  itIsCheapToClaim();
});

describe("with 1,000 tasks pending that take too long for this worker", () => {
  beforeAll(() => fill(1_000, NOW));
  const little = { now: NOW, limit: 10, leaseExpiresAt: NOW + HOUR, longestTimeout: 1_000 };

  it("a claim passes 200 of a lane by, and reads a row for each", async () => {
    const { read, written } = await cost(async () => expect(await storage.claimMany(little)).toEqual([]));
    expect(read).toBeGreaterThanOrEqual(200);
    expect(read).toBeLessThanOrEqual(225);
    expect(written).toBe(0);
  });

  it("a claim that fits them reads no more than ever", async () => {
    const request = { ...little, longestTimeout: 25_000 };
    const { read } = await cost(async () => expect(await storage.claimMany(request)).toHaveLength(10));
    expect(read / 10).toBeLessThanOrEqual(8);
  });
});

describe("with a queue of which 50 tasks run", () => {
  const ask = () => storage.hasQuarantined({ now: NOW + 2 * HOUR });

  beforeAll(async () => {
    await fill(51, NOW);
    await storage.claimMany({ now: NOW, limit: 1, leaseExpiresAt: NOW + 1 });
    await storage.rescueMany(NOW + 1, () => 0);
    await storage.claimMany({ now: NOW, limit: 50, leaseExpiresAt: NOW + HOUR });
  });

  it("the look for the quarantine reads 15 rows or fewer where it has no concurrency", async () => {
    expect((await cost(ask)).read).toBeLessThanOrEqual(15);
  });

  it("the look for the quarantine reads 2 rows more for each of them where it has one", async () => {
    await storage.configureQueue("default", { concurrency: 50 });
    expect((await cost(ask)).read).toBeLessThanOrEqual(15 + 2 * 50);
  });

  it("the look for the quarantine does not count them where nothing of the queue is in quarantine", async () => {
    await storage.configureQueue("default", { concurrency: 51 });
    await storage.claimQuarantined({ now: NOW + 1, limit: 1, leaseExpiresAt: NOW + HOUR });
    expect((await cost(ask)).read).toBeLessThanOrEqual(15);
  });
});

describe("with 100,000 tasks that are not yet due", () => {
  beforeAll(() => fill(100_000, NOW + HOUR), 60_000);
  itIsCheapWhenIdle();

  describe("and 1,000 that are", () => {
    beforeAll(async () => void (await storage.enqueueMany(newTasks(1_000), NOW)));
    itIsCheapToClaim();
  });
});
