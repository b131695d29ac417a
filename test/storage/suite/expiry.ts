import { describe, expect, it } from "vitest";
import type { CancelledAtClaim, NewTask } from "../../../src/core/task.ts";
import { NO_EXTRAS } from "../../../src/core/task.ts";
import { lostReply } from "../../support/faulty.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, found, HOUR, ids, LATER, MINUTE, SECOND } from "./context.ts";

/** What an expiry at this moment adds to a task. */
const expiring = (expiresAt: number, overrides: Partial<NewTask> = {}): Partial<NewTask> => ({
  extras: { ...NO_EXTRAS, expiresAt },
  ...overrides,
});

export function describeExpiry(context: Context): void {
  const cancelled: CancelledAtClaim[] = [];
  const onCancelled = (task: CancelledAtClaim) => cancelled.push(task);
  const claim = (now: number) => {
    cancelled.length = 0;
    return context.claim({ now, leaseExpiresAt: now + MINUTE, onCancelled });
  };

  describe("a task that expires", () => {
    it("starts up to its expiry, and from that moment on is cancelled by the claim that meets it", async () => {
      const [early, late] = [
        await context.enqueue(expiring(NOW + SECOND)),
        await context.enqueue(expiring(NOW + SECOND, { eta: NOW + SECOND })),
      ];
      expect(ids(await claim(NOW + SECOND - 1))).toEqual([early.id]);
      expect(cancelled).toEqual([]);
      expect(await claim(NOW + SECOND)).toEqual([]);
      expect(cancelled).toEqual([
        { id: late.id, attempts: 0, funcPath: "test.noop", queue: "default", reason: "expired" },
      ]);
      expect(await context.task(late.id)).toMatchObject({
        status: "CANCELLED",
        cancelReason: "expired",
        attempts: 0,
        lastAttemptAt: null,
        leaseExpiresAt: null,
        updatedAt: NOW + SECOND,
      });
      expect(await claim(NOW + HOUR)).toEqual([]);
    });

    it("has CANCELLED for its result", async () => {
      const task = await context.enqueue(expiring(NOW));
      await claim(NOW);
      expect(await context.result(task.id)).toEqual({
        taskId: task.id,
        status: "CANCELLED",
        result: null,
        error: null,
        finishedAt: NOW,
        attempts: 0,
        lastAttemptAt: null,
      });
      expect(await context.count("results")).toBe(0);
    });

    it("is not started again after a failure: a retry that is due too late is cancelled, its errors kept", async () => {
      const started = await context.start(expiring(NOW + MINUTE));
      await context.storage().markFailed(started, taskError(), { retryAt: NOW + HOUR }, NOW);
      expect(await claim(NOW + HOUR)).toEqual([]);
      const task = await context.task(started.id);
      expect(task).toMatchObject({ status: "CANCELLED", cancelReason: "expired", attempts: 1, failures: 1 });
      expect(task.errors).toHaveLength(1);
    });

    it("may run on past its expiry once it has started", async () => {
      const started = await context.start(expiring(NOW + 1));
      await context.storage().renewMany([started], NOW + HOUR);
      await context.storage().markDone(started, json(1), NOW + MINUTE);
      expect(await context.task(started.id)).toMatchObject({ status: "SUCCESS", cancelReason: null });
    });

    it("is cancelled in the quarantine too, which it leaves", async () => {
      const { id } = await context.quarantine(expiring(NOW + MINUTE));
      const next = await context.quarantine();
      cancelled.length = 0;
      const claimed = await context.claimQuarantined(LATER, { onCancelled });
      expect(claimed?.id).toBe(next.id);
      expect(ids(cancelled)).toEqual([id]);
      expect(await context.task(id)).toMatchObject({
        status: "CANCELLED",
        cancelReason: "expired",
        quarantined: false,
      });
    });

    it("is not started when it is rescued after its expiry", async () => {
      const { id } = await context.start(expiring(NOW + MINUTE));
      await context.storage().rescueMany(LATER, () => 0);
      expect(await context.claimQuarantined(LATER)).toBeNull();
      expect((await context.task(id)).status).toBe("CANCELLED");
    });

    it("between two runs of an interval is cancelled, and stops", async () => {
      const started = await context.start(expiring(NOW + MINUTE, { interval: 2 * MINUTE }));
      await context.storage().markDone(started, json(1), NOW);
      expect((await context.task(started.id)).status).toBe("PENDING");
      expect(await claim(NOW + HOUR)).toEqual([]);
      expect(await context.task(started.id)).toMatchObject({ status: "CANCELLED", attempts: 1 });
      expect((await context.result(started.id))?.status).toBe("CANCELLED");
    });

    it("frees its unique key", async () => {
      await context.enqueue(expiring(NOW, { uniqueKey: "k" }));
      await claim(NOW);
      const again = newTask({ uniqueKey: "k" });
      expect(await context.storage().enqueueMany([again], NOW)).toEqual([{ id: again.id, duplicate: false }]);
    });

    it("does not keep its unique key from the next one, though no claim has met it yet: that would be cancelled with it", async () => {
      const over = await context.enqueue(expiring(NOW + 1, { uniqueKey: "k", eta: NOW + MINUTE }));
      for (const onConflict of ["ignore", "reject", "replace"] as const) {
        const again = newTask(expiring(NOW + HOUR, { uniqueKey: "k" }));
        const extras = {
          ...NO_EXTRAS,
          ...again.extras,
          unique: { onConflict, within: null, debounce: null },
        };
        const now = onConflict === "ignore" ? NOW + 1 : NOW + 2 * HOUR;
        const receipts = await context.storage().enqueueMany([{ ...again, extras }], now);
        expect(receipts).toEqual([{ id: again.id, duplicate: false }]);
        await context.storage().cancel(again.id, now);
      }
      expect(await context.task(over.id)).toMatchObject({ status: "CANCELLED", cancelReason: "expired" });
    });

    it("keeps its unique key up to its expiry, and as long as it runs", async () => {
      const held = await context.enqueue(expiring(NOW + 1, { uniqueKey: "k" }));
      const meet = async (now: number) =>
        (await context.storage().enqueueMany([newTask({ uniqueKey: "k" })], now))[0];
      expect(await meet(NOW)).toEqual({ id: held.id, duplicate: true });
      await claim(NOW);
      expect(await meet(NOW + HOUR)).toEqual({ id: held.id, duplicate: true });
    });

    it("is passed by in a claim of one, which goes on to the first that may start", async () => {
      await context.enqueueMany(5, expiring(NOW));
      const task = await context.enqueue({ eta: NOW });
      expect((await context.dequeue()).id).toBe(task.id);
      expect(await context.storage().dequeue(NOW)).toBeNull();
    });

    it("takes no place of its queue's concurrency", async () => {
      await context.storage().configureQueue("default", { concurrency: 1 });
      await context.enqueue(expiring(NOW));
      const task = await context.enqueue();
      await claim(NOW);
      expect(ids(await claim(NOW))).toEqual([task.id]);
    });

    it("counts in a claim's limit: what is left of the backlog waits for the next one", async () => {
      const expired = newTasks(3, expiring(NOW));
      const others = newTasks(2);
      await context.storage().enqueueMany([...expired, ...others], NOW);
      const take = () => context.claim({ limit: 4 });
      expect(ids(await take())).toEqual(ids(others.slice(0, 1)));
      expect(ids(await take())).toEqual(ids(others.slice(1)));
    });

    it("is neither cancelled twice nor started when the reply of the claim is lost", async () => {
      const expired = await context.enqueue(expiring(NOW));
      const task = await context.enqueue();
      const request = { now: NOW, limit: 10, leaseExpiresAt: NOW + MINUTE };
      expect(ids(await context.faulty(lostReply).claimMany(request))).toEqual([task.id]);
      expect(await context.task(expired.id)).toMatchObject({ status: "CANCELLED", attempts: 0 });
      const alone = await context.enqueue(expiring(NOW));
      expect(await context.faulty(lostReply).claimMany(request)).toEqual([]);
      expect(await context.task(alone.id)).toMatchObject({ status: "CANCELLED", cancelReason: "expired" });
    });

    it("goes on to the next after a claim of one whose reply is lost", async () => {
      await context.enqueue(expiring(NOW));
      const task = await context.enqueue();
      expect((await context.faulty(lostReply).dequeue(NOW))?.id).toBe(task.id);
      expect((await context.task(task.id)).attempts).toBe(1);
    });

    it("is refused to a worker whose verb comes after the claim has cancelled it", async () => {
      const started = await context.start(expiring(NOW + MINUTE));
      await context.storage().release(started, NOW, LATER);
      await claim(LATER);
      const lost = await context.storage().settleMany([{ ...started, kind: "done", result: json(1) }], LATER);
      expect(lost.settled).toEqual([]);
      await expect(context.storage().markRunning(started, LATER)).rejects.toMatchObject({
        code: "lease_lost",
      });
    });

    it("starts after an operator's retry, which forgets an expiry that is past and no other", async () => {
      const expired = await context.enqueue(expiring(NOW));
      await claim(NOW);
      expect(await context.storage().retry(expired.id, LATER)).toMatchObject({
        status: "PENDING",
        expiresAt: null,
        cancelReason: null,
      });
      expect(ids(await claim(LATER))).toEqual([expired.id]);
      const later = await context.enqueue(expiring(LATER + HOUR));
      await context.storage().cancel(later.id, NOW);
      expect((await context.storage().retry(later.id, LATER)).expiresAt).toBe(LATER + HOUR);
    });

    it("is cancelled by an operator for the operator's reason", async () => {
      const task = await context.enqueue(expiring(NOW));
      expect((await context.storage().cancel(task.id, NOW)).cancelReason).toBe("operator");
    });

    it("is stored with its expiry, which an id given again need not repeat", async () => {
      const task = await context.enqueue(expiring(NOW + HOUR, { idGiven: true }));
      expect(found(await context.task(task.id)).expiresAt).toBe(NOW + HOUR);
      const [receipt] = await context.storage().enqueueMany([task], NOW + 1);
      expect(receipt).toEqual({ id: task.id, duplicate: true });
    });

    it("gives up its unique key, as does one that is doomed by what it waited for", async () => {
      const parent = await context.start({ maxRetries: 0 });
      const doomed = await context.enqueue({ uniqueKey: "k", extras: { ...NO_EXTRAS, after: [parent.id] } });
      await context.storage().markFailed(parent, taskError(), "final", NOW);
      expect(await context.task(doomed.id)).toMatchObject({ status: "PENDING", cancelReason: "dependency" });
      const next = await context.enqueue({ uniqueKey: "k" });
      expect((await context.dequeue()).id).toBe(next.id);
      expect(await context.task(doomed.id)).toMatchObject({
        status: "CANCELLED",
        cancelReason: "dependency",
      });
    });
  });
}
