import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { toLeaseCursor } from "../../src/core/inspector.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { fillBacklog } from "../support/backlog.ts";
import { counted, openD1 } from "../support/d1.ts";
import { NOW } from "../support/tasks.ts";

const { binding, rows, reset } = counted(env.DB);
const { inspector } = d1Storage(binding);
const database = await openD1();

/** Rows that one look reads. */
async function read(look: () => Promise<unknown>): Promise<number> {
  reset();
  await look();
  expect(rows.written).toBe(0);
  return rows.read;
}

describe("rows that an operator's look costs on D1, among 20,000 tasks", () => {
  beforeAll(() => fillBacklog(database, 20_000, NOW));

  it("a queue with thousands that wait and that run", async () => {
    expect(await read(() => inspector.queues(null, NOW))).toBe(1_777);
  });

  it("a page of dead letters reads the 1,000 that it looks at", async () => {
    expect(await read(() => inspector.failures({}, null))).toBe(1_000);
    expect(await read(() => inspector.failures({ errorType: "none" }, null))).toBe(1_000);
  });

  it("a page of leases reads those that it shows, and the one that it goes on from", async () => {
    expect(await read(() => inspector.leases(null))).toBe(250);
    const { items } = await inspector.leases(null);
    const [last] = items.slice(-1);
    if (last === undefined) throw new Error("expected leases");
    expect(toLeaseCursor(last)).toContain(".0");
    expect(await read(() => inspector.leases(last))).toBe(251);
  });

  it("a page of as many queues as there is room for", async () => {
    const many = Array.from({ length: 40 }, (_, index) => `many ${String(index).padStart(2, "0")}`);
    await database.sql(
      `UPDATE tasks SET queue = 'many ' || substr('0' || (abs(random()) % ?1), -2)`,
      many.length,
    );
    const cost = await read(() => inspector.queues(null, NOW));
    expect(cost).toBeLessThanOrEqual(1_900);
    expect(cost).toBeGreaterThan(1_000);
  });
});
