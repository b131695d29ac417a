import { afterAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { schedule } from "../../src/core/schedule.ts";
import { add, collect, errorOf, fail, KEY, startServer } from "./context.ts";

const server = await startServer();
afterAll(() => server.close());
const client = createClient({ url: server.url, key: KEY });

const later = { delay: "1h" };
const enqueueLater = async (queue: string) =>
  (await client.enqueue(add, { a: 1, b: 2 }, { ...later, queue })).id;
const failIn = async (queue: string) => {
  const { id } = await client.enqueue(fail, {}, { queue });
  await client.result(id, { wait: "20s" });
  return id;
};

describe("what a client does with one task", () => {
  it("makes it due now, at another time, in another place", async () => {
    await client.setQueue("one", { paused: true });
    const id = await enqueueLater("one");
    expect(await client.change(id, { priority: 1 })).toMatchObject({ id, priority: 1, queue: "one" });
    const moved = await client.reschedule(id, { delay: "2h" });
    expect(moved.eta - moved.updatedAt).toBe(7_200_000);
    const eta = new Date("2030-01-01T00:00:00Z");
    expect((await client.reschedule(id, eta)).eta).toBe(eta.getTime());
    const now = await client.runNow(id);
    expect(now.eta).toBe(now.updatedAt);
  });

  it("retries and deletes", async () => {
    const id = await failIn("two");
    expect(await client.retry(id)).toMatchObject({ id, status: "PENDING" });
    await client.result(id, { wait: "20s" });
    expect(await client.delete(id)).toBeUndefined();
    expect(await errorOf(client.delete(id))).toMatchObject({ code: "task_not_found", tries: 1 });
  });
});

describe("what a client sees of many", () => {
  it("gives a page of tasks, and all of them page by page", async () => {
    const ids = [await enqueueLater("pages"), await enqueueLater("pages"), await enqueueLater("pages")];
    const { items, cursor } = await client.tasks({ queue: "pages", limit: 2 });
    expect(items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await client.tasks({ queue: "pages", limit: 2, cursor })).items.map(({ id }) => id)).toEqual([
      ids[0],
    ]);
    const all: string[] = [];
    for await (const { id } of client.eachTask({ queue: "pages", limit: 1 })) all.push(id);
    expect(all).toEqual(ids.toReversed());
  });

  it("counts by a filter", async () => {
    await enqueueLater("counted");
    const filter = { queue: "counted", createdAfter: new Date(0), createdBefore: Date.now() + 60_000 };
    expect(await client.count(filter)).toMatchObject({ count: 1, cursor: null });
    expect(await client.bulk.count({ ...filter, status: "FAILED" })).toMatchObject({ count: 0 });
  });

  it("changes many by a filter, in one call and to the end", async () => {
    const id = await enqueueLater("bulk");
    const filter = { queue: "bulk" };
    expect(await client.bulk.change(filter, { priority: 9 })).toMatchObject({ changed: 1, cursor: null });
    expect(await client.bulk.reschedule(filter, later)).toMatchObject({ changed: 1 });
    const reports = await collect(client.bulk.runAll({ action: "cancel", filter, pages: 1 }));
    expect(reports.reduce((sum, { changed }) => sum + changed, 0)).toBe(1);
    expect(await client.task(id)).toMatchObject({ status: "CANCELLED", priority: 9 });
    expect(await client.bulk.retry({ ...filter, createdBefore: Date.now() + 60_000 })).toMatchObject({
      changed: 1,
    });
    await client.result(id, { wait: "20s" });
    expect(await client.bulk.runNow(filter)).toMatchObject({ changed: 0, skipped: 1 });
    expect(await client.bulk.delete(filter)).toMatchObject({ changed: 1 });
    expect(await errorOf(client.bulk.delete({}))).toMatchObject({ code: "invalid_input", field: "filter" });
  });
});

describe("what a client does with queues", () => {
  it("pauses and limits one, whatever its name", async () => {
    const name = "mail/über alles?";
    expect(await client.setQueue(name, { paused: true, concurrency: 3 })).toMatchObject({
      name,
      paused: true,
      concurrency: 3,
    });
    expect(await client.queues()).toContainEqual(expect.objectContaining({ name, paused: true }));
  });

  it("purges what ended a time ago, or before a moment", async () => {
    const id = await failIn("purged");
    expect(await client.purgeResults({ olderThan: 86_400_000 })).toMatchObject({ purged: 0, more: false });
    const { purged } = await client.purgeResults({ olderThan: { before: new Date() } });
    expect(purged).toBeGreaterThan(0);
    expect(await errorOf(client.task(id))).toMatchObject({ status: expect.toBeOneOf([404, 410]) });
  });
});

describe("what a client does with schedules", () => {
  it("makes one, by a definition and by name", async () => {
    const made = await client.schedules.create(
      schedule("by-definition", { every: "1h" }, add, { a: 1, b: 2 }, { queue: "scheduled" }),
    );
    expect(made).toMatchObject({ name: "by-definition", every: 3_600_000, funcPath: "math.add" });
    const request = { name: "by-name", cron: "0 3 * * *", funcPath: "math.add", kwargs: { a: 1, b: 2 } };
    expect(await client.schedules.create(request)).toMatchObject({ cron: "0 3 * * *", enabled: true });
    expect(await errorOf(client.schedules.create(request))).toMatchObject({ code: "schedule_exists" });
    const { items, cursor } = await client.schedules.list({ limit: 1 });
    expect(items).toEqual([made]);
    expect((await client.schedules.list({ cursor })).items).toHaveLength(1);
    const all = await collect(client.schedules.each({ limit: 1 }));
    expect(all.map(({ name }) => name)).toEqual(["by-definition", "by-name"]);
  });

  it("changes, disables, enables, runs and deletes it", async () => {
    const name = "nächtlich / nightly";
    const kwargs = { a: 1, b: 2 };
    await client.schedules.create({ name, cron: "0 3 * * *", funcPath: "math.add", kwargs });
    expect(await client.schedules.change(name, { cron: "0 4 * * *" })).toMatchObject({ cron: "0 4 * * *" });
    expect(await client.schedules.next(name, 3)).toHaveLength(3);
    expect(await client.schedules.disable(name)).toMatchObject({ enabled: false, nextAt: null });
    expect(await client.schedules.enable(name)).toMatchObject({ enabled: true });
    const reason = "the provider is down";
    expect(await client.schedules.disable(name, { reason })).toMatchObject({ disabledReason: reason });
    const { id, duplicate } = await client.schedules.run(name);
    expect(duplicate).toBe(false);
    expect(await client.task(id)).toMatchObject({ schedule: name });
    expect((await client.schedules.get(name)).name).toBe(name);
    await client.schedules.delete(name);
    expect(await errorOf(client.schedules.get(name))).toMatchObject({ code: "schedule_not_found" });
  });
});

describe("what a client sees of the server", () => {
  it("reads the history, the metrics and the health", async () => {
    await failIn("seen");
    const { points, cursor } = await client.history({
      from: new Date(Date.now() - 3_600_000),
      queue: "seen",
    });
    expect(points).toMatchObject([{ queue: "seen", failed: 1 }]);
    expect(cursor).toBeNull();
    expect(await client.metrics()).toContain("omniq_queue_depth");
    expect(await createClient({ url: server.url }).health()).toEqual({ status: "ok" });
  });
});
