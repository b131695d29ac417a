import { describe, expect, it } from "vitest";
import { LeaseLostError } from "../../../src/core/errors.ts";
import type { Claim } from "../../../src/core/task.ts";
import type { SqliteStorage } from "../../../src/storage/sqlite.ts";
import { after, none } from "../../support/faulty.ts";
import { json, NOW, taskError } from "../../support/tasks.ts";
import { type Context, claimOf, found, HOUR, ids, LATER, MINUTE } from "./context.ts";

/** Every write of a worker that has to do with one task. */
const ACKNOWLEDGEMENTS: Record<string, (storage: SqliteStorage, claim: Claim) => Promise<void>> = {
  markRunning: (storage, claim) => storage.markRunning(claim, LATER),
  markDone: (storage, claim) => storage.markDone(claim, json("stale"), LATER),
  "markFailed with a retry": (storage, claim) =>
    storage.markFailed(claim, taskError(), { retryAt: LATER }, LATER),
  "markFailed for good": (storage, claim) => storage.markFailed(claim, taskError(), "final", LATER),
  snooze: (storage, claim) => storage.snooze(claim, LATER, LATER),
  release: (storage, claim) => storage.release(claim, LATER),
};

export function describeLease(context: Context): void {
  const storage = () => context.storage();
  const rescue = (now = LATER) => storage().rescueMany(now, (failures) => failures * 1_000);

  describe("fence", () => {
    for (const [name, acknowledge] of Object.entries(ACKNOWLEDGEMENTS)) {
      it(`a stale worker's ${name} after a rescue changes nothing and says LeaseLostError`, async () => {
        const stale = await context.quarantine();
        for (const step of ["rescued", "claimed by another", "settled by another"]) {
          if (step === "claimed by another") await context.claimQuarantined();
          if (step === "settled by another") {
            await storage().markDone({ id: stale.id, attempts: 2 }, json("fresh"), LATER);
          }
          const before = await context.row(stale.id);
          const refusal = acknowledge(storage(), stale);
          await expect(refusal, step).rejects.toThrow(LeaseLostError);
          await expect(refusal, step).rejects.toMatchObject({ id: stale.id, attempt: 1 });
          expect(await context.row(stale.id), step).toEqual(before);
        }
        expect(await context.result(stale.id)).toMatchObject({ result: "fresh", attempts: 2 });
      });

      it(`${name} says LeaseLostError once the task was cancelled`, async () => {
        const task = await context.start();
        await storage().cancel(task.id, NOW);
        const before = await context.row(task.id);
        await expect(acknowledge(storage(), task)).rejects.toThrow(LeaseLostError);
        expect(await context.row(task.id)).toEqual(before);
      });
    }

    it("the fencing token is the id and the attempt: another attempt's worker writes nothing", async () => {
      const task = await context.start();
      for (const attempts of [0, 2]) {
        const claim = { id: task.id, attempts, claimToken: task.claimToken };
        await expect(storage().markDone(claim, json(1), NOW)).rejects.toThrow(LeaseLostError);
      }
      await storage().markDone({ id: task.id, attempts: 1 }, json(1), NOW);
    });

    it("a worker whose lease expired may still write while nobody has rescued the task", async () => {
      const task = await context.start();
      await storage().markDone(task, json("late"), LATER);
      expect((await context.result(task.id))?.result).toBe("late");
      expect(await rescue()).toEqual([]);
    });
  });

  describe("heartbeat", () => {
    it("one statement renews the leases that still hold and returns their claims", async () => {
      await context.enqueueMany(4);
      const [first, cancelled, settled, last] = await context.claim();
      await storage().cancel(found(cancelled).id, NOW);
      await storage().markDone(found(settled), json(1), NOW);
      const claims = [first, cancelled, settled, last].map(found).map(claimOf);
      const held = await storage().renewMany([...claims, { id: found(last).id, attempts: 7 }], LATER);
      expect(held).toEqual([claims[0], claims[3]]);
      const rows = await context.database.sql("SELECT lease_expires_at FROM tasks ORDER BY id");
      expect(rows.map((row) => row.lease_expires_at)).toEqual([LATER, null, null, LATER]);
    });

    it("a renewal that arrives late, behind a longer one, does not shorten the lease", async () => {
      const task = await context.start();
      const renew = (leaseExpiresAt: number) => storage().renewMany([task], leaseExpiresAt);
      for (const leaseExpiresAt of [LATER, LATER + MINUTE, LATER])
        expect(await renew(leaseExpiresAt)).toEqual([task]);
      expect(await context.row(task.id)).toMatchObject({ lease_expires_at: LATER + MINUTE });
    });

    it("markRunning does not shorten a lease that was claimed for longer", async () => {
      await context.enqueue();
      const [task] = await context.claim({ leaseExpiresAt: LATER });
      await storage().markRunning(found(task), NOW);
      expect(await context.row(found(task).id)).toMatchObject({ lease_expires_at: LATER });
    });

    it("a renewal of nothing sends nothing", async () => {
      const subject = storage();
      expect(await subject.renewMany([], LATER)).toEqual([]);
      expect(subject.queryCount).toBe(0);
    });
  });

  describe("rescue", () => {
    it("a task whose lease expired is quarantined and RETRYING, with no failure counted the first time", async () => {
      const task = await context.start();
      const rescued = await rescue();
      expect(rescued).toEqual([
        { claim: { id: task.id, attempts: 1 }, settlement: expect.objectContaining({ kind: "quarantine" }) },
      ]);
      expect(await context.row(task.id)).toMatchObject({
        status: "RETRYING",
        held: 1,
        attempts: 1,
        failures: 0,
        eta: LATER,
        lease_expires_at: null,
        claimed_by: null,
        updated_at: LATER,
      });
      expect((await context.task(task.id)).errors).toMatchObject([
        { type: "LeaseExpiredError", attempt: 1, at: LATER, retryable: true },
      ]);
    });

    it("a lease that expires in quarantine is a failure, and waits for its backoff", async () => {
      const { id } = await context.quarantine();
      await context.claimQuarantined();
      await rescue(LATER + HOUR);
      expect(await context.row(id)).toMatchObject({
        status: "RETRYING",
        held: 1,
        failures: 1,
        attempts: 2,
        eta: LATER + HOUR + 1_000,
      });
    });

    it("a task whose retries are spent in quarantine is FAILED with a result", async () => {
      const { id } = await context.quarantine({ maxRetries: 1 });
      for (const hours of [1, 2]) {
        found(await context.claimQuarantined(LATER + hours * HOUR - MINUTE));
        await rescue(LATER + hours * HOUR);
      }
      expect(await context.row(id)).toMatchObject({ status: "FAILED", failures: 2, attempts: 3, held: 0 });
      expect(await context.result(id)).toMatchObject({
        status: "FAILED",
        error: { type: "LeaseExpiredError", retryable: false },
        attempts: 3,
        finishedAt: LATER + 2 * HOUR,
      });
    });

    it("a task with max_retries = 0 is FAILED only by a lease that expired in quarantine, where it was alone", async () => {
      const task = await context.start({ maxRetries: 0 });
      await rescue();
      expect(await context.row(task.id)).toMatchObject({ status: "RETRYING", failures: 0, held: 1 });
      found(await context.claimQuarantined());
      await rescue(LATER + HOUR);
      expect(await context.row(task.id)).toMatchObject({ status: "FAILED", failures: 1, held: 0 });
      expect((await context.result(task.id))?.status).toBe("FAILED");
    });

    it("a lease that has not expired is left alone, and one that ends now is rescued", async () => {
      await context.enqueue();
      await context.claim({ leaseExpiresAt: LATER });
      expect(await rescue(LATER - 1)).toEqual([]);
      expect(await rescue(LATER)).toHaveLength(1);
    });

    it("a renewed lease is not stolen", async () => {
      const task = await context.start();
      const rescuer = context.faulty(
        none,
        after(() => storage().renewMany([task], LATER + MINUTE)),
      );
      expect(await rescuer.rescueMany(LATER, () => 0)).toEqual([]);
      expect(await context.row(task.id)).toMatchObject({
        status: "RUNNING",
        errors: "[]",
        lease_expires_at: LATER + MINUTE,
      });
      expect(await context.count("results")).toBe(0);
    });

    it("two workers that rescue at the same time rescue each task once", async () => {
      await context.enqueueMany(10);
      await context.claim();
      const rescued = (await Promise.all([rescue(), rescue(), rescue()])).flat();
      expect(rescued).toHaveLength(10);
      const rows = await context.database.sql("SELECT json_array_length(errors) AS errors FROM tasks");
      expect(rows.every((row) => row.errors === 1)).toBe(true);
    });

    it("a rescue reads from the primary: it misses no lease that has just been taken", async () => {
      for (let round = 1; round <= 50; round++) {
        await context.start({ maxRetries: 0 });
        expect(await rescue(), `round ${round}`).toHaveLength(1);
      }
    });

    it("one rescue takes at most 100 tasks, of any queue", async () => {
      await context.enqueueMany(100, { queue: "a" });
      await context.enqueueMany(30, { queue: "b" });
      await context.claim({ limit: 130 });
      expect(await rescue()).toHaveLength(100);
      expect(await rescue()).toHaveLength(30);
      expect(await rescue()).toHaveLength(0);
    });
  });

  describe("quarantine", () => {
    it("a task of the quarantine is never claimed with others", async () => {
      const { id } = await context.quarantine();
      const others = await context.enqueueMany(2);
      expect(ids(await context.claim({ now: LATER }))).toEqual(ids(others));
      expect(await context.claim({ now: LATER, queues: ["default"] })).toEqual([]);
      expect(await context.claimQuarantined()).toMatchObject({ id, quarantined: true, attempts: 2 });
    });

    it("the quarantine is claimed one at a time, the one that is due first", async () => {
      await context.enqueueMany(1, { queue: "a" });
      await context.enqueueMany(1, { queue: "b" });
      const [a, b] = await context.claim();
      await rescue();
      await storage().reschedule(found(b).id, LATER - 1, LATER);
      expect((await context.claimQuarantined())?.id).toBe(b?.id);
      expect((await context.claimQuarantined())?.id).toBe(a?.id);
      expect(await context.claimQuarantined()).toBeNull();
    });

    it("hasQuarantined tells whether a task of the quarantine is due", async () => {
      await context.enqueue();
      expect(await (await context.reader()).hasQuarantined({ now: LATER })).toBe(false);
      await context.dequeue();
      await rescue();
      const reader = await context.reader();
      expect(await reader.hasQuarantined({ now: LATER })).toBe(true);
      expect(await reader.hasQuarantined({ now: LATER - 1 })).toBe(false);
    });

    it("hasQuarantined tells only of what this worker could claim: no paused queue, no other queue, no longer timeout", async () => {
      await context.quarantine({ queue: "a", timeout: 5_000 });
      const now = LATER;
      const reader = await context.reader();
      expect(await reader.hasQuarantined({ now, queues: ["a"], longestTimeout: 5_000 })).toBe(true);
      expect(await reader.hasQuarantined({ now, queues: ["b"] })).toBe(false);
      expect(await reader.hasQuarantined({ now, longestTimeout: 4_999 })).toBe(false);
      await storage().configureQueue("a", { paused: true });
      expect(await (await context.reader()).hasQuarantined({ now })).toBe(false);
    });

    it("hasQuarantined tells nothing of a queue at its concurrency, where others than this worker hold it", async () => {
      await context.quarantine();
      await context.enqueueMany(2);
      const [mine, others] = await context.claim({ now: LATER });
      const asks = async (held: readonly string[] = []) =>
        (await context.reader()).hasQuarantined({ now: LATER }, held);
      for (const concurrency of [null, 3]) {
        await storage().configureQueue("default", { concurrency });
        expect(await asks()).toBe(true);
      }
      await storage().configureQueue("default", { concurrency: 2 });
      expect(await asks()).toBe(false);
      expect(await asks([found(mine).id])).toBe(true);
      await storage().configureQueue("default", { concurrency: 1 });
      expect(await asks([found(mine).id])).toBe(false);
      expect(await asks(ids([mine, others].map(found)))).toBe(true);
    });

    it("the quarantine is claimed only from listed queues and only where the timeout fits", async () => {
      const { id } = await context.quarantine({ queue: "a", timeout: 5_000 });
      expect(await context.claimQuarantined(LATER - 1)).toBeNull();
      expect(await context.claimQuarantined(LATER, { queues: ["b"] })).toBeNull();
      expect(await context.claimQuarantined(LATER, { longestTimeout: 4_999 })).toBeNull();
      const request = { queues: ["b", "a"], longestTimeout: 5_000 };
      expect((await context.claimQuarantined(LATER, request))?.id).toBe(id);
    });

    it("a success lets an interval task out of the quarantine", async () => {
      const { id } = await context.quarantine({ interval: MINUTE });
      await storage().markDone(found(await context.claimQuarantined()), json(1), LATER);
      expect((await context.dequeue(LATER + MINUTE)).id).toBe(id);
    });
  });
}
