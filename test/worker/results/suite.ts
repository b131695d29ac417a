import { beforeEach, describe, expect, it } from "vitest";
import { StorageUnavailable } from "../../../src/core/errors.ts";
import type { Settlement } from "../../../src/core/transitions.ts";
import type { TestDatabase } from "../../support/database.ts";
import { after, lostReply, none, unsent } from "../../support/faulty.ts";
import { json, taskError } from "../../support/tasks.ts";
import { Context, crash, LATER, NOW } from "./context.ts";
import { describeCrashes } from "./crashes.ts";
import { describeOperations } from "./operations.ts";
import { describeServing } from "./serving.ts";

/** Results in a database of their own: what holds whichever two databases they are. */
export function describeResultsElsewhere(
  name: string,
  open: () => Promise<{ tasks: TestDatabase; results: TestDatabase }>,
): void {
  describe(`results elsewhere: ${name}`, async () => {
    const { tasks, results } = await open();
    const context = new Context(tasks, results);
    beforeEach(() => context.reset());

    it("writes results to the second database alone", async () => {
      const claim = await context.claim();
      await context.storage.markDone(claim, json({ sum: 3 }), NOW + 5);
      expect(await context.onFile()).toEqual({
        tasks: [],
        results: [{ task_id: claim.id, status: "SUCCESS", result: '{"sum":3}', attempts: 1 }],
      });
      expect(await context.storage.getResult(claim.id)).toEqual({
        taskId: claim.id,
        status: "SUCCESS",
        result: { sum: 3 },
        error: null,
        finishedAt: NOW + 5,
        attempts: 1,
        lastAttemptAt: NOW,
      });
    });

    it("writes the result first, after a fenced heartbeat, then settles the task", async () => {
      const claim = await context.claim();
      const order: string[] = [];
      context.tasksTap.always = (send) => {
        order.push(context.tasksTap.calls.at(-1) ?? "");
        return send();
      };
      context.resultsTap.always = (send) => {
        order.push("result");
        return send();
      };
      await context.storage.markDone(claim, json(1), NOW);
      expect(order).toEqual(["renew", "result", "settle"]);
    });

    for (const lease of [5_000, 20 * 60_000]) {
      it(`leaves a lease of ${lease} ms as long as its worker wants it while the second database hangs`, async () => {
        const { id } = await context.claim();
        await context.other().release({ id, attempts: 1 }, NOW);
        const request = { now: NOW, limit: 1, leaseExpiresAt: NOW + lease };
        const [claim] = await context.other().claimMany(request);
        if (claim === undefined) throw new Error("expected a task to be due");
        context.resultsTap.disturb("other", crash);
        await expect(context.storage.markDone(claim, json(1), NOW + 1_000)).rejects.toThrow("crashed here");
        expect(await context.storage.getTask(id)).toMatchObject({ leaseExpiresAt: NOW + lease });
      });
    }

    it("gives a result that comes after its lease's end a moment to be written, where nobody has rescued the task", async () => {
      const claim = await context.claim();
      context.resultsTap.disturb(
        "other",
        after(async () => expect(await context.other().rescueMany(LATER, () => 0)).toEqual([])),
      );
      await context.storage.markDone(claim, json("late"), LATER);
      expect(await context.storage.getResult(claim.id)).toMatchObject({ result: "late", attempts: 1 });
    });

    it("asks the second database nothing where no result is to be written", async () => {
      const claim = await context.claim();
      await context.storage.markFailed(claim, taskError(), { retryAt: NOW }, NOW);
      await context.storage.release(await context.claimAgain(NOW), NOW);
      expect(context.resultsTap.calls).toEqual([]);
      expect(context.tasksTap.calls).toEqual(["settle", "settle"]);
    });

    it("settles many at once: of those whose lease is lost nothing is written", async () => {
      const held = await context.claim();
      const lost = await context.claim();
      await context.other().cancel(lost.id, NOW);
      const report = await context.storage.settleMany(
        [held, lost].map((claim) => ({ ...claim, kind: "done" as const, result: json(1) })),
        NOW,
      );
      expect(report.settled).toMatchObject([{ id: held.id }]);
      expect(report.lost).toMatchObject([{ id: lost.id }]);
      expect((await context.onFile()).results).toMatchObject([{ task_id: held.id }]);
    });

    it("keeps a result for as long as the second database does not answer", async () => {
      const claim = await context.claim();
      context.resultsTap.disturb("other", unsent, unsent, lostReply);
      await context.storage.markDone(claim, json("kept"), NOW);
      expect(await context.storage.getResult(claim.id)).toMatchObject({ result: "kept" });
    });

    it("settles what writes no result while the second database is down, and the rest once it is back", async () => {
      const [done, retried, released, snoozed] = [
        await context.claim(),
        await context.claim(),
        await context.claim(),
        await context.claim(),
      ];
      const settlements: Settlement[] = [
        { ...done, kind: "done", result: json(1) },
        { ...retried, kind: "retry", error: taskError(), retryAt: LATER },
        { ...released, kind: "release", until: LATER },
        { ...snoozed, kind: "snooze", until: LATER },
      ];
      const statuses = async () => {
        const tasks = await Promise.all(settlements.map(({ id }) => context.other().getTask(id)));
        return tasks.map((task) => task?.status);
      };
      context.resultsTap.always = unsent;
      await expect(context.storage.settleMany(settlements, NOW)).rejects.toThrow(StorageUnavailable);
      expect(await statuses()).toEqual(["RUNNING", "RETRYING", "PENDING", "PENDING"]);
      context.resultsTap.always = none;
      expect(await context.storage.settleMany(settlements, NOW)).toEqual({ settled: settlements, lost: [] });
      expect(await statuses()).toEqual(["SUCCESS", "RETRYING", "PENDING", "PENDING"]);
    });

    it("reports success twice for a flush that is sent twice", async () => {
      const claim = await context.claim();
      context.tasksTap.disturb("settle", lostReply);
      await expect(context.storage.markDone(claim, json(1), NOW)).resolves.toBeUndefined();
      expect(await context.storage.getTask(claim.id)).toMatchObject({ status: "SUCCESS" });
      expect((await context.onFile()).results).toHaveLength(1);
    });

    it("purges from both", async () => {
      const claim = await context.claim({ id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64" });
      const young = await context.claim();
      await context.storage.markDone(claim, json(1), NOW);
      await context.storage.markDone(young, json(2), LATER);
      const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
      expect(await context.storage.purgeResults(request)).toMatchObject({ purged: 1 });
      expect(await context.storage.getTask(claim.id)).toBeNull();
      expect((await context.onFile()).results).toMatchObject([{ task_id: young.id }]);
      expect(await context.storage.mayBePurged(claim.id)).toBe(true);
    });

    it("does not purge the result of a run that ends while the purge looks the other way", async () => {
      const claim = await context.claim({ id: "018f0000-06bb-7e37-a6ed-ea59e3b6fd64" });
      await context.storage.markFailed(claim, taskError(), "final", NOW);
      // Between the purge's look at the tasks and its first write.
      context.resultsTap.disturb("other", async (send) => {
        const other = context.other();
        await other.retry(claim.id, LATER);
        await other.markDone(await context.claimAgain(LATER), json("new"), LATER);
        return send();
      });
      const request = { olderThan: NOW + 1, failedOlderThan: NOW + 1, cursor: null };
      expect(await context.storage.purgeResults(request)).toMatchObject({ purged: 0 });
      expect(await context.storage.getResult(claim.id)).toMatchObject({ status: "SUCCESS", result: "new" });
    });

    it("verifies the schema of both", async () => {
      await expect(context.storage.verify()).resolves.toBeUndefined();
      await results.sql("ALTER TABLE results RENAME TO results_gone");
      await expect(context.storage.verify()).rejects.toThrow("it lacks results");
      await results.sql("ALTER TABLE results_gone RENAME TO results");
    });

    describeServing(context);
    describeCrashes(context);
    describeOperations(context);
  });
}
