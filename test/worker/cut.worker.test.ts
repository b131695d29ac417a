import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { fastForward } from "../support/time.ts";
import { startWorker } from "../support/worker.ts";
import { fatesIn, isKind } from "./platform.ts";

const SECOND = 1_000;

const runs: string[] = [];
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const note = defineTask("note", { run: (_, { task }) => void runs.push(task.id) });
const long = defineTask("long", { timeout: "50s", run: () => sleep(45 * SECOND) });

const database = await openD1();
const { statuses, most, results, passTime } = fatesIn(database);
beforeEach(async () => {
  await database.clear();
  runs.length = 0;
});

describe("a task of 45 s that is enqueued over HTTP", () => {
  it("is not burnt by the kick, which the platform would end first: it waits for cron, unattempted", async () => {
    const worker = startWorker([note, long]);
    const attempts = () => database.sql("SELECT status, attempts, timeout FROM tasks ORDER BY timeout");
    await fastForward(
      async () => {
        const tasks = [{ funcPath: "long" }, { funcPath: "note", timeout: "45s" }, { funcPath: "note" }];
        const { body } = await worker.call("POST", "/v1/tasks/batch", { json: { tasks } });
        await worker.settled();
        expect(body.ids).toEqual([expect.any(String), expect.any(String), runs[0]]);
        expect(await attempts()).toEqual([
          { status: "SUCCESS", attempts: 1, timeout: 25_000 },
          { status: "PENDING", attempts: 0, timeout: 45_000 },
          { status: "PENDING", attempts: 0, timeout: 50_000 },
        ]);
        await worker.tick();
      },
      180 * SECOND,
      SECOND,
    );
    expect(await statuses()).toEqual({ SUCCESS: 3 });
    expect(await most("attempts")).toBe(1);
    expect(await results()).toBe(3);
  });
});

describe("a kick whose database takes 4 s to tell the time, three times", () => {
  it("counts them in: a task that no longer fits waits for cron, unattempted", async () => {
    const delay = (statements: readonly { sql: string }[]) =>
      statements.some(({ sql }) => sql.includes("unixepoch('subsec')")) ? 4 * SECOND : 0;
    const worker = startWorker([note], {}, {}, { delay });
    await fastForward(
      async () => {
        await worker.call("POST", "/v1/tasks", { json: { funcPath: "note", timeout: "25s" } });
        await worker.settled();
      },
      60 * SECOND,
      SECOND,
    );
    expect(await statuses()).toEqual({ PENDING: 1 });
    expect(await most("attempts")).toBe(0);
  });
});

describe("a kick that the platform cuts 30 s after the response", () => {
  it.each([
    ["claim", 29 * SECOND],
    ["claim", 80 * SECOND],
    ["settle", 25 * SECOND],
    ["settle", 80 * SECOND],
  ] as const)("loses nothing where each %s takes %d ms: cron rescues what it held", async (kind, stall) => {
    let stalled = true;
    const worker = startWorker(
      [note],
      { cronDeadline: 500 },
      {},
      {
        delay: (statements) => (stalled && isKind(kind, statements) ? stall : 0),
      },
    );
    const { milliseconds } = await fastForward(
      async () => {
        const tasks = Array.from({ length: 10 }, () => ({ funcPath: "note" }));
        expect((await worker.call("POST", "/v1/tasks/batch", { json: { tasks } })).status).toBe(201);
        await worker.settled();
      },
      60 * SECOND,
      SECOND,
    );
    expect(milliseconds).toBeLessThanOrEqual(31 * SECOND);
    stalled = false;
    for (let ticks = 0; ticks < 3; ticks++) {
      await passTime();
      await worker.tick();
    }
    expect(await statuses()).toEqual({ SUCCESS: 10 });
    expect(await most("attempts")).toBeLessThanOrEqual(2);
    expect(await most("failures")).toBe(0);
    expect(await results()).toBe(10);
  });
});
