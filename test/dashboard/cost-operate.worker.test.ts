import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { counted, openD1 } from "../support/d1.ts";
import { seedTown } from "../support/town.ts";
import { startWorker } from "../support/worker.ts";
import { visit } from "./browser.ts";

/** Rows that a page view may read. */
const MOST = 2_000;

const { binding, rows, reset } = counted(env.DB);
const { call } = startWorker([], {}, { DB: binding });

beforeAll(async () => {
  const database = await openD1();
  for (const { sql, parameters } of seedTown(100_000, Date.now())) await database.sql(sql, ...parameters);
}, 120_000);

describe("rows that an operator's page reads, among 100,000 tasks", () => {
  it.each([
    ["/queues", 1_629],
    ["/schedules", 4],
    ["/schedules/sales%20report", 1_079],
    ["/schedules/hourly%20cleanup", 1_001],
    ["/dead-letters", 1_000],
    ["/dead-letters?queue=mail", 1_000],
    ["/dead-letters/confirm?action=retry&queue=mail", 1_000],
    ["/workers", 18],
  ])("%s: %d", async (path, read) => {
    reset();
    const { status } = await visit(call, path);
    expect(status).toBe(200);
    expect(rows).toMatchObject({ written: 0, read });
    expect(read).toBeLessThanOrEqual(MOST);
  });
});
