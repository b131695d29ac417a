import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type NewTask, NO_EXTRAS, type TaskExtras, type UniqueRule } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, NOW, newTask, newTasks } from "../support/tasks.ts";

const HOUR = 3_600_000;

const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);

async function cost(call: () => Promise<unknown>): Promise<{ read: number; written: number }> {
  reset();
  await call();
  return { read: rows.read, written: rows.written };
}

const withExtras = (extras: Partial<TaskExtras>, overrides: Partial<NewTask> = {}) =>
  newTask({ extras: { ...NO_EXTRAS, ...extras }, ...overrides });
const ruled = (rule: Partial<UniqueRule>, overrides: Partial<NewTask> = {}) => {
  const unique: UniqueRule = { onConflict: "ignore", within: null, debounce: null, ...rule };
  return withExtras({ unique }, { uniqueKey: "k", ...overrides });
};
const enqueue = (task: NewTask, now = NOW) => cost(() => storage.enqueueMany([task], now));
const claim = (limit: number) => storage.claimMany({ now: NOW, limit, leaseExpiresAt: NOW + HOUR });
const end = async () => {
  const [task] = await claim(1);
  if (task === undefined) throw new Error("expected a task");
  await storage.markDone(task, json(1), NOW);
};

beforeAll(() => openD1());

describe("what unique tasks cost on D1", () => {
  beforeEach(async () => {
    await (await openD1()).clear();
  });

  it("a key 1 W at the enqueue and 1 at the claim, which one that is free by then does not cost", async () => {
    expect((await enqueue(newTask({ uniqueKey: "l" }))).written).toBe(3);
    expect((await cost(() => claim(1))).written).toBe(3);
    const pending = withExtras({ uniqueWhile: "pending" }, { uniqueKey: "k" });
    expect((await enqueue(pending)).written).toBe(3);
    expect((await cost(() => claim(1))).written).toBe(2);
  });

  it("a window 1 W, a conflict with it nothing", async () => {
    expect((await enqueue(ruled({ within: HOUR }))).written).toBe(4);
    expect((await enqueue(ruled({ within: HOUR }))).written).toBe(0);
    await end();
    expect((await enqueue(ruled({ within: HOUR }))).written).toBe(0);
    expect((await enqueue(ruled({ within: HOUR }), NOW + HOUR)).written).toBe(4);
  });

  it("a window is purged for 1 W", async () => {
    await enqueue(ruled({ within: HOUR }));
    expect((await cost(() => storage.uniques.purgeWindows(NOW + HOUR))).written).toBe(1);
  });

  it("a replacement 2 W and no more than 20 reads, whatever the backlog", async () => {
    await storage.enqueueMany(newTasks(1_000), NOW);
    const first = await enqueue(ruled({ onConflict: "replace" }, { eta: NOW + HOUR }));
    expect(first.written).toBe(3);
    const same = await enqueue(ruled({ onConflict: "replace" }, { eta: NOW + HOUR }));
    const sooner = await enqueue(ruled({ onConflict: "replace" }, { eta: NOW + 1 }));
    expect([same.written, sooner.written]).toEqual([2, 2]);
    expect(same.read).toBeLessThanOrEqual(20);
  });

  it("a debounced enqueue what a replacement does", async () => {
    await enqueue(ruled({ onConflict: "replace", debounce: HOUR }));
    const again = await enqueue(ruled({ onConflict: "replace", debounce: HOUR }, { eta: NOW + 2 }));
    expect(again.written).toBe(2);
  });

  it("a conflict that is rejected writes nothing that stays", async () => {
    await enqueue(ruled({ onConflict: "reject" }));
    await expect(storage.enqueueMany([ruled({ onConflict: "reject" })], NOW)).rejects.toMatchObject({
      code: "unique_conflict",
    });
  });
});

describe("what an expiry costs on D1", () => {
  beforeEach(async () => {
    await (await openD1()).clear();
  });

  it("nothing more at the enqueue; the claim that meets it 1 W, and no result: 3 in all", async () => {
    expect((await enqueue(withExtras({ expiresAt: NOW }))).written).toBe(2);
    expect((await cost(() => claim(1))).written).toBe(1);
  });

  it("a claim reads no more for those that may expire", async () => {
    await storage.enqueueMany(newTasks(100, { extras: { ...NO_EXTRAS, expiresAt: NOW + HOUR } }), NOW);
    const { read, written } = await cost(() => claim(100));
    expect(read / 100).toBeLessThanOrEqual(8);
    expect(written).toBe(200);
  });
});
