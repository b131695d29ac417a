import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { d1Storage } from "../../src/storage/d1.ts";
import { counted, openD1 } from "../support/d1.ts";
import { NOW, newTasks } from "../support/tasks.ts";

describe("with 1,000 tasks that are not yet due", () => {
  const { binding, rows, reset } = counted(env.DB);
  const storage = d1Storage(binding);
  const request = { now: NOW, leaseExpiresAt: NOW + 120_000 };

  beforeAll(async () => {
    await openD1();
    await storage.enqueueMany(newTasks(1_000, { eta: NOW + 3_600_000 }), NOW);
  });

  it.each([
    ["a claim of any queue", () => storage.claimMany({ ...request, limit: 100 })],
    ["a claim of listed queues", () => storage.claimMany({ ...request, limit: 100, queues: ["default"] })],
    ["the look for the next eta", () => storage.findNextEta()],
  ])("an idle poll writes 0 rows and reads 15 or fewer: %s", async (_, poll) => {
    reset();
    await poll();
    expect(rows.written).toBe(0);
    expect(rows.read).toBeLessThanOrEqual(15);
  });

  it("rows read per claimed task stay at 8 or fewer where fewer are due than may be claimed", async () => {
    await storage.enqueueMany(newTasks(20), NOW);
    reset();
    expect(await storage.claimMany({ ...request, limit: 100 })).toHaveLength(20);
    expect(rows.read / 20).toBeLessThanOrEqual(8);
  });
});
