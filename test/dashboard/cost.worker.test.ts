import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { fillBacklog } from "../support/backlog.ts";
import { counted, openD1 } from "../support/d1.ts";
import { NOW } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";
import { visit } from "./browser.ts";

const MINUTE = 60_000;
const MOST = 2_000;
const { binding, rows, reset } = counted(env.DB);
const { call } = startWorker([], {}, { DB: binding });
const id = (number: number) => `018f0000-06bb-7e37-a6ed-${number.toString(16).padStart(12, "0")}`;

beforeAll(async () => {
  const database = await openD1();
  await fillBacklog(database, 100_000, NOW);
  await database.sql(
    `INSERT INTO history (queue, minute) SELECT 'queue ' || q.value, ?1 - m.value * 60000
    FROM json_each('[1,2,3,4,5]') q CROSS JOIN (
      WITH RECURSIVE minutes (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM minutes WHERE value < 1439) SELECT value FROM minutes) m`,
    Math.floor(Date.now() / MINUTE) * MINUTE,
  );
  await database.sql(
    `INSERT INTO backlog (minute, waiting)
    WITH RECURSIVE minutes (value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM minutes WHERE value < 1439) SELECT ?1 - value * 60000, 1000 FROM minutes`,
    Math.floor(Date.now() / MINUTE) * MINUTE,
  );
}, 120_000);

describe("rows that a page reads, among 100,000 tasks and a day of history of 5 queues", () => {
  it.each([
    ["/overview", 1_356],
    ["/tasks", 73],
    ["/tasks?status=FAILED", 1_122],
    ["/tasks?status=SUCCESS", 1_122],
    ["/tasks?queue=0&text=boom", 1_122],
    ["/tasks?text=nothing+like+it", 1_023],
    [`/tasks?status=RUNNING&cursor=${id(50_000)}`, 1_223],
    ["/tasks?status=PENDING", 1_324],
    [`/tasks/${id(6)}`, 3],
    [`/tasks/${id(6)}/copy`, 1],
  ])("%s: %d", async (path, read) => {
    reset();
    const { status } = await visit(call, path);
    expect(status).toBe(200);
    expect(rows).toMatchObject({ written: 0, read });
    expect(read).toBeLessThanOrEqual(MOST);
  });

  it.each([
    ["/overview/data", 460],
    ["/overview/data?range=day", 1_950],
    ["/overview/data?range=day&queue=queue+1", 1_660],
  ])("%s: at most %d, by the minute that it is", async (path, most) => {
    reset();
    expect((await visit(call, path)).status).toBe(200);
    expect(rows.written).toBe(0);
    expect(rows.read).toBeGreaterThan(most / 2);
    expect(rows.read).toBeLessThanOrEqual(most);
  });
});
