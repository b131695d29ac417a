import { describe, expect, it } from "vitest";
import { IdConflictError, IdempotencyConflictError } from "../../../src/core/errors.ts";
import type { IdempotencyKey } from "../../../src/core/storage.ts";
import type { NewTask } from "../../../src/core/task.ts";
import { FaultyDriver } from "../../support/faulty.ts";
import { json, NOW, newTask, newTasks } from "../../support/tasks.ts";
import { type Context, DAY, ids } from "./context.ts";

export function describeIdempotency(context: Context): void {
  const key = (overrides: Partial<IdempotencyKey> = {}): IdempotencyKey => ({
    apiKey: "alice",
    key: "order-1",
    fingerprint: "f1",
    expiredBefore: NOW - DAY,
    ...overrides,
  });
  const enqueue = (tasks: readonly NewTask[], idempotency: IdempotencyKey, now = NOW) =>
    context.storage().enqueueMany(tasks, now, idempotency);

  describe("idempotency keys", () => {
    it("the same key again answers with the tasks of the first request, in its order, and stores nothing", async () => {
      const tasks = newTasks(3);
      expect(await enqueue(tasks, key())).toEqual(tasks.map(({ id }) => ({ id, duplicate: false })));
      const replay = await enqueue(newTasks(3), key(), NOW + 1);
      expect(replay).toEqual(tasks.map(({ id }) => ({ id, duplicate: true })));
      expect(await context.count("tasks")).toBe(3);
      expect(await context.count("idempotency_keys")).toBe(1);
    });

    it("the same key with another request throws IdempotencyConflictError and stores nothing", async () => {
      await enqueue(newTasks(1), key());
      const other = enqueue(newTasks(2), key({ fingerprint: "f2" }), NOW + 1);
      await expect(other).rejects.toThrow(IdempotencyConflictError);
      expect(await context.count("tasks")).toBe(1);
    });

    it("a replay at the same millisecond is a replay", async () => {
      const [task] = newTasks(1);
      await enqueue([task ?? newTask()], key());
      expect(await enqueue(newTasks(1), key())).toEqual([{ id: task?.id, duplicate: true }]);
    });

    it("a replay answers the same after its tasks have ended", async () => {
      const [receipt] = await enqueue(newTasks(1), key());
      await context.storage().markDone(await context.dequeue(), json(null), NOW);
      expect(await enqueue(newTasks(1), key(), NOW + 1)).toEqual([{ id: receipt?.id, duplicate: true }]);
    });

    it("keys of two API keys never meet", async () => {
      await enqueue(newTasks(1), key());
      const [receipt] = await enqueue(newTasks(1), key({ apiKey: "bob", fingerprint: "f2" }));
      expect(receipt?.duplicate).toBe(false);
      expect(await context.count("tasks")).toBe(2);
    });

    it("a key that was recorded long enough ago is forgotten", async () => {
      await enqueue(newTasks(1), key());
      const kept = await enqueue(newTasks(1), key({ expiredBefore: NOW - 1 }), NOW + DAY);
      expect(kept[0]?.duplicate).toBe(true);
      const tasks = newTasks(2);
      const expired = key({ expiredBefore: NOW, fingerprint: "f2" });
      expect(await enqueue(tasks, expired, NOW + DAY)).toEqual(
        tasks.map(({ id }) => ({ id, duplicate: false })),
      );
      const replay = await enqueue(
        newTasks(2),
        key({ fingerprint: "f2", expiredBefore: NOW }),
        NOW + DAY + 1,
      );
      expect(replay).toEqual(tasks.map(({ id }) => ({ id, duplicate: true })));
    });

    it("a replay answers with the tasks that the first request met by id and unique key", async () => {
      const byKey = await context.enqueue({ uniqueKey: "k" });
      const byId = await context.enqueue({ idGiven: true });
      const batch = () => [newTask({ uniqueKey: "k" }), byId, newTask()];
      const first = await enqueue(batch(), key());
      expect(first.map(({ duplicate }) => duplicate)).toEqual([true, true, false]);
      expect(ids(first).slice(0, 2)).toEqual([byKey.id, byId.id]);
      expect(ids(await enqueue(batch(), key(), NOW + 1))).toEqual(ids(first));
    });

    it("a replay tells the task that an input met by its id, even while another held its unique key", async () => {
      const ended = await context.enqueue({ idGiven: true, uniqueKey: "k" });
      await context.storage().cancel(ended.id, NOW);
      await context.enqueue({ uniqueKey: "k" });
      const met = [{ id: ended.id, duplicate: true }];
      expect(await enqueue([ended], key())).toEqual(met);
      expect(await enqueue([ended], key(), NOW + 1)).toEqual(met);
    });

    it("a replay answers the same after an id that was not used at first has become another task's", async () => {
      const holder = await context.enqueue({ uniqueKey: "k" });
      const input = newTask({ idGiven: true, uniqueKey: "k" });
      const met = [{ id: holder.id, duplicate: true }];
      expect(await enqueue([input], key())).toEqual(met);
      await context.enqueue({ id: input.id, idGiven: true });
      expect(await enqueue([input], key(), NOW + 1)).toEqual(met);
    });

    it("another request with the key throws IdempotencyConflictError, even where its id has another content too", async () => {
      const task = newTask({ idGiven: true });
      await enqueue([task], key());
      const other = enqueue([{ ...task, queue: "other" }], key({ fingerprint: "f2" }), NOW + 1);
      await expect(other).rejects.toThrow(IdempotencyConflictError);
    });

    it("a first request with an id of another content throws IdConflictError and records no key", async () => {
      const task = await context.enqueue({ idGiven: true });
      const refused = enqueue([{ ...task, queue: "other" }], key());
      await expect(refused).rejects.toThrow(IdConflictError);
      expect(await context.count("idempotency_keys")).toBe(0);
    });

    it("a request that is refused records no key", async () => {
      const refused = [newTask(), newTask({ kwargs: json([]) })];
      await expect(enqueue(refused, key())).rejects.toMatchObject({ code: "storage_rejected" });
      expect(await context.count("idempotency_keys")).toBe(0);
      expect((await enqueue(newTasks(1), key()))[0]?.duplicate).toBe(false);
    });

    it("requests with one key at the same time store their tasks once", async () => {
      const requests = Array.from({ length: 6 }, (_, index) => enqueue(newTasks(2), key(), NOW + index));
      const answers = await Promise.all(requests);
      expect(new Set(answers.map((receipts) => ids(receipts).join())).size).toBe(1);
      expect(await context.count("tasks")).toBe(2);
    });

    it("a request of 10,000 tasks with long unique keys is replayed whole, and travels in chunks of at most 1 MB", async ({
      skip,
    }) => {
      const { batchOf4MB } = context.limits;
      if (batchOf4MB !== undefined) skip(batchOf4MB);
      const uniqueKey = (index: number) => `${index} `.padEnd(255, "k");
      const batch = () =>
        Array.from({ length: 10_000 }, (_, index) => newTask({ uniqueKey: uniqueKey(index) }));
      const driver = new FaultyDriver(context.database.driver, []);
      const first = await context.database.storage({}, () => driver).enqueueMany(batch(), NOW, key());
      expect(first.filter(({ duplicate }) => duplicate)).toEqual([]);
      expect(driver.longestText).toBeLessThanOrEqual(1024 * 1024 + 2);
      expect(ids(await enqueue(batch(), key(), NOW + 1))).toEqual(ids(first));
      expect(await context.count("tasks")).toBe(10_000);
    });

    it("keys recorded before a moment are purged, and later ones stay", async () => {
      await enqueue(newTasks(1), key({ key: "old" }));
      await enqueue(newTasks(1), key({ key: "new" }), NOW + 1);
      await context.storage().purgeIdempotencyKeys(NOW + 1);
      const rows = await context.database.sql("SELECT key FROM idempotency_keys");
      expect(rows.map((row) => row.key)).toEqual(["new"]);
    });
  });
}
