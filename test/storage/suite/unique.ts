import { describe, expect, it } from "vitest";
import { IdConflictError, StorageUnavailable, UniqueConflictError } from "../../../src/core/errors.ts";
import { type NewTask, NO_EXTRAS, type UniqueRule } from "../../../src/core/task.ts";
import { type Fault, lostReply } from "../../support/faulty.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, DAY, HOUR, ids, MINUTE } from "./context.ts";

/** A task with the key `k` and a rule for it. */
function ruled(rule: Partial<UniqueRule>, overrides: Partial<NewTask> = {}): NewTask {
  const unique: UniqueRule = { onConflict: "ignore", within: null, debounce: null, ...rule };
  return newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, unique }, ...overrides });
}

const said = (word: string, overrides: Partial<NewTask> = {}) => ({ kwargs: json({ word }), ...overrides });

export function describeUnique(context: Context): void {
  const enqueue = (tasks: readonly NewTask[], now = NOW) => context.storage().enqueueMany(tasks, now);
  const end = async (task: NewTask, now = NOW) =>
    context.storage().markDone(await context.dequeue(now), json(task.id), now);
  const idempotency = { apiKey: "alice", key: "k", fingerprint: "f", expiredBefore: NOW - DAY };

  describe("a unique key that is held while pending", () => {
    const pending = () => newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, uniqueWhile: "pending" } });

    it("is free again as the task starts, and stays so while that is retried", async () => {
      const [first, second, third] = [pending(), pending(), pending()];
      await enqueue([first]);
      expect(await enqueue([second])).toEqual([{ id: first.id, duplicate: true }]);
      const claimed = await context.dequeue();
      expect(await enqueue([third])).toEqual([{ id: third.id, duplicate: false }]);
      await context.storage().markFailed(claimed, taskError(), { retryAt: NOW }, NOW);
      expect([(await context.task(first.id)).status, (await context.task(third.id)).status]).toEqual([
        "RETRYING",
        "PENDING",
      ]);
    });
  });

  describe("a unique key within a time", () => {
    const within = () => ruled({ within: HOUR });

    it("is held whatever became of the first task, and free when the time is over", async () => {
      const [first, second, third] = [within(), within(), within()];
      await enqueue([first]);
      await end(first);
      expect(await enqueue([second], NOW + HOUR - 1)).toEqual([{ id: first.id, duplicate: true }]);
      expect(await enqueue([third], NOW + HOUR)).toEqual([{ id: third.id, duplicate: false }]);
      expect(await enqueue([within()], NOW + 2 * HOUR - 1)).toEqual([{ id: third.id, duplicate: true }]);
    });

    it("counts from the first that was taken, and not from those that were refused", async () => {
      const first = within();
      await enqueue([first]);
      await end(first);
      await enqueue([within()], NOW + HOUR - 1);
      const [receipt] = await enqueue([within()], NOW + HOUR);
      expect(receipt?.duplicate).toBe(false);
    });

    it("is held as well as long as its task is active", async () => {
      const first = within();
      await enqueue([first]);
      expect(await enqueue([within()], NOW + DAY)).toEqual([{ id: first.id, duplicate: true }]);
      expect(await context.count("unique_windows")).toBe(1);
    });

    it("binds only those that ask for it", async () => {
      const first = within();
      await enqueue([first]);
      await end(first);
      const plain = newTask({ uniqueKey: "k" });
      expect(await enqueue([plain])).toEqual([{ id: plain.id, duplicate: false }]);
    });

    it("is one for each key of a batch, and its second input meets the first", async () => {
      const [first, second, other] = [within(), within(), ruled({ within: HOUR }, { uniqueKey: "l" })];
      expect(await enqueue([first, second, other])).toEqual([
        { id: first.id, duplicate: false },
        { id: first.id, duplicate: true },
        { id: other.id, duplicate: false },
      ]);
      expect(await context.count("unique_windows")).toBe(2);
    });

    it("is answered alike when the reply is lost", async () => {
      const first = within();
      const once = await context.faulty(lostReply).enqueueMany([first], NOW);
      expect(once).toEqual([{ id: first.id, duplicate: false }]);
      await end(first);
      const again = await context.faulty(lostReply).enqueueMany([within()], NOW + 1);
      expect(again).toEqual([{ id: first.id, duplicate: true }]);
      const [row] = await context.database.sql("SELECT * FROM unique_windows");
      expect(row).toEqual({ key: "k", task_id: first.id, expires_at: NOW + HOUR });
    });

    it("is recorded with a caller's key, which answers with the task that held it", async () => {
      const first = within();
      await enqueue([first]);
      await end(first);
      const send = () => context.storage().enqueueMany([within()], NOW + 1, idempotency);
      expect(await send()).toEqual([{ id: first.id, duplicate: true }]);
      expect(await send()).toEqual([{ id: first.id, duplicate: true }]);
    });

    it("is forgotten by the purge once it is over", async () => {
      await enqueue([within(), ruled({ within: 2 * HOUR }, { uniqueKey: "l" })]);
      expect(await context.storage().uniques.purgeWindows(NOW + HOUR)).toEqual({ more: false });
      expect(await context.database.sql("SELECT key FROM unique_windows")).toEqual([{ key: "l" }]);
    });
  });

  describe("a conflict that is rejected", () => {
    const rejecting = (overrides: Partial<NewTask> = {}) => ruled({ onConflict: "reject" }, overrides);

    it("names the task that holds the key, and stores nothing of the batch", async () => {
      const holder = await context.enqueue({ uniqueKey: "k" });
      const [other, second] = [newTask(), rejecting()];
      const error = await enqueue([other, second]).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UniqueConflictError);
      expect(error).toMatchObject({ code: "unique_conflict", id: second.id, holder: holder.id });
      expect(await context.count("tasks")).toBe(1);
    });

    it("is one between two of the same batch, too", async () => {
      const [first, second] = [rejecting(), rejecting()];
      const error = await enqueue([first, second]).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "unique_conflict", id: second.id, holder: first.id });
      expect(await context.count("tasks")).toBe(0);
    });

    it("is one with a window, after the first task has ended", async () => {
      const first = ruled({ onConflict: "reject", within: HOUR });
      await enqueue([first]);
      await end(first);
      const second = ruled({ onConflict: "reject", within: HOUR });
      await expect(enqueue([second])).rejects.toMatchObject({ code: "unique_conflict", holder: first.id });
      expect(await enqueue([second], NOW + HOUR)).toEqual([{ id: second.id, duplicate: false }]);
    });

    it("is none with itself: after a lost reply, and for the same id again", async () => {
      const first = rejecting({ idGiven: true });
      const receipts = await context.faulty(lostReply).enqueueMany([first], NOW);
      expect(receipts).toEqual([{ id: first.id, duplicate: false }]);
      expect(await enqueue([first])).toEqual([{ id: first.id, duplicate: true }]);
    });

    it("is none for a request that a caller's key repeats, and uses that key up only where it is taken", async () => {
      const holder = await context.enqueue({ uniqueKey: "k" });
      const send = (task: NewTask) => context.storage().enqueueMany([task], NOW, idempotency);
      await expect(send(rejecting())).rejects.toBeInstanceOf(UniqueConflictError);
      expect(await context.count("idempotency_keys")).toBe(0);
      await context.storage().cancel(holder.id, NOW);
      const first = rejecting();
      expect(await send(first)).toEqual([{ id: first.id, duplicate: false }]);
      expect(await send(rejecting())).toEqual([{ id: first.id, duplicate: true }]);
    });

    it("gives way to an id that exists with another content", async () => {
      const existing = await context.enqueue({ uniqueKey: "k", idGiven: true });
      const changed = { ...existing, kwargs: json({ other: 1 }) };
      await expect(enqueue([changed, rejecting()])).rejects.toBeInstanceOf(IdConflictError);
    });
  });

  describe("a conflict that replaces", () => {
    const replacing = (word: string, overrides: Partial<NewTask> = {}) =>
      ruled({ onConflict: "replace" }, said(word, overrides));
    const stored = async (task: NewTask) => {
      const { kwargs, eta } = await context.task(task.id);
      return [kwargs.word, eta];
    };

    it("gives the waiting task the new payload and the earlier of the two etas", async () => {
      const first = replacing("one", { eta: NOW + HOUR });
      await enqueue([first]);
      const receipt = { id: first.id, duplicate: true, replaced: true };
      expect(await enqueue([replacing("two", { eta: NOW + 2 * HOUR })], NOW + 1)).toEqual([receipt]);
      expect(await stored(first)).toEqual(["two", NOW + HOUR]);
      expect(await enqueue([replacing("three", { eta: NOW + MINUTE })], NOW + 2)).toEqual([receipt]);
      expect(await stored(first)).toEqual(["three", NOW + MINUTE]);
      expect(await context.count("tasks")).toBe(1);
      expect((await context.task(first.id)).updatedAt).toBe(NOW + 2);
    });

    it("does so while it is retried, and leaves one that runs", async () => {
      const first = replacing("one");
      await enqueue([first]);
      const claimed = await context.dequeue();
      expect(await enqueue([replacing("two")])).toEqual([{ id: first.id, duplicate: true }]);
      expect(await stored(first)).toEqual(["one", NOW]);
      await context.storage().markFailed(claimed, taskError(), { retryAt: NOW + HOUR }, NOW);
      const [receipt] = await enqueue([replacing("three", { eta: NOW + MINUTE })]);
      expect(receipt?.replaced).toBe(true);
      expect(await stored(first)).toEqual(["three", NOW + MINUTE]);
    });

    it("leaves a task of another definition with the same key", async () => {
      const first = await context.enqueue({ uniqueKey: "k", funcPath: "test.other" });
      expect(await enqueue([replacing("two")])).toEqual([{ id: first.id, duplicate: true }]);
      expect((await context.task(first.id)).kwargs).toEqual({});
    });

    it("of several in one batch the last one's payload counts, with the earliest eta", async () => {
      const tasks = [
        replacing("one", { eta: NOW + 2 * HOUR, idGiven: true }),
        replacing("two", { eta: NOW + HOUR }),
        replacing("three", { eta: NOW + 3 * HOUR }),
      ] as const;
      const receipts = await context.faulty(lostReply).enqueueMany(tasks, NOW);
      expect(receipts).toEqual([
        { id: tasks[0].id, duplicate: false },
        { id: tasks[0].id, duplicate: true, replaced: true },
        { id: tasks[0].id, duplicate: true, replaced: true },
      ]);
      expect(await stored(tasks[0])).toEqual(["three", NOW + HOUR]);
    });

    it("is answered alike when the reply is lost, with a caller's key too", async () => {
      const first = replacing("one");
      await enqueue([first]);
      const receipt = { id: first.id, duplicate: true, replaced: true };
      expect(await context.faulty(lostReply).enqueueMany([replacing("two")], NOW + 1)).toEqual([receipt]);
      const send = (word: string, now: number) =>
        context.faulty(lostReply).enqueueMany([replacing(word)], now, idempotency);
      expect(await send("three", NOW + 2)).toEqual([receipt]);
      expect(await send("three", NOW + 3)).toEqual([{ id: first.id, duplicate: true }]);
      expect(await stored(first)).toEqual(["three", NOW]);
    });

    it("changes nothing for a request that a caller's key repeats", async () => {
      const send = (word: string) => context.storage().enqueueMany([replacing(word)], NOW, idempotency);
      const [first] = await send("one");
      await enqueue([replacing("two")]);
      expect(await send("one")).toEqual([{ id: first?.id, duplicate: true }]);
      expect((await context.task(String(first?.id))).kwargs).toEqual({ word: "two" });
    });

    it("makes an id that is given again another content's", async () => {
      const first = replacing("one", { idGiven: true });
      await enqueue([first]);
      await enqueue([replacing("two")]);
      await expect(enqueue([first])).rejects.toBeInstanceOf(IdConflictError);
    });

    it("tells a lost reply's replacement where the task runs by the time it is sent again", async () => {
      const first = replacing("one");
      await enqueue([first]);
      const startsBetween: Fault = async (call) => {
        await call();
        await context.dequeue(NOW + 1);
        throw new StorageUnavailable("unavailable", { detail: "the reply was lost" });
      };
      const receipts = await context.faulty(startsBetween).enqueueMany([replacing("two")], NOW + 1);
      expect(receipts).toEqual([{ id: first.id, duplicate: true, replaced: true }]);
    });

    it("keeps what a claim takes whole: the one that runs has the payload that its receipt told", async () => {
      const first = replacing("one");
      await enqueue([first]);
      await enqueue([replacing("two")]);
      expect((await context.dequeue()).kwargs).toEqual({ word: "two" });
    });
  });

  describe("a debounce", () => {
    const bounced = (word: string, delay: number, now = NOW) =>
      ruled({ onConflict: "replace", debounce: 5 * MINUTE }, said(word, { eta: now + delay }));

    it("moves the eta with each enqueue, at most so far from the first", async () => {
      const first = bounced("one", MINUTE);
      await enqueue([first]);
      const etas: number[] = [];
      for (const minute of [0.5, 3, 4.5]) {
        const now = NOW + minute * MINUTE;
        await enqueue([bounced(`at ${minute}`, MINUTE, now)], now);
        etas.push((await context.task(first.id)).eta - NOW);
      }
      expect(etas).toEqual([1.5 * MINUTE, 4 * MINUTE, 5 * MINUTE]);
      expect((await context.task(first.id)).kwargs).toEqual({ word: "at 4.5" });
    });

    it("of several in one batch the last one's eta counts", async () => {
      const tasks = [bounced("one", MINUTE), bounced("two", 2 * MINUTE)];
      await enqueue(tasks);
      expect(await context.task(ids(tasks)[0] ?? "")).toMatchObject({ eta: NOW + 2 * MINUTE });
    });
  });
}
