import { describe, expect, it } from "vitest";
import { LeaseLostError } from "../../../src/core/errors.ts";
import type { SqliteStorage } from "../../../src/storage/sqlite.ts";
import { type Fault, lostReply, none, unsent } from "../../support/faulty.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, claimOf, found, HOUR, ids, LATER, MINUTE } from "./context.ts";

/** What may befall a write before it is answered. */
const TROUBLES: Record<string, readonly Fault[]> = {
  "its reply was lost": [lostReply],
  "its reply was lost twice": [lostReply, lostReply],
  "it was not sent": [unsent],
  "it was not sent, then its reply was lost": [unsent, lostReply],
};

export function describeFaults(context: Context): void {
  const storage = () => context.storage();

  for (const [trouble, faults] of Object.entries(TROUBLES)) {
    const faulty = () => context.faulty(...faults);

    describe(`a write is sent again when ${trouble}`, () => {
      it("enqueue answers as if it had been sent once", async () => {
        const existing = await context.enqueue({ uniqueKey: "k" });
        const tasks = [
          newTask(),
          newTask({ idGiven: true }),
          newTask({ uniqueKey: "k" }),
          newTask({ uniqueKey: "l" }),
        ];
        expect(await faulty().enqueueMany(tasks, NOW + 1)).toEqual([
          { id: tasks[0]?.id, duplicate: false },
          { id: tasks[1]?.id, duplicate: false },
          { id: existing.id, duplicate: true },
          { id: tasks[3]?.id, duplicate: false },
        ]);
        expect(await context.count("tasks")).toBe(4);
      });

      it("enqueue of the same task twice in one batch tells the duplicate", async () => {
        const task = newTask({ idGiven: true });
        const receipts = await faulty().enqueueMany([task, task], NOW);
        expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, true]);
      });

      const idempotency = { apiKey: "alice", key: "k", fingerprint: "f", expiredBefore: NOW - 1 };

      it("an enqueue with an idempotency key is the first request, not a replay of itself", async () => {
        const tasks = newTasks(2);
        const receipts = await faulty().enqueueMany(tasks, NOW, idempotency);
        expect(receipts).toEqual(tasks.map(({ id }) => ({ id, duplicate: false })));
        expect(await context.count("tasks")).toBe(2);
      });

      it("a replay with an idempotency key stays a replay, at the same millisecond too", async () => {
        const tasks = newTasks(2);
        await storage().enqueueMany(tasks, NOW, idempotency);
        const replay = await faulty().enqueueMany(newTasks(2), NOW, idempotency);
        expect(replay).toEqual(tasks.map(({ id }) => ({ id, duplicate: true })));
      });

      it("a claim is read back by its token, and takes nothing twice", async () => {
        const tasks = await context.enqueueMany(6);
        const request = { now: NOW, limit: 4, leaseExpiresAt: NOW + MINUTE };
        const claimed = await faulty().claimMany(request);
        expect(ids(claimed)).toEqual(ids(tasks.slice(0, 4)));
        expect(claimed.every(({ attempts }) => attempts === 1)).toBe(true);
        expect(ids(await context.claim())).toEqual(ids(tasks.slice(4)));
      });

      it("a claim of several queues is read back whole and in its order", async () => {
        const tasks = ["a", "b", "c"].flatMap((queue) => newTasks(2, { queue }));
        await storage().enqueueMany(tasks, NOW);
        const request = { now: NOW, limit: 10, leaseExpiresAt: NOW + MINUTE, queues: ["c", "b", "a"] };
        const claimed = await faulty().claimMany(request);
        expect(claimed.map(({ queue }) => queue)).toEqual(["c", "c", "b", "b", "a", "a"]);
        expect(claimed[0]).toMatchObject({ args: [], kwargs: {}, leaseExpiresAt: NOW + MINUTE, attempts: 1 });
      });

      it("a claim from the quarantine is read back", async () => {
        const { id } = await context.quarantine();
        const request = { now: LATER, limit: 1, leaseExpiresAt: LATER + MINUTE };
        expect(await faulty().claimQuarantined(request)).toMatchObject({
          id,
          attempts: 2,
          quarantined: true,
        });
      });

      it("a claim of nothing is a claim of nothing", async () => {
        expect(await faulty().dequeue(NOW)).toBeNull();
      });

      const interval = { interval: MINUTE };
      const acknowledgements: Record<string, (subject: SqliteStorage, id: string) => Promise<void>> = {
        markRunning: async (subject, id) => subject.markRunning(await claim(id), NOW),
        markDone: async (subject, id) => subject.markDone(await claim(id), json(1), NOW),
        "markFailed with a retry": async (subject, id) =>
          subject.markFailed(await claim(id), taskError(), { retryAt: LATER }, NOW),
        "markFailed for good": async (subject, id) =>
          subject.markFailed(await claim(id), taskError(), "final", NOW),
        snooze: async (subject, id) => subject.snooze(await claim(id), LATER, NOW),
        release: async (subject, id) => subject.release(await claim(id), NOW),
      };
      for (const [name, acknowledge] of Object.entries(acknowledgements)) {
        it(`${name} reports success and takes effect once`, async () => {
          for (const overrides of [{}, interval]) {
            const [once, twice] = [await context.start(overrides), await context.start(overrides)];
            await acknowledge(storage(), once.id);
            await acknowledge(faulty(), twice.id);
            const same = { id: "", claimed_by: "" };
            expect({ ...(await context.row(twice.id)), ...same }).toEqual({
              ...(await context.row(once.id)),
              ...same,
            });
            expect((await context.result(twice.id))?.status).toBe((await context.result(once.id))?.status);
            for (const task of [once, twice])
              await storage()
                .cancel(task.id, NOW)
                .catch(() => null);
          }
        });
      }

      it("a settlement by id and attempt alone reports success", async () => {
        const { id, attempts } = await context.start();
        await faulty().markDone({ id, attempts }, json(1), NOW);
        expect((await context.result(id))?.status).toBe("SUCCESS");
      });

      it("a stale worker's settlement still says LeaseLostError", async () => {
        const task = await context.start();
        await storage().cancel(task.id, NOW);
        await expect(faulty().markDone(task, json(1), NOW)).rejects.toThrow(LeaseLostError);
        const rescued = await context.quarantine();
        await expect(faulty().markDone(rescued, json(1), LATER)).rejects.toThrow(LeaseLostError);
        await expect(
          faulty().markDone({ ...claimOf(rescued), claimToken: undefined }, json(1), LATER),
        ).rejects.toThrow(LeaseLostError);
      });

      it("a flush reports success for what it settled and lost for what it did not", async () => {
        await context.enqueueMany(3);
        const [first, second, third] = (await context.claim()).map(claimOf);
        await storage().cancel(found(second).id, NOW);
        const settlements = [found(first), found(second), found(third)].map(
          (claim) => ({ ...claim, kind: "done", result: json(1) }) as const,
        );
        const { settled, lost } = await faulty().settleMany(settlements, NOW);
        expect(ids(settled)).toEqual(ids([found(first), found(third)]));
        expect(ids(lost)).toEqual([second?.id]);
      });

      it("a heartbeat returns the leases that hold", async () => {
        const task = await context.start();
        const lost = { id: newTask().id, attempts: 1 };
        expect(await faulty().renewMany([task, lost], LATER)).toEqual([task]);
      });

      it("a rescue tells what it rescued, once", async () => {
        for (let count = 0; count < 2; count++) await context.quarantine({ maxRetries: 0 });
        for (let count = 0; count < 2; count++)
          await context.claimQuarantined(LATER, { leaseExpiresAt: LATER });
        await context.enqueueMany(2);
        await context.claim();
        const subject = context.faulty(none, ...faults);
        const rescued = await subject.rescueMany(LATER, () => 0);
        expect(rescued.map(({ settlement }) => settlement.kind).sort()).toEqual([
          "fail",
          "fail",
          "quarantine",
          "quarantine",
        ]);
        const rows = await context.database.sql(
          "SELECT json_array_length(errors) AS errors FROM tasks ORDER BY id",
        );
        expect(rows.map((row) => row.errors)).toEqual([2, 2, 1, 1]);
      });

      it("cancel, retry and reschedule answer with the task as they left it", async () => {
        const { id } = await context.enqueue();
        expect(await faulty().reschedule(id, LATER, NOW + 1)).toMatchObject({
          eta: LATER,
          status: "PENDING",
        });
        expect(await faulty().cancel(id, NOW + 2)).toMatchObject({ status: "CANCELLED", updatedAt: NOW + 2 });
        expect(await faulty().retry(id, NOW + 3)).toMatchObject({ status: "PENDING", eta: NOW + 3 });
        await expect(faulty().retry(id, NOW + 4)).rejects.toMatchObject({ code: "wrong_status" });
      });

      it("a failed task that is retried loses its old result", async () => {
        const task = await context.start();
        await storage().markFailed(task, taskError(), "final", NOW);
        expect((await faulty().retry(task.id, NOW + 1)).status).toBe("PENDING");
        expect(await context.count("results")).toBe(0);
      });

      it("a queue's settings are as asked for", async () => {
        await faulty().configureQueue("q", { paused: true, concurrency: 2 });
        expect(await (await context.reader()).listQueues(NOW)).toMatchObject([
          { paused: true, concurrency: 2 },
        ]);
      });

      it("a purge counts what it removed", async () => {
        const task = await context.start();
        await storage().markDone(task, json(1), NOW);
        const subject = context.faulty(none, ...faults);
        const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
        expect(await subject.purgeResults(request)).toEqual({ purged: 1, cursor: null });
        expect(await context.count("results")).toBe(0);
      });

      it("the duty to purge is taken by the one who asked", async () => {
        expect(await faulty().startPurge(NOW, NOW + HOUR)).toEqual({ cursor: null });
        await faulty().finishPurge("cursor", NOW + MINUTE);
        expect(await faulty().startPurge(NOW + MINUTE, NOW + HOUR)).toEqual({ cursor: "cursor" });
        expect(await faulty().startPurge(NOW + MINUTE, NOW + HOUR + 1)).toBeNull();
      });
    });
  }

  describe("a write that is sent again while others work", () => {
    /** Something happens, and then the call does not reach the database. */
    const unsentAfter = (event: () => Promise<unknown>): Fault => {
      return async (send) => {
        await event();
        return unsent(send);
      };
    };

    it("a claim that is read back leaves what another has claimed in the meantime, with the same lease", async () => {
      const [first, second] = await context.enqueueMany(2);
      const request = { now: NOW, limit: 1, leaseExpiresAt: NOW + MINUTE };
      const subject = context.faulty(unsentAfter(() => storage().claimMany(request)));
      expect(ids(await subject.claimMany(request))).toEqual([second?.id]);
      expect((await context.row(found(first).id)).attempts).toBe(1);
    });

    it("a rescue does not tell what another has rescued in the meantime", async () => {
      await context.start();
      const subject = context.faulty(
        none,
        unsentAfter(() => storage().rescueMany(LATER, () => 0)),
      );
      expect(await subject.rescueMany(LATER + 1, () => 0)).toEqual([]);
    });

    it("an enqueue tells a duplicate from what another has stored in the meantime", async () => {
      const task = newTask({ idGiven: true });
      const subject = context.faulty(unsentAfter(() => storage().enqueueMany([task], NOW)));
      expect(await subject.enqueueMany([task], NOW + 1)).toEqual([{ id: task.id, duplicate: true }]);
    });
  });

  /** The claim that a running task is held by. */
  async function claim(id: string) {
    const row = await context.row(id);
    return { id, attempts: Number(row.attempts), claimToken: String(row.claimed_by) };
  }
}
