import process from "node:process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import type { Sent } from "../support/intercept.ts";
import { newTask, newTasks } from "../support/tasks.ts";
import { fastForward } from "../support/time.ts";
import { startWorker } from "../support/worker.ts";
import { fatesIn, isKind } from "./platform.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Ids of the tasks that were started, in that order. */
const starts: string[] = [];
const running = { now: 0, most: 0 };
const note = defineTask("note", { run: (_, { task }) => void starts.push(task.id) });
const long = defineTask("long", {
  timeout: "50s",
  run: async (_, { task }) => {
    starts.push(task.id);
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    await sleep(45 * SECOND);
    running.now -= 1;
  },
});
/** Its first attempt ends only by its timeout, and from then on the database hangs. */
const endless = defineTask("endless", {
  timeout: "14m",
  run: (_, { task, signal }) => {
    if (task.attempts > 1) return null;
    signal.addEventListener("abort", () => {
      hangs = true;
    });
    return new Promise(() => {});
  },
});
let hangs = false;

const database = await openD1();
const { statuses, most, results, passTime } = fatesIn(database);
beforeEach(async () => {
  await database.clear();
  starts.length = 0;
  running.most = 0;
});

async function enqueue(count: number, funcPath: string, options = {}): Promise<string[]> {
  const now = Date.now();
  const tasks = newTasks(count, { funcPath, eta: now - 1, ...options });
  await database.storage().enqueueMany(tasks, now);
  return tasks.map(({ id }) => id);
}

/** Each task was run once, and has its result. */
async function expectEachOnce(ids: readonly string[]): Promise<void> {
  expect(await statuses()).toEqual({ SUCCESS: ids.length });
  expect([...starts].sort()).toEqual([...ids].sort());
  expect(await most("attempts")).toBe(1);
  expect(await results()).toBe(ids.length);
}

describe("a tick in whose isolate something is thrown that nobody catches", () => {
  const thrown: unknown[] = [];
  const reckless = defineTask("reckless", {
    run: async (_, { task }) => {
      starts.push(task.id);
      void Promise.reject("a rejection");
      setTimeout(() => {
        thrown.push("in a timer");
        throw new Error("in a timer");
      }, 5);
      await sleep(50);
    },
  });
  // The test runner would take it for a failure.
  const own = process.listeners("unhandledRejection");
  beforeAll(() => {
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", (reason) => thrown.push(reason));
  });
  afterAll(() => {
    process.removeAllListeners("unhandledRejection");
    for (const listener of own) process.on("unhandledRejection", listener);
  });

  it("goes on: that task and its neighbours end well, and so do those of the next tick", async () => {
    const { tick } = startWorker([note, reckless], { cronDeadline: 500 });
    const ids = [...(await enqueue(1, "reckless")), ...(await enqueue(10, "note"))];
    await tick();
    const later = await enqueue(5, "note");
    await tick();
    expect(thrown).toEqual(["a rejection", "in a timer"]);
    await expectEachOnce([...ids, ...later]);
  });
});

describe("a tick that the platform ends after 15 minutes, since its database hangs", () => {
  it("loses nothing of what it held: the next tick rescues it, at no retry", async () => {
    const delay = (statements: readonly Sent[]) => (hangs && isKind("settle", statements) ? 80 * SECOND : 0);
    const { tick } = startWorker([note, endless], { concurrency: 10 }, {}, { delay });
    await enqueue(3, "endless", { timeout: 14 * MINUTE });
    await enqueue(3, "note");
    const { milliseconds } = await fastForward(tick, 16 * MINUTE, 2 * SECOND);
    expect(milliseconds).toBeGreaterThan(14.9 * MINUTE);
    expect(milliseconds).toBeLessThanOrEqual(15.1 * MINUTE);
    expect(await statuses()).toEqual({ RUNNING: 3, SUCCESS: 3 });
    hangs = false;
    for (let ticks = 0; ticks < 10 && (await statuses()).SUCCESS !== 6; ticks++) {
      await passTime();
      await fastForward(tick, 2 * MINUTE, 2 * SECOND);
    }
    expect(await statuses()).toEqual({ SUCCESS: 6 });
    expect(await most("attempts")).toBe(2);
    expect(await most("failures")).toBe(0);
    expect(await results()).toBe(6);
  });
});

describe("ticks that overlap", () => {
  it("run long tasks beside each other, each once", async () => {
    const { tick } = startWorker([long]);
    const ids = await enqueue(12, "long", { timeout: 50 * SECOND });
    await fastForward(
      async () => {
        const first = tick();
        await sleep(30 * SECOND);
        await Promise.all([first, tick()]);
        await tick();
      },
      6 * MINUTE,
      SECOND,
    );
    expect(running.most).toBe(10);
    await expectEachOnce(ids);
  });

  it("of which the platform fires each twice, on a slow database, run each task once", async () => {
    const { tick } = startWorker([note], {}, {}, { delay: () => 3 * SECOND });
    const ids = await enqueue(30, "note");
    await fastForward(() => Promise.all([tick(), tick()]), 2 * MINUTE, SECOND);
    expect((await statuses()).RUNNING).toBeUndefined();
    for (let ticks = 0; ticks < 10 && (await statuses()).SUCCESS !== 30; ticks++)
      await fastForward(() => Promise.all([tick(), tick()]), 2 * MINUTE, SECOND);
    await expectEachOnce(ids);
  });
});

describe("a tick that never comes", () => {
  const worker = startWorker([note], { cronDeadline: 500 });
  afterEach(() => worker.settled());
  const HOUR = 60 * MINUTE;

  it("loses nothing: the next one works through what has come due since, in its order", async () => {
    const now = Date.now();
    const tasks = Array.from({ length: 60 }, (_, minute) =>
      newTask({ funcPath: "note", eta: now - minute * MINUTE }),
    );
    await database.storage().enqueueMany(tasks, now - HOUR);
    await worker.tick();
    await expectEachOnce(tasks.map(({ id }) => id));
    expect(starts).toEqual(tasks.map(({ id }) => id).reverse());
  });

  it("is made up for by the kick of an enqueue, which runs whatever is due", async () => {
    const waiting = await enqueue(10, "note", { eta: Date.now() - HOUR });
    const { body } = await worker.call("POST", "/v1/tasks", { json: { funcPath: "note" } });
    await worker.settled();
    await expectEachOnce([...waiting, `${body.id}`]);
  });

  it("leaves what a dead worker held as it is: no kick rescues it, the next tick does", async () => {
    const [id] = await enqueue(1, "note");
    await database.storage().claimMany({ now: Date.now(), limit: 1, leaseExpiresAt: Date.now() - 1 });
    await worker.call("POST", "/v1/tasks", { json: { funcPath: "note" } });
    await worker.settled();
    expect(await statuses()).toEqual({ RUNNING: 1, SUCCESS: 1 });
    await worker.tick();
    expect(await statuses()).toEqual({ SUCCESS: 2 });
    expect(starts[1]).toBe(id);
    expect(await most("failures")).toBe(0);
  });
});
