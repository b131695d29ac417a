import { beforeEach, describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { QUERIES } from "../support/production.ts";
import { json, newTasks } from "../support/tasks.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";
import { fatesIn } from "./platform.ts";

const note = defineTask("note", { run: () => null });

/** Asks D1 by itself, as often as it is told. */
const curious = defineTask<{ queries: number }, { readonly DB: D1Database }>("curious", {
  run: async ({ queries }, { env }: TaskContext<{ readonly DB: D1Database }>) => {
    for (let sent = 0; sent < queries; sent++) await env.DB.prepare("SELECT 1").first();
    return { sent: queries };
  },
});

const database = await openD1();
const { statuses, most, passTime } = fatesIn(database);
const events: QueueEvent[] = [];
let worker: TestWorker;
beforeEach(async () => {
  await database.clear();
  events.length = 0;
  const onEvent = (event: QueueEvent) => void events.push(event);
  worker = startWorker([note, curious], { cronDeadline: 1_000, onEvent });
});

async function enqueue(count: number, funcPath: string, kwargs = {}): Promise<void> {
  const now = Date.now();
  const tasks = newTasks(count, { funcPath, eta: now - 1, kwargs: json(kwargs) });
  await database.storage().enqueueMany(tasks, now);
}

/** Ticks until every task has succeeded. @returns how many tasks had after each */
async function tickThrough(count: number): Promise<number[]> {
  const succeeded: number[] = [];
  while (succeeded.at(-1) !== count) {
    if (succeeded.length === 60) throw new Error(`expected the backlog to end, got ${succeeded.join()}`);
    await worker.tick();
    succeeded.push((await statuses()).SUCCESS ?? 0);
    await passTime();
  }
  return succeeded;
}

describe("on the Free plan's 50 queries an invocation", () => {
  it("many ticks finish a backlog: each gets on, and none passes the limit or leaves anything in flight", async () => {
    await enqueue(500, "note");
    let before = 0;
    for (let ticks = 0; before < 500; ticks++) {
      expect(ticks).toBeLessThan(60);
      await worker.tick();
      const { SUCCESS = 0, RUNNING = 0, RETRYING = 0 } = await statuses();
      expect(SUCCESS).toBeGreaterThan(before);
      expect(RUNNING + RETRYING).toBe(0);
      before = SUCCESS;
    }
    expect(Math.max(...worker.queries())).toBeLessThanOrEqual(QUERIES.free);
    expect(events.filter(({ type }) => type === "storage.failed")).toEqual([]);
    expect(await most("attempts")).toBe(1);
  });

  it("what handlers ask of D1 counts too: the limit ends the drain, and what it held waits for its lease's end", async () => {
    await enqueue(20, "curious", { queries: 10 });
    await worker.tick();
    expect(worker.queries().at(-1)).toBeGreaterThan(QUERIES.free);
    const failed = events.filter(({ type }) => type === "storage.failed");
    expect(failed).toMatchObject([{ error: { code: "query_limit" } }]);
    const { SUCCESS = 0, RUNNING = 0, PENDING = 0, ...others } = await statuses();
    expect(others).toEqual({});
    expect(SUCCESS + RUNNING + PENDING).toBe(20);
    expect(events.filter(({ type }) => type === "task.lost")).toHaveLength(RUNNING);
  });

  it.each([1, 3, 10, 20])("tasks whose handlers ask D1 %d times all succeed in the end", async (queries) => {
    await enqueue(10, "curious", { queries });
    await tickThrough(10);
    const results = await database.sql("SELECT status, result FROM results");
    expect(results).toEqual(
      Array.from({ length: 10 }, () => ({ status: "SUCCESS", result: `{"sent":${queries}}` })),
    );
  });
});
