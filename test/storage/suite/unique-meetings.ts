import { describe, expect, it } from "vitest";
import { type NewTask, NO_EXTRAS, type UniqueRule } from "../../../src/core/task.ts";
import { lostReply } from "../../support/faulty.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, HOUR } from "./context.ts";

const REPLACE: UniqueRule = { onConflict: "replace", within: null, debounce: null };

const REJECT: UniqueRule = { onConflict: "reject", within: null, debounce: null };
const WITHIN: UniqueRule = { onConflict: "ignore", within: HOUR, debounce: null };

function unique(rule: UniqueRule, overrides: Partial<NewTask> = {}): NewTask {
  return newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, unique: rule }, ...overrides });
}

/** Which task it is that an input meets by its key. */
export function describeUniqueMeetings(context: Context): void {
  const enqueue = (tasks: readonly NewTask[], now = NOW) => context.storage().enqueueMany(tasks, now);

  describe("an input that meets a task by its key", () => {
    it("is not told to have replaced the task of another definition, of its own batch or one that a neighbour replaced", async () => {
      const [first, other] = [unique(REPLACE), unique(REPLACE, { funcPath: "test.other" })];
      const { id } = first;
      expect(await enqueue([first, other])).toEqual([
        { id, duplicate: false },
        { id, duplicate: true },
      ]);
      const further = [unique(REPLACE), unique(REPLACE, { funcPath: "test.other" })];
      expect(await enqueue(further)).toEqual([
        { id, duplicate: true, replaced: true },
        { id, duplicate: true },
      ]);
    });

    it("replaces nothing where it has met its own task by its id, which has ended", async () => {
      const [ended, waiting] = [
        unique(REPLACE, { idGiven: true }),
        unique(REPLACE, { kwargs: json({ word: "b" }) }),
      ];
      await enqueue([ended]);
      await context.storage().cancel(ended.id, NOW);
      await enqueue([waiting]);
      expect(await enqueue([ended], NOW + 1)).toEqual([{ id: ended.id, duplicate: true }]);
      expect(await context.task(waiting.id)).toMatchObject({ kwargs: { word: "b" }, updatedAt: NOW });
    });

    it("is answered with the task that is active before the one that has only its window left, again with its caller's key", async () => {
      const within: UniqueRule = { onConflict: "ignore", within: HOUR, debounce: null };
      const [first, active] = [unique(within), newTask({ uniqueKey: "k" })];
      await enqueue([first]);
      await context.storage().cancel(first.id, NOW);
      await enqueue([active]);
      const once = { apiKey: "alice", key: "k", fingerprint: "f", expiredBefore: NOW - HOUR };
      const send = () => context.storage().enqueueMany([unique(within)], NOW, once);
      expect([await send(), await send()]).toEqual([
        [{ id: active.id, duplicate: true }],
        [{ id: active.id, duplicate: true }],
      ]);
    });

    it.each([
      ["on file", true],
      ["of the batch", false],
    ])("of a caller's id %s, beside one that replaces it, is an id_conflict", async (_, isOnFile) => {
      const own = newTask({ uniqueKey: "k", idGiven: true });
      if (isOnFile) await enqueue([own]);
      const batch = [own, unique(REPLACE, { kwargs: json({ word: "b" }) })];
      await expect(enqueue(batch)).rejects.toMatchObject({ code: "id_conflict", ids: [own.id] });
    });

    it("of a caller's id that comes twice alike, and rejects it, is a unique_conflict", async () => {
      const [holder, rejecting] = [newTask({ uniqueKey: "k" }), unique(REJECT, { idGiven: true })];
      await enqueue([holder]);
      await expect(enqueue([rejecting, { ...rejecting, eta: NOW + 1 }])).rejects.toMatchObject({
        ...{ code: "unique_conflict", id: rejecting.id, holder: holder.id },
      });
    });

    it("of a caller's id that comes twice with another content is an id_conflict", async () => {
      const first = newTask({ idGiven: true });
      await expect(enqueue([first, { ...first, priority: 1 }])).rejects.toMatchObject({
        ...{ code: "id_conflict", ids: [first.id] },
      });
    });

    it("is answered with the plain task of its batch, before or after it, where its window is another's", async () => {
      for (const isFirst of [true, false]) {
        await context.database.clear();
        const ended = unique(WITHIN);
        await enqueue([ended]);
        await context.storage().cancel(ended.id, NOW);
        const [plain, windowed] = [newTask({ uniqueKey: "k" }), unique(WITHIN)];
        const expected = [
          { id: plain.id, duplicate: false },
          { id: plain.id, duplicate: true },
        ];
        const inOrder = <T>(list: readonly T[]) => (isFirst ? [...list] : list.toReversed());
        expect(await enqueue(inOrder([plain, windowed]))).toEqual(inOrder(expected));
      }
    });

    it("is retried by an operator where the holder has expired, which is cancelled, also where its reply is lost", async () => {
      for (const open of [() => context.storage(), () => context.faulty(lostReply)]) {
        const cancelled = newTask({ uniqueKey: "k" });
        await enqueue([cancelled]);
        await context.storage().cancel(cancelled.id, NOW);
        const holder = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt: NOW } });
        await enqueue([holder]);
        expect(await open().retry(cancelled.id, NOW + 1)).toMatchObject({ status: "PENDING" });
        expect(await context.task(holder.id)).toMatchObject({
          ...{ status: "CANCELLED", cancelReason: "expired", updatedAt: NOW + 1 },
        });
        await context.storage().cancel(cancelled.id, NOW);
      }
    });

    it("is left as it is where the task that an operator would retry forbids it", async () => {
      const done = await context.start({ uniqueKey: "k" });
      await context.storage().markDone(done, json(1), NOW);
      const holder = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt: NOW } });
      await enqueue([holder]);
      await expect(context.storage().retry(done.id, NOW)).rejects.toMatchObject({ code: "wrong_status" });
      expect(await context.task(holder.id)).toMatchObject({ status: "PENDING" });
    });

    it("is retried in bulk where the holder has expired, which is cancelled", async () => {
      const failed = await context.start({ uniqueKey: "k" });
      await context.storage().markFailed(failed, taskError(), "final", NOW);
      const holder = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt: NOW } });
      await enqueue([holder]);
      const retry = () =>
        context.storage().bulk.changePage({ status: "FAILED" }, { action: "retry" }, null, NOW);
      expect(await retry()).toMatchObject({ changed: 1, skipped: 0 });
      expect(await context.task(holder.id)).toMatchObject({ status: "CANCELLED", cancelReason: "expired" });
    });

    it("meets one held while pending that expired before it started, and that an operator retries", async () => {
      const pending = (expiresAt: number | null) =>
        newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, uniqueWhile: "pending", expiresAt } });
      const first = pending(NOW);
      await enqueue([first]);
      expect(await context.storage().dequeue(NOW)).toBeNull();
      await context.storage().retry(first.id, NOW);
      expect(await enqueue([pending(null)])).toEqual([{ id: first.id, duplicate: true }]);
    });
  });
}
