import { describe, expect, it } from "vitest";
import { IdConflictError, ParentNotFoundError } from "../../../src/core/errors.ts";
import { type NewTask, NO_EXTRAS, type TaskExtras } from "../../../src/core/task.ts";
import { lostReply, unsent } from "../../support/faulty.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, HOUR, ids, LATER } from "./context.ts";

/** A task that waits for others. */
function waitingFor(
  parents: readonly { readonly id: string }[],
  extras: Partial<TaskExtras> = {},
  overrides: Partial<NewTask> = {},
): NewTask {
  return newTask({ ...overrides, extras: { ...NO_EXTRAS, after: ids(parents), ...extras } });
}

export function describeDependencies(context: Context): void {
  const storage = () => context.storage();
  const edges = async () => {
    const [row] = await context.database.sql("SELECT count(*) AS count FROM dependencies");
    return row?.count;
  };
  const done = async (task: Awaited<ReturnType<Context["dequeue"]>>, now = NOW) =>
    storage().markDone(task, json(1), now);

  describe("a task that waits for others", () => {
    it("is held until all of them have succeeded, and starts then", async () => {
      const parents = await context.enqueueMany(2);
      const child = waitingFor(parents);
      await storage().enqueueMany([child], NOW);
      expect(await context.row(child.id)).toMatchObject({ status: "PENDING", held: 2, awaits: 2 });
      const [first, second] = await context.claim();
      if (first === undefined || second === undefined) throw new Error("expected both parents");
      await done(first);
      expect(await context.row(child.id)).toMatchObject({ held: 2, awaits: 1 });
      expect(await storage().dequeue(NOW)).toBeNull();
      await done(second);
      expect(await context.row(child.id)).toMatchObject({ held: 0, awaits: 0, status: "PENDING" });
      expect(await edges()).toBe(0);
      expect(await context.dequeue()).toMatchObject({ id: child.id });
    });

    it("is in nobody's quarantine while it is held", async () => {
      const [parent] = await context.enqueueMany(1, { eta: NOW + 10 * HOUR });
      const child = waitingFor(parent === undefined ? [] : [parent]);
      await storage().enqueueMany([child], NOW);
      expect(await storage().hasQuarantined({ now: LATER })).toBe(false);
      expect(await context.claimQuarantined()).toBeNull();
      expect(await context.claim({ now: LATER })).toEqual([]);
      expect((await context.task(child.id)).quarantined).toBe(false);
    });

    it("does not wait for a task that has succeeded already, and keeps its eta", async () => {
      const parent = await context.start();
      await done(parent);
      const child = waitingFor([parent], {}, { eta: NOW + HOUR });
      await storage().enqueueMany([child], NOW);
      expect(await context.row(child.id)).toMatchObject({ held: 0, awaits: 0, eta: NOW + HOUR });
      expect(await edges()).toBe(0);
    });

    it("keeps its eta as it is released", async () => {
      const parent = await context.start();
      const child = waitingFor([parent], {}, { eta: NOW + HOUR });
      await storage().enqueueMany([child], NOW);
      await done(parent);
      expect(await context.row(child.id)).toMatchObject({ held: 0, eta: NOW + HOUR });
    });

    it("waits on while a task that it waits for is retried or snoozed", async () => {
      const parent = await context.start();
      const child = waitingFor([parent]);
      await storage().enqueueMany([child], NOW);
      await storage().markFailed(parent, taskError(), { retryAt: NOW }, NOW);
      await storage().snooze(await context.dequeue(), NOW, NOW);
      expect(await context.row(child.id)).toMatchObject({ held: 2, awaits: 1 });
    });

    it("is cancelled with the reason `dependency` by the claim that meets it, where one failed", async () => {
      const [parent, other] = [await context.start(), await context.enqueue({ eta: NOW + HOUR })];
      const child = waitingFor([parent, other], {}, { eta: NOW + 2 * HOUR });
      await storage().enqueueMany([child], NOW);
      await storage().markFailed(parent, taskError(), "final", NOW + 1);
      expect(await context.task(child.id)).toMatchObject({ status: "PENDING", cancelReason: "dependency" });
      expect(await storage().dequeue(NOW + 1)).toBeNull();
      expect(await context.task(child.id)).toMatchObject({ status: "CANCELLED", cancelReason: "dependency" });
    });

    it("is cancelled where one was cancelled, and a task that waits for it by the next claim", async () => {
      const parent = await context.enqueue({ eta: NOW + HOUR });
      const child = waitingFor([parent]);
      const grandchild = waitingFor([child]);
      await storage().enqueueMany([child, grandchild], NOW);
      await storage().cancel(parent.id, NOW);
      await context.claim();
      expect(await context.task(child.id)).toMatchObject({ status: "CANCELLED" });
      expect(await context.task(grandchild.id)).toMatchObject({ status: "PENDING" });
      await context.claim();
      expect(await context.task(grandchild.id)).toMatchObject({
        status: "CANCELLED",
        cancelReason: "dependency",
      });
      expect(await edges()).toBe(0);
    });

    it("starts whatever their end with afterFailure start", async () => {
      const parent = await context.start();
      const child = waitingFor([parent], { startsAnyway: true });
      await storage().enqueueMany([child], NOW);
      await storage().markFailed(parent, taskError(), "final", NOW);
      expect(await context.dequeue()).toMatchObject({ id: child.id });
    });

    it("is doomed at once where one has failed already, and starts with afterFailure start", async () => {
      const parent = await context.start();
      await storage().markFailed(parent, taskError(), "final", NOW);
      const doomed = waitingFor([parent], {}, { eta: NOW + HOUR });
      const started = waitingFor([parent], { startsAnyway: true });
      await storage().enqueueMany([doomed, started], NOW);
      expect(await context.claim()).toMatchObject([{ id: started.id }]);
      expect(await context.task(doomed.id)).toMatchObject({
        status: "CANCELLED",
        cancelReason: "dependency",
      });
    });

    it("is released where a lease expires for the last time, as by any other end", async () => {
      const parent = await context.start({ maxRetries: 0 });
      const child = waitingFor([parent], { startsAnyway: true });
      await storage().enqueueMany([child], NOW);
      await storage().rescueMany(LATER, () => 0);
      await context.claimQuarantined();
      await storage().rescueMany(LATER + HOUR, () => 0);
      expect(await context.task(parent.id)).toMatchObject({ status: "FAILED" });
      expect(await context.row(child.id)).toMatchObject({ held: 0, awaits: 0 });
    });

    it("is refused with all of its batch where one does not exist", async () => {
      const missing = newTask();
      const batch = [newTask(), waitingFor([missing])];
      const refused = storage().enqueueMany(batch, NOW);
      await expect(refused).rejects.toThrow(ParentNotFoundError);
      await expect(refused).rejects.toMatchObject({ ids: [missing.id], code: "parent_not_found" });
      expect([await context.count("tasks"), await edges()]).toEqual([0, 0]);
    });

    it("may wait for a task of the same batch, in whatever order they are given", async () => {
      const parent = newTask();
      const batch = [waitingFor([parent]), parent];
      await storage().enqueueMany(batch, NOW);
      const claimed = await context.claim();
      expect(ids(claimed)).toEqual([parent.id]);
      for (const task of claimed) await done(task);
      expect(await context.dequeue()).toMatchObject({ id: batch[0]?.id });
    });

    it("that was cancelled starts at once where an operator retries it", async () => {
      const parent = await context.enqueue({ eta: NOW + HOUR });
      const child = waitingFor([parent]);
      await storage().enqueueMany([child], NOW);
      await storage().cancel(child.id, NOW);
      expect(await storage().retry(child.id, NOW)).toMatchObject({ status: "PENDING", awaits: 0 });
      expect(await context.dequeue()).toMatchObject({ id: child.id });
      await storage().cancel(parent.id, NOW);
      expect(await context.task(child.id)).toMatchObject({ status: "RUNNING", cancelReason: null });
    });

    it("leaves no edge where it meets another by its unique key", async () => {
      const holder = await context.enqueue({ uniqueKey: "k", eta: NOW + HOUR });
      const parent = await context.enqueue({ eta: NOW + HOUR });
      const child = waitingFor([parent], {}, { uniqueKey: "k" });
      expect(await storage().enqueueMany([child], NOW)).toEqual([{ id: holder.id, duplicate: true }]);
      expect(await edges()).toBe(0);
    });

    it("waits for its own parents where one of its id was cancelled and deleted while it was held", async () => {
      const [first, second, third] = [await context.start(), await context.start(), await context.start()];
      const child = waitingFor([first, second], {}, { idGiven: true });
      await storage().enqueueMany([child], NOW);
      await storage().cancel(child.id, NOW);
      await storage().operators.delete(child.id);
      const again = waitingFor([second, third], {}, { id: child.id, idGiven: true });
      expect(await storage().enqueueMany([again], NOW + 1)).toEqual([{ id: child.id, duplicate: false }]);
      await done(first);
      expect(await context.row(child.id)).toMatchObject({ held: 2, awaits: 2 });
      await done(second);
      expect(await context.row(child.id)).toMatchObject({ held: 2, awaits: 1 });
      await done(third);
      expect(await context.row(child.id)).toMatchObject({ held: 0, awaits: 0 });
      expect(await edges()).toBe(0);
    });

    it("is not doomed by a failure that one of its id would have waited for", async () => {
      const [first, second] = [await context.start(), await context.start()];
      const child = waitingFor([first]);
      await storage().enqueueMany([child], NOW);
      await storage().cancel(child.id, NOW);
      await storage().operators.delete(child.id);
      await storage().enqueueMany([waitingFor([second], {}, { id: child.id })], NOW + 1);
      await storage().markFailed(first, taskError(), "final", NOW + 1);
      expect(await context.row(child.id)).toMatchObject({ held: 2, awaits: 1, cancel_reason: null });
    });

    it("is met by an enqueue of the same id that says the same, in whatever order, also once they have ended", async () => {
      const [parent, other] = [await context.start(), await context.start()];
      const child = waitingFor([parent, other], {}, { idGiven: true });
      await storage().enqueueMany([child], NOW);
      const again = { ...child, extras: { ...NO_EXTRAS, after: [other.id, parent.id] } };
      const met = [{ id: child.id, duplicate: true }];
      expect(await storage().enqueueMany([again], NOW + 1)).toEqual(met);
      await done(parent);
      await done(other);
      expect(await storage().enqueueMany([again], NOW + 1)).toEqual(met);
      expect(await context.row(child.id)).toMatchObject({ awaits: 0, held: 0 });
    });

    it("conflicts with one of the same id that waits for others, for none, or starts otherwise", async () => {
      const [parent, other] = [await context.enqueue(), await context.enqueue()];
      const child = waitingFor([parent], {}, { idGiven: true });
      await storage().enqueueMany([child], NOW);
      for (const extras of [
        { ...NO_EXTRAS, after: [other.id] },
        { ...NO_EXTRAS, after: [parent.id, other.id] },
        { ...NO_EXTRAS, after: [parent.id], startsAnyway: true },
        null,
      ]) {
        await expect(storage().enqueueMany([{ ...child, extras }], NOW + 1)).rejects.toThrow(IdConflictError);
      }
      const plain = newTask({ idGiven: true });
      await storage().enqueueMany([plain], NOW);
      const waiting = { ...plain, extras: { ...NO_EXTRAS, after: [parent.id] } };
      await expect(storage().enqueueMany([waiting], NOW + 1)).rejects.toThrow(IdConflictError);
      expect(await context.row(child.id)).toMatchObject({ awaits: 1, held: 2 });
      expect(await edges()).toBe(1);
    });

    for (const [trouble, faults] of Object.entries({
      "its reply was lost": [lostReply],
      "it was not sent, then its reply was lost": [unsent, lostReply],
    })) {
      it(`is enqueued as if it had been sent once when ${trouble}`, async () => {
        const ended = await context.start();
        await done(ended);
        const parents = await context.enqueueMany(2);
        const children = [waitingFor([...parents, ended]), waitingFor([ended])];
        const receipts = await context.faulty(...faults).enqueueMany(children, NOW + 1);
        expect(receipts).toEqual(children.map(({ id }) => ({ id, duplicate: false })));
        expect(await context.row(children[0]?.id ?? "")).toMatchObject({ awaits: 2, held: 2 });
        expect(await context.row(children[1]?.id ?? "")).toMatchObject({ awaits: 0, held: 0 });
        expect(await edges()).toBe(2);
      });
    }

    it("is enqueued by a repeated request with an Idempotency-Key once", async () => {
      const key = { apiKey: "a", key: "k", fingerprint: "f", expiredBefore: NOW - HOUR };
      const parent = await context.enqueue();
      const child = waitingFor([parent]);
      await storage().enqueueMany([child], NOW, key);
      const again = await storage().enqueueMany([waitingFor([parent])], NOW + 1, key);
      expect(again).toEqual([{ id: child.id, duplicate: true }]);
      expect([await edges(), await context.count("tasks")]).toEqual([1, 2]);
    });

    it("is released with 10,000 others by the one settlement of their parent", async () => {
      const parent = await context.start();
      const children = newTasks(10_000, { extras: { ...NO_EXTRAS, after: [parent.id] } });
      // A replica passes at most 4 MB at once on to its primary.
      await storage().enqueueMany(children.slice(0, 5_000), NOW);
      await storage().enqueueMany(children.slice(5_000), NOW);
      await done(parent);
      const [row] = await context.database.sql(
        "SELECT count(*) AS count FROM tasks WHERE held = 0 AND awaits = 0",
      );
      expect([row?.count, await edges()]).toEqual([10_001, 0]);
    });

    it("runs in a chain of 50 one after the other", async () => {
      const chain = [newTask()];
      for (let parent = chain[0]; parent !== undefined && chain.length < 50; parent = chain.at(-1)) {
        chain.push(waitingFor([parent]));
      }
      await storage().enqueueMany(chain, NOW);
      for (const { id } of chain) {
        const [only, ...others] = await context.claim();
        expect([only?.id, others.length]).toEqual([id, 0]);
        if (only !== undefined) await done(only);
      }
    });
  });
}
