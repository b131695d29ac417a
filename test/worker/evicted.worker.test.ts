import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { intercepted } from "../support/intercept.ts";
import { QUERIES } from "../support/production.ts";
import { newTasks } from "../support/tasks.ts";
import { fastForward } from "../support/time.ts";
import { startWorker, type TestWorker } from "../support/worker.ts";
import { fatesIn, isKind, type Kind } from "./platform.ts";

const MINUTE = 60_000;

const starts: { id: string; at: number }[] = [];
let ending: () => void;
let ended: Promise<void>;
const note = defineTask("note", { run: (_, { task }) => void starts.push({ id: task.id, at: Date.now() }) });
/** Goes on for as long as the test wants, whatever became of its isolate. */
const endless = defineTask("endless", {
  run: (_, { task }) => {
    starts.push({ id: task.id, at: Date.now() });
    return starts.length === 1 ? ended : undefined;
  },
});

const database = await openD1();
const { statuses, most, results, passTime } = fatesIn(database);
let worker: TestWorker;
let fault: { readonly kind: Kind; readonly moment: "before" | "after" } | null;
const DB = intercepted(env.DB, async (statements, send) => {
  const strikes = fault !== null && isKind(fault.kind, statements) ? fault.moment : null;
  if (strikes !== null) fault = null;
  // The call itself does not arrive either: it is as if the isolate had ended a moment sooner.
  if (strikes === "before") return new Promise(() => worker.evict());
  const answer = await send();
  if (strikes === "after") worker.evict();
  return answer;
});

const start = (cronDeadline: number) =>
  startWorker(
    [note, endless],
    { cronDeadline },
    { DB, OMNIQ_QUERY_BUDGET: "900" },
    { queries: QUERIES.paid },
  );
const enqueue = async (count: number, funcPath: string) => {
  const now = Date.now();
  const tasks = newTasks(count, { funcPath, eta: now - 1 });
  await database.storage().enqueueMany(tasks, now);
  return tasks.map(({ id }) => id);
};

beforeEach(async () => {
  await database.clear();
  starts.length = 0;
  fault = null;
  ({ promise: ended, resolve: ending } = Promise.withResolvers<void>());
});

describe("an isolate that is evicted in the middle of a tick", () => {
  it("leaves its task to the next tick, which rescues it once the lease has ended, and never sooner", async () => {
    worker = start(3 * MINUTE);
    const [id] = await enqueue(1, "endless");
    await fastForward(
      async () => {
        const ticking = worker.tick();
        while (starts.length === 0) await new Promise((resolve) => setTimeout(resolve, 100));
        worker.evict();
        await ticking;
        const [row] = await database.sql("SELECT status, lease_expires_at FROM tasks");
        await worker.tick();
        expect(row?.status).toBe("RUNNING");
        expect(starts.map((run) => run.id)).toEqual([id, id]);
        expect(starts[1]?.at).toBeGreaterThanOrEqual(Number(row?.lease_expires_at));
      },
      5 * MINUTE,
      1_000,
    );
    expect(await statuses()).toEqual({ SUCCESS: 1 });
    expect(await most("failures")).toBe(0);
  });

  it("writes nothing any more, even where its handler goes on and ends well", async () => {
    worker = start(500);
    await enqueue(1, "endless");
    const ticking = worker.tick();
    while (starts.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    worker.evict();
    await ticking;
    ending();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await statuses()).toEqual({ RUNNING: 1 });
    await passTime();
    await worker.tick();
    expect(await statuses()).toEqual({ SUCCESS: 1 });
    expect(await most("attempts")).toBe(2);
  });

  it.each([
    ["claim", "before", 1],
    ["claim", "after", 2],
    ["settle", "before", 2],
    ["settle", "after", 1],
  ] as const)("loses nothing where that is at a %s, %s it took effect", async (kind, moment, attempts) => {
    worker = start(500);
    const ids = await enqueue(10, "note");
    fault = { kind, moment };
    await worker.tick();
    expect(fault).toBeNull();
    await passTime();
    await worker.tick();
    expect(await statuses()).toEqual({ SUCCESS: 10 });
    expect(await most("attempts")).toBe(attempts);
    expect(await most("failures")).toBe(0);
    expect(await results()).toBe(10);
    expect(new Set(starts.map(({ id }) => id))).toEqual(new Set(ids));
  });
});

describe("an isolate that is evicted in the middle of a request", () => {
  const id = "018f0000-06bb-7e37-a6ed-000000000001";

  it.each([
    ["before", "an id", 201],
    ["after", "an id", 200],
    ["before", "an Idempotency-Key", 201],
    ["after", "an Idempotency-Key", 200],
  ] as const)(
    "enqueues once, %s the insert, for a client that asks again with %s",
    async (moment, by, status) => {
      worker = start(500);
      const task = { funcPath: "note", delay: "1h" };
      const request =
        by === "an id" ? { json: { ...task, id } } : { json: task, headers: { "idempotency-key": "a" } };
      const post = () => worker.call("POST", "/v1/tasks", request);
      fault = { kind: "enqueue", moment };
      await expect(post()).rejects.toThrow("evicted");
      expect((await post()).status).toBe(status);
      expect((await post()).status).toBe(200);
      expect(await statuses()).toEqual({ PENDING: 1 });
    },
  );
});
