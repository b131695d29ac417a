import { describe, expect, it } from "vitest";
import { IdConflictError } from "../../../src/core/errors.ts";
import type { NewTask } from "../../../src/core/task.ts";
import { FaultyDriver } from "../../support/faulty.ts";
import { json, NO_FEATURES, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, DAY, found, ids, MINUTE } from "./context.ts";

export function describeEnqueue(context: Context): void {
  const storage = () => context.storage();

  describe("enqueue", () => {
    it("an enqueued task is PENDING and holds what it was given", async () => {
      const {
        idGiven: _,
        extras: __,
        ...given
      } = await context.enqueue({
        queue: "mail",
        priority: 9,
        funcPath: "email.send",
        args: json(["a", 1]),
        kwargs: json({ to: "a@example.com" }),
        eta: NOW + DAY,
        interval: MINUTE,
        maxRetries: 0,
        timeout: 1,
        uniqueKey: "mail-1",
      });
      expect(await context.task(given.id)).toEqual({
        ...given,
        args: ["a", 1],
        kwargs: { to: "a@example.com" },
        status: "PENDING",
        quarantined: false,
        attempts: 0,
        failures: 0,
        leaseExpiresAt: null,
        errors: [],
        lastAttemptAt: null,
        createdAt: NOW,
        updatedAt: NOW,
        ...NO_FEATURES,
      });
    });

    it("enqueue answers for each input, in order: its id, and duplicate: true where an id or unique key met an existing task", async () => {
      const [byId, byKey] = [newTask({ idGiven: true }), newTask({ uniqueKey: "k" })];
      await storage().enqueueMany([byId, byKey], NOW);
      const fresh = newTasks(3);
      const meets = newTask({ uniqueKey: "k" });
      const [first, second, third] = fresh;
      const inputs = [first, byId, second, meets, third].filter((task) => task !== undefined);
      expect(await storage().enqueueMany(inputs, NOW + 1)).toEqual([
        { id: first?.id, duplicate: false },
        { id: byId.id, duplicate: true },
        { id: second?.id, duplicate: false },
        { id: byKey.id, duplicate: true },
        { id: third?.id, duplicate: false },
      ]);
      expect(await context.count("tasks")).toBe(5);
    });

    it("an enqueue of nothing answers with nothing and sends nothing", async () => {
      const subject = storage();
      expect(await subject.enqueueMany([], NOW)).toEqual([]);
      expect(subject.queryCount).toBe(0);
    });

    it("an enqueue that the database refuses stores nothing of its batch", async () => {
      const refused = newTask({ args: json({}) });
      await expect(storage().enqueueMany([newTask(), refused], NOW)).rejects.toMatchObject({
        code: "storage_rejected",
      });
      expect(await context.count("tasks")).toBe(0);
    });
  });

  describe("given ids", () => {
    it("the same id with the same content is a duplicate, whatever became of the task", async () => {
      const task = await context.enqueue({ idGiven: true });
      const again = () => storage().enqueueMany([{ ...task, eta: NOW + 5 }], NOW + DAY);
      expect(await again()).toEqual([{ id: task.id, duplicate: true }]);
      const claimed = await context.dequeue();
      expect(await again()).toEqual([{ id: task.id, duplicate: true }]);
      await storage().markDone(claimed, json(1), NOW);
      const before = await context.row(task.id);
      expect(await again()).toEqual([{ id: task.id, duplicate: true }]);
      expect(await context.row(task.id)).toEqual(before);
    });

    const changes: Partial<NewTask>[] = [
      { queue: "other" },
      { priority: 0 },
      { funcPath: "test.other" },
      { args: json([2]) },
      { kwargs: json({ a: 2 }) },
      { interval: 2 },
      { interval: null },
      { maxRetries: 4 },
      { timeout: 24_000 },
      { uniqueKey: "other" },
      { uniqueKey: null },
    ];
    for (const change of changes) {
      it(`the same id with another content throws IdConflictError and stores nothing of the batch: ${JSON.stringify(change)}`, async () => {
        const task = await context.enqueue({
          idGiven: true,
          args: json([1]),
          kwargs: json({ a: 1 }),
          interval: 1,
          uniqueKey: "k",
        });
        const before = await context.row(task.id);
        const batch = [newTask(), { ...task, ...change }, newTask()];
        const refusal = storage().enqueueMany(batch, NOW);
        await expect(refusal).rejects.toThrow(IdConflictError);
        await expect(refusal).rejects.toMatchObject({ ids: [task.id] });
        expect(await context.count("tasks")).toBe(1);
        expect(await context.row(task.id)).toEqual(before);
      });
    }

    it("the same id twice in one batch is one task and a duplicate of it", async () => {
      const task = newTask({ idGiven: true });
      expect(await storage().enqueueMany([task, task], NOW)).toEqual([
        { id: task.id, duplicate: false },
        { id: task.id, duplicate: true },
      ]);
      expect(await context.count("tasks")).toBe(1);
    });

    it("the same id twice in one batch with two contents throws IdConflictError and stores nothing", async () => {
      const task = newTask({ idGiven: true });
      const other = { ...task, kwargs: json({ other: true }) };
      await expect(storage().enqueueMany([task, other], NOW)).rejects.toThrow(IdConflictError);
      expect(await context.count("tasks")).toBe(0);
    });

    it("an id that exists is met even while another task holds its unique key", async () => {
      const first = await context.enqueue({ idGiven: true, uniqueKey: "k" });
      await storage().markDone(await context.dequeue(), json(null), NOW);
      await context.enqueue({ uniqueKey: "k" });
      expect(await storage().enqueueMany([first], NOW)).toEqual([{ id: first.id, duplicate: true }]);
    });

    it("a unique key meets the active task that holds it while another input meets by its id one that held it before", async () => {
      const holder = newTask({ uniqueKey: "k" });
      const ended = await context.enqueue({ idGiven: true, uniqueKey: "k" });
      await storage().cancel(ended.id, NOW);
      await storage().enqueueMany([holder], NOW);
      expect(await storage().enqueueMany([newTask({ uniqueKey: "k" }), ended], NOW)).toEqual([
        { id: holder.id, duplicate: true },
        { id: ended.id, duplicate: true },
      ]);
    });
  });

  describe("unique keys", () => {
    it("a unique key meets the task that is pending, running or retrying", async () => {
      const task = await context.enqueue({ uniqueKey: "k" });
      const again = async () => (await storage().enqueueMany([newTask({ uniqueKey: "k" })], NOW))[0];
      const met = { id: task.id, duplicate: true };
      expect(await again()).toEqual(met);
      const claimed = await context.dequeue();
      expect(await again()).toEqual(met);
      await storage().markFailed(claimed, taskError(), { retryAt: NOW }, NOW);
      expect(await again()).toEqual(met);
      expect(await context.count("tasks")).toBe(1);
    });

    it("a unique key is free again once its task is SUCCESS, FAILED or CANCELLED", async () => {
      const enqueue = () => context.enqueue({ uniqueKey: "k" });
      await enqueue();
      await storage().markDone(await context.dequeue(), json(null), NOW);
      await enqueue();
      await storage().markFailed(await context.dequeue(), taskError(), "final", NOW);
      await storage().cancel((await enqueue()).id, NOW);
      const [receipt] = await storage().enqueueMany([newTask({ uniqueKey: "k" })], NOW);
      expect(receipt?.duplicate).toBe(false);
      expect(await context.count("tasks")).toBe(4);
    });

    it("the same unique key twice in one batch is one task and a duplicate of it", async () => {
      const [first, second] = [newTask({ uniqueKey: "k" }), newTask({ uniqueKey: "k" })];
      expect(await storage().enqueueMany([first, second], NOW)).toEqual([
        { id: first.id, duplicate: false },
        { id: first.id, duplicate: true },
      ]);
      expect(await context.count("tasks")).toBe(1);
    });

    it("workers that enqueue the same unique key at the same time get one task", async () => {
      const enqueue = () => storage().enqueueMany([newTask({ uniqueKey: "k" })], NOW);
      const receipts = (await Promise.all(Array.from({ length: 8 }, enqueue))).flat();
      expect(receipts.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      expect(new Set(ids(receipts)).size).toBe(1);
    });
  });

  describe("large batches", () => {
    it("10,000 tasks of more than 1 MB are stored and answered in the order given", async () => {
      const tasks = Array.from({ length: 10_000 }, (_, index) => newTask({ kwargs: json({ index }) }));
      const driver = new FaultyDriver(context.database.driver, []);
      const receipts = await context.database.storage({}, () => driver).enqueueMany(tasks, NOW);
      expect(driver.longestText).toBeLessThanOrEqual(1024 * 1024 + 2);
      expect(receipts).toEqual(tasks.map(({ id }) => ({ id, duplicate: false })));
      expect(await context.count("tasks")).toBe(10_000);
      const [last] = await context.database.sql(
        "SELECT kwargs FROM tasks WHERE id = ?1",
        tasks[9_999]?.id ?? "",
      );
      expect(last?.kwargs).toBe('{"index":9999}');
    });

    const big = (character: string) => json({ text: character.repeat(240_000 / byteLength(character)) });

    it("a few tasks that take more than 1 MB together are stored whole", async () => {
      const tasks = ["a", "\u00e9", "\u6587", "\u{1f600}", "b", "c"].map((character) =>
        newTask({ kwargs: big(character) }),
      );
      const receipts = await storage().enqueueMany(tasks, NOW);
      expect(ids(receipts)).toEqual(ids(tasks));
      for (const { id, kwargs } of tasks) expect((await context.row(id)).kwargs === kwargs).toBe(true);
    });

    it("a conflict in the last of several chunks stores nothing of the others", async () => {
      const task = await context.enqueue({ idGiven: true });
      const others = newTasks(5, { kwargs: big("a") });
      const batch = [...others, { ...task, kwargs: json({ other: true }) }];
      await expect(storage().enqueueMany(batch, NOW)).rejects.toThrow(IdConflictError);
      expect(await context.count("tasks")).toBe(1);
    });

    it("a unique key meets a task of another chunk", async () => {
      const first = newTask({ uniqueKey: "k" });
      const others = newTasks(5, { kwargs: big("a") });
      const receipts = await storage().enqueueMany([first, ...others, newTask({ uniqueKey: "k" })], NOW);
      expect(found(receipts.at(-1))).toEqual({ id: first.id, duplicate: true });
      expect(await context.count("tasks")).toBe(6);
    });
  });
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
