import { describe, expect, it } from "vitest";
import { StorageUnavailable } from "../../../src/core/errors.ts";
import type { Settlement } from "../../../src/core/transitions.ts";
import type { SqliteStorage } from "../../../src/storage/sqlite.ts";
import { type Fault, FaultyDriver, lostReply, overloaded, unsent } from "../../support/faulty.ts";
import { json, NOW, newTask } from "../../support/tasks.ts";
import { type Context, claimOf, found, ids, LATER, MINUTE } from "./context.ts";

export function describeOutage(context: Context): void {
  describe("a database that does not answer", () => {
    const verbs: Record<string, (subject: SqliteStorage) => Promise<unknown>> = {
      enqueueMany: (subject) => subject.enqueueMany([newTask()], NOW),
      dequeue: (subject) => subject.dequeue(NOW),
      markDone: (subject) => subject.markDone({ id: newTask().id, attempts: 1 }, json(1), NOW),
      rescueMany: (subject) => subject.rescueMany(NOW, () => 0),
      cancel: (subject) => subject.cancel(newTask().id, NOW),
      getTask: (subject) => subject.getTask(newTask().id),
      listTasks: (subject) => subject.listTasks({ limit: 1 }),
      purgeResults: (subject) => subject.purgeResults({ olderThan: NOW, failedOlderThan: NOW, cursor: null }),
    };
    for (const [name, verb] of Object.entries(verbs)) {
      it(`retries give up after the bound and throw StorageUnavailable: ${name}`, async () => {
        for (const fault of [unsent, lostReply, overloaded]) {
          const driver = new FaultyDriver(context.database.driver, Array(100).fill(fault));
          const failure = verb(context.database.storage({}, () => driver));
          await expect(failure).rejects.toThrow(StorageUnavailable);
          expect(driver.calls).toBe(5);
        }
      });
    }

    it("a write that takes effect although its caller hears of no reply can be sent again later", async () => {
      const task = await context.start();
      const unlucky = context.faulty(...Array<Fault>(5).fill(lostReply));
      await expect(unlucky.markDone(task, json(1), NOW)).rejects.toThrow(StorageUnavailable);
      expect((await context.result(task.id))?.status).toBe("SUCCESS");
      const before = await context.row(task.id);
      await context.storage().markDone(task, json(1), NOW + 1);
      expect(await context.row(task.id)).toEqual(before);
    });

    it("a flush whose replies were all lost reports success when it is sent again, for what it had settled", async () => {
      await context.enqueueMany(3, { interval: MINUTE });
      const [first, second, third] = (await context.claim()).map(claimOf).map(found);
      await context.storage().cancel(found(second).id, NOW);
      const settlements = [found(first), found(second), found(third)].map(
        (claim): Settlement => ({ ...claim, kind: "done", result: json(1) }),
      );
      const unlucky = context.faulty(...Array<Fault>(5).fill(lostReply));
      await expect(unlucky.settleMany(settlements, NOW)).rejects.toThrow(StorageUnavailable);
      expect(await context.storage().settleMany(settlements, NOW + 1)).toEqual({
        settled: [settlements[0], settlements[2]],
        lost: [settlements[1]],
      });
    });

    it("a claim whose replies were all lost is found when it is sent again later, and takes nothing more", async () => {
      const tasks = await context.enqueueMany(6, { queue: "a" });
      for (const queues of [undefined, ["a"]]) {
        const token = `token of ${queues}`;
        const request = { now: NOW, limit: 2, leaseExpiresAt: NOW + MINUTE, queues, token };
        const unlucky = context.faulty(...Array<Fault>(5).fill(lostReply));
        await expect(unlucky.claimMany(request)).rejects.toThrow(StorageUnavailable);
        const taken = await context.storage().claimMany({ ...request, resent: true });
        expect(ids(taken)).toEqual(ids(queues === undefined ? tasks.slice(0, 2) : tasks.slice(2, 4)));
        expect(taken.every(({ attempts, claimToken }) => attempts === 1 && claimToken === token)).toBe(true);
      }
      const [row] = await context.database.sql(
        "SELECT count(*) AS count FROM tasks WHERE status = 'PENDING'",
      );
      expect(row).toEqual({ count: 2 });
    });

    it("a claim that never reached the database claims when it is sent again later", async () => {
      const { id } = await context.enqueue();
      const request = { now: NOW, limit: 2, leaseExpiresAt: NOW + MINUTE, token: "token", resent: true };
      expect(await context.faulty(unsent).claimMany(request)).toMatchObject([{ id, claimToken: "token" }]);
      expect(await context.storage().claimMany({ ...request, token: "another" })).toEqual([]);
    });

    it("a claim from the quarantine whose replies were all lost is found when it is sent again later", async () => {
      const { id } = await context.quarantine();
      const request = { now: LATER, limit: 1, leaseExpiresAt: LATER + MINUTE, token: "token" };
      const unlucky = context.faulty(...Array<Fault>(5).fill(lostReply));
      await expect(unlucky.claimQuarantined(request)).rejects.toThrow(StorageUnavailable);
      const found = await context.storage().claimQuarantined({ ...request, resent: true });
      expect(found).toMatchObject({ id, attempts: 2, quarantined: true });
    });

    it("a flush that takes effect at once asks for nothing more", async () => {
      const task = await context.start();
      const driver = new FaultyDriver(context.database.driver, []);
      await context.database.storage({}, () => driver).markDone(task, json(1), NOW);
      expect(driver.calls).toBe(1);
    });

    it("a read that was not answered is sent again", async () => {
      const { id } = await context.enqueue();
      await context.database.catchUp();
      expect((await context.faulty(unsent, lostReply).getTask(id))?.id).toBe(id);
    });

    it("a statement that was refused is not sent again", async () => {
      const driver = new FaultyDriver(context.database.driver, []);
      const subject = context.database.storage({}, () => driver);
      await expect(subject.enqueueMany([newTask({ args: json({}) })], NOW)).rejects.toMatchObject({
        code: "storage_rejected",
      });
      expect(driver.calls).toBe(1);
    });

    it("each try waits longer than the one before, and an overloaded database is given more time from the start", async () => {
      const waits = async (fault: Fault) => {
        const slept: number[] = [];
        const sleep = async (milliseconds: number) => void slept.push(milliseconds);
        const driver = new FaultyDriver(context.database.driver, Array(4).fill(fault));
        const options = { sleep, random: () => 0.5 };
        await context.database.storage(options, () => driver).dequeue(NOW);
        return slept;
      };
      expect(await waits(unsent)).toEqual([25, 50, 100, 200]);
      expect(await waits(overloaded)).toEqual([200, 400, 800, 1_000]);
    });
  });
}
