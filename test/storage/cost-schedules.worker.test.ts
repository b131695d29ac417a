import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { schedule } from "../../src/core/schedule.ts";
import { NO_EXTRAS } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { NOW, newTask } from "../support/tasks.ts";
import { firingOf, newSchedule } from "./suite/schedules.ts";

const HOUR = 3_600_000;
const { binding, rows, reset } = counted(env.DB);
const OPTIONS = { ...newSchedule().options, expiresIn: null, resultTtl: null };
const task = defineTask("test.quick", { run: () => null });
const database = await openD1();

/** A tick of an isolate that has no task to run: without rescue and, for the comparison, without schedules. */
async function tick(queue: ReturnType<typeof open>, schedules = true) {
  reset();
  await queue.drain({ queues: [], rescue: false, schedules });
  return { ...rows };
}

function open(now: number, count: number) {
  const schedules = Array.from({ length: count }, (_, n) => schedule(`s${n}`, "0 * * * *", task, {}));
  return createQueue({ storage: d1Storage(binding), tasks: [task], now: () => now, schedules });
}

describe("what schedules cost on D1", () => {
  beforeEach(() => database.clear());

  async function over(plain: number, count: number, now = NOW) {
    const queue = open(now, count);
    const bare = await tick(queue, false);
    const used = await tick(queue);
    expect(bare.written).toBe(plain);
    return { written: used.written, read: used.read - bare.read, queries: used.queries - bare.queries };
  }

  it("declaring 2 rows each; a start that finds them declared 0, and 1 read each", async () => {
    expect(await over(0, 50)).toMatchObject({ written: 100, queries: 4 });
    expect(await over(0, 50)).toMatchObject({ written: 0, queries: 2 });
  });

  it("a tick where nothing is due 1 query, 0 rows written and 3 read", async () => {
    const queue = open(NOW, 50);
    await tick(queue);
    const bare = await tick(queue, false);
    const idle = await tick(queue);
    expect([idle.queries - bare.queries, idle.written]).toEqual([1, 0]);
    expect(idle.read - bare.read).toBe(3);
  });

  it.each([1, 50])(
    "the firing of %i 4 rows each: its task 2, its schedule 2; 3 queries for all",
    async (count) => {
      await tick(open(NOW, count));
      const later = createQueue({ storage: d1Storage(binding), tasks: [task], now: () => NOW + HOUR });
      const bare = await tick(later, false);
      const used = await tick(later);
      expect(used.written).toBe(4 * count);
      expect(used.queries - bare.queries).toBe(3);
    },
  );

  it("a firing with a unique key 5 rows, and one that is left out 2", async () => {
    const schedules = [schedule("s", "0 * * * *", task, {}, { unique: { while: "active" } })];
    let now = NOW;
    const queue = createQueue({ storage: d1Storage(binding), tasks: [task], now: () => now, schedules });
    await tick(queue);
    const written: number[] = [];
    for (let n = 0; n < 2; n++) {
      now += HOUR;
      written.push((await tick(queue)).written);
    }
    expect(written).toEqual([5, 2]);
  });

  it("a firing without a key reads 11 rows, whatever the backlog; the look at what holds a key 4 more, and the cancel of it 3, and writes 1", async () => {
    const storage = d1Storage(binding);
    const fire = async (name: string, uniqueKey: string | null) => {
      await storage.schedules.insert(newSchedule({ name, options: { ...OPTIONS, uniqueKey } }), NOW);
      reset();
      await storage.schedules.fireMany([firingOf({ name, uniqueKey })], NOW);
      return [rows.written, rows.read];
    };
    const keyed = Array.from({ length: 50 }, (_, n) => newTask({ uniqueKey: `other ${n}` }));
    await storage.enqueueMany(keyed, NOW);
    const plain = await fire("plain", null);
    const free = await fire("free", "free");
    await storage.enqueueMany(
      [newTask({ uniqueKey: "over", extras: { ...NO_EXTRAS, expiresAt: NOW } })],
      NOW,
    );
    const over = await fire("over", "over");
    expect([plain, free, over]).toEqual([
      [4, 11],
      [5, 15],
      [6, 18],
    ]);
  });

  it("an edit 2 rows, a delete 1", async () => {
    const queue = open(NOW, 1);
    await tick(queue);
    const written = async (call: () => Promise<unknown>) => {
      reset();
      await call();
      return rows.written;
    };
    expect(await written(() => queue.schedules.update("s0", { priority: 1 }))).toBe(2);
    expect(await written(() => queue.schedules.update("s0", { cron: "5 * * * *" }))).toBe(2);
    expect(await written(() => queue.schedules.delete("s0"))).toBe(1);
  });
});
