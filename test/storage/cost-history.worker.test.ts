import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { json, NOW, newTasks } from "../support/tasks.ts";

const HOUR = 3_600_000;
const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);
const database = await openD1();
beforeEach(() => database.clear());

/** Tasks of a queue, claimed and then settled as done: what the settle costs. */
async function settle(queue: string, count: number, records: boolean, now = NOW) {
  await storage.enqueueMany(newTasks(count, { queue }), NOW);
  const claim = { now, limit: count, leaseExpiresAt: now + HOUR, longestTimeout: HOUR, queues: [queue] };
  const tasks = await storage.claimMany(claim);
  reset();
  await storage.settleMany(
    tasks.map(({ id, attempts }) => ({ id, attempts, duration: 5, kind: "done", result: json(1) })),
    now,
    records,
  );
  return { ...rows };
}

describe("rows that history costs on D1", () => {
  it("2 written a flush and queue, whatever the number of tasks, and one query", async () => {
    const without = await settle("mail", 10, false);
    const first = await settle("mail", 10, true);
    const second = await settle("mail", 10, true);
    expect([first.written, second.written]).toEqual([without.written + 2, without.written + 2]);
    expect(first.queries).toBe(without.queries + 1);
  });

  it("nothing where it is off: a task is settled at 2 rows", async () => {
    expect(await settle("mail", 1, false)).toMatchObject({ written: 2, queries: 2 });
  });

  it("a chart of two points reads 9 rows and the totals of a queue 6, those of the loose scan among them", async () => {
    for (const at of [0, HOUR]) await settle("mail", 1, true, NOW + at);
    reset();
    expect(
      await storage.history.read({ from: NOW, to: NOW + 2 * HOUR, queue: "mail", after: null }),
    ).toHaveLength(2);
    expect(rows).toMatchObject({ written: 0, queries: 1 });
    const chart = rows.read;
    reset();
    await storage.history.totals();
    expect({ chart, totals: rows.read }).toEqual({ chart: 9, totals: 6 });
  });

  it("a page that goes on from a point reads none of the points before it", async () => {
    const minutes = `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
      INSERT INTO history (queue, minute) SELECT 'mail', i * 60000 FROM n`;
    await database.sql(minutes);
    reset();
    const after = { queue: "mail", minute: 1_990 * 60_000 };
    const points = await storage.history.read({ from: 0, to: NOW, queue: null, after });
    expect(points.map(({ minute }) => minute / 60_000)).toEqual([
      1_991, 1_992, 1_993, 1_994, 1_995, 1_996, 1_997, 1_998, 1_999, 2_000,
    ]);
    expect(rows.read).toBeLessThan(50);
  });

  it("a purge writes a row for each minute that goes", async () => {
    for (const at of [0, HOUR]) await settle("mail", 1, true, NOW + at);
    reset();
    await storage.history.purge(NOW + HOUR);
    expect(rows.written).toBe(1);
  });

  it("what waits: 1 row a minute, and a read for each that waits; asked for again in its minute, 2 reads", async () => {
    await storage.enqueueMany(newTasks(50), NOW);
    const cost = async (now: number) => {
      reset();
      await storage.history.recordBacklog(now);
      return { ...rows };
    };
    expect(await cost(NOW)).toMatchObject({ written: 1, read: 89, queries: 1 });
    expect(await cost(NOW + 1)).toMatchObject({ written: 0, read: 2, queries: 1 });
    await storage.enqueueMany(newTasks(2_000, { queue: "many" }), NOW);
    expect(await cost(NOW + 60_000)).toMatchObject({ written: 1, read: 1_064, queries: 1 });
  });

  it("what waited in the 96 points of a day's chart: 2 reads each", async () => {
    const minutes = Array.from({ length: 96 }, (_, index) => NOW + index * 900_000);
    for (const minute of minutes) await storage.history.recordBacklog(minute);
    reset();
    expect(await storage.explorer.backlogAt(minutes)).toHaveLength(96);
    expect(rows).toMatchObject({ written: 0, read: 192, queries: 1 });
  });
});
