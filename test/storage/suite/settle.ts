import { describe, expect, it } from "vitest";
import type { Settlement } from "../../../src/core/transitions.ts";
import { json, NOW, taskError } from "../../support/tasks.ts";
import { type Context, claimOf, found, HOUR, MINUTE, SECOND } from "./context.ts";

export function describeSettle(context: Context): void {
  const storage = () => context.storage();
  const end = NOW + 3 * SECOND;

  describe("markRunning", () => {
    it("mark_running(task_id) sets RUNNING and the timestamp: it confirms the start and renews the lease", async () => {
      const task = await context.start();
      await storage().markRunning(task, NOW + SECOND);
      expect(await context.row(task.id)).toMatchObject({
        status: "RUNNING",
        last_attempt_at: NOW + SECOND,
        updated_at: NOW + SECOND,
        claimed_by: task.claimToken,
      });
      expect((await context.task(task.id)).leaseExpiresAt).toBeGreaterThan(task.leaseExpiresAt);
    });

    it("mark_running never adds to attempts", async () => {
      const task = await context.start();
      for (const now of [NOW + 1, NOW + 2]) await storage().markRunning(task, now);
      expect((await context.task(task.id)).attempts).toBe(1);
    });
  });

  describe("markDone", () => {
    it("mark_done(task_id, result) upserts the result row and sets SUCCESS in one transaction", async () => {
      const task = await context.start();
      await storage().markDone(task, json({ sum: 3 }), end);
      expect(await context.row(task.id)).toMatchObject({
        status: "SUCCESS",
        attempts: 1,
        failures: 0,
        lease_expires_at: null,
        claimed_by: task.claimToken,
        updated_at: end,
      });
      expect(await context.result(task.id)).toEqual({
        taskId: task.id,
        status: "SUCCESS",
        result: { sum: 3 },
        error: null,
        finishedAt: end,
        attempts: 1,
        lastAttemptAt: NOW,
      });
    });

    it("a result that the database refuses leaves the task RUNNING and no result", async () => {
      const task = await context.start();
      const refused: Settlement = { ...claimOf(task), kind: "fail", error: taskError({ attempt: 1 }) };
      await context.database.sql(
        "CREATE TRIGGER refuse BEFORE INSERT ON results BEGIN SELECT raise(ABORT, 'refused'); END",
      );
      try {
        await expect(storage().settleMany([refused], end)).rejects.toMatchObject({
          code: "storage_rejected",
        });
      } finally {
        await context.database.sql("DROP TRIGGER refuse");
      }
      expect(await context.row(task.id)).toMatchObject({ status: "RUNNING", errors: "[]", updated_at: NOW });
      expect(await context.count("results")).toBe(0);
    });

    it("after each success an interval task is due again at completion + interval, its result on file", async () => {
      const task = await context.start({ interval: MINUTE });
      await storage().markFailed(task, taskError(), { retryAt: NOW }, NOW);
      await storage().markDone(await context.dequeue(), json("first"), end);
      expect(await context.row(task.id)).toMatchObject({
        status: "PENDING",
        eta: end + MINUTE,
        attempts: 2,
        failures: 0,
        lease_expires_at: null,
      });
      expect(await context.result(task.id)).toMatchObject({
        status: "SUCCESS",
        result: "first",
        attempts: 2,
      });
      expect(await storage().dequeue(end + MINUTE - 1)).toBeNull();
      await storage().markDone(await context.dequeue(end + MINUTE), json("second"), end + MINUTE);
      expect(await context.result(task.id)).toMatchObject({ result: "second", attempts: 3 });
      expect(await context.count("results")).toBe(1);
    });
  });

  describe("markFailed", () => {
    it("mark_failed(task_id, error, will_retry) records the error and sets RETRYING", async () => {
      const task = await context.start();
      const error = taskError({ stack: "Error: boom\n    at run", attempt: 1 });
      await storage().markFailed(task, error, { retryAt: NOW + HOUR }, end);
      expect(await context.task(task.id)).toMatchObject({
        status: "RETRYING",
        eta: NOW + HOUR,
        attempts: 1,
        failures: 1,
        errors: [error],
        leaseExpiresAt: null,
        updatedAt: end,
      });
      expect(await context.result(task.id)).toBeNull();
      expect(await storage().dequeue(NOW + HOUR - 1)).toBeNull();
      expect((await context.dequeue(NOW + HOUR)).failures).toBe(1);
    });

    it("mark_failed without a retry sets FAILED with a result", async () => {
      const task = await context.start();
      const error = taskError({ retryable: false });
      await storage().markFailed(task, error, "final", end);
      expect(await context.task(task.id)).toMatchObject({
        status: "FAILED",
        failures: 1,
        errors: [error],
        eta: NOW,
      });
      expect(await context.result(task.id)).toEqual({
        taskId: task.id,
        status: "FAILED",
        result: null,
        error,
        finishedAt: end,
        attempts: 1,
        lastAttemptAt: NOW,
      });
    });

    it("the task keeps its last 20 errors", async () => {
      const { id } = await context.enqueue({ maxRetries: 100 });
      for (let attempt = 1; attempt <= 23; attempt++) {
        const error = taskError({ attempt, message: `failure ${attempt}` });
        await storage().markFailed(await context.dequeue(), error, { retryAt: NOW }, NOW);
      }
      const { errors, failures } = await context.task(id);
      expect(errors.map(({ attempt }) => attempt)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 4),
      );
      expect(errors.at(-1)?.message).toBe("failure 23");
      expect(failures).toBe(23);
    });
  });

  describe("snooze and release", () => {
    it("a snoozed task without failures is PENDING, due at its new eta, with no failure counted", async () => {
      const task = await context.start();
      await storage().snooze(task, NOW + HOUR, end);
      expect(await context.task(task.id)).toMatchObject({
        status: "PENDING",
        eta: NOW + HOUR,
        attempts: 1,
        failures: 0,
        errors: [],
        leaseExpiresAt: null,
      });
    });

    it("a released task without failures is PENDING and keeps its eta", async () => {
      const task = await context.start({ eta: NOW - 5 });
      await storage().release(task, end);
      expect(await context.task(task.id)).toMatchObject({ status: "PENDING", eta: NOW - 5, failures: 0 });
      const again = await context.dequeue();
      await storage().release(again, end, NOW + MINUTE);
      expect(await context.task(task.id)).toMatchObject({
        status: "PENDING",
        eta: NOW + MINUTE,
        attempts: 2,
      });
    });

    it("a snoozed or released task with failures is RETRYING, and keeps their count", async () => {
      const task = await context.start();
      await storage().markFailed(task, taskError(), { retryAt: NOW }, NOW);
      await storage().snooze(await context.dequeue(), NOW, end);
      expect(await context.task(task.id)).toMatchObject({ status: "RETRYING", failures: 1, attempts: 2 });
      await storage().release(await context.dequeue(), end);
      expect(await context.task(task.id)).toMatchObject({ status: "RETRYING", failures: 1, attempts: 3 });
    });

    it("a released task of the quarantine stays there, any other end lets it out", async () => {
      const { id } = await context.quarantine();
      const claim = async () => found(await context.claimQuarantined());
      await storage().release(await claim(), end);
      expect((await context.task(id)).quarantined).toBe(true);
      await storage().snooze(await claim(), NOW, end);
      expect((await context.task(id)).quarantined).toBe(false);
    });
  });

  describe("settleMany", () => {
    it("one batch settles everything that ended, each in its own way", async () => {
      const [done, retry, fail, snooze, release] = (await startMany(5)).map(claimOf);
      const settlements: Settlement[] = [
        { ...found(done), kind: "done", result: json([1]) },
        { ...found(retry), kind: "retry", error: taskError(), retryAt: NOW + 1 },
        { ...found(fail), kind: "fail", error: taskError() },
        { ...found(snooze), kind: "snooze", until: NOW + 2 },
        { ...found(release), kind: "release" },
      ];
      const { settled, lost } = await storage().settleMany(settlements, end);
      expect(lost).toEqual([]);
      expect(settled).toEqual(settlements);
      const rows = await context.database.sql("SELECT status, eta FROM tasks ORDER BY id");
      expect(rows.map((row) => [row.status, row.eta])).toEqual([
        ["SUCCESS", NOW],
        ["RETRYING", NOW + 1],
        ["FAILED", NOW],
        ["PENDING", NOW + 2],
        ["PENDING", NOW],
      ]);
      expect(await context.count("results")).toBe(2);
    });

    it("a batch in which one fence fails still commits the others and reports it in lost", async () => {
      const [first, second, third] = (await startMany(3)).map(claimOf);
      await storage().cancel(found(second).id, NOW);
      const settlements = [found(first), found(second), found(third)].map(
        (claim): Settlement => ({ ...claim, kind: "done", result: json(1) }),
      );
      const { settled, lost } = await storage().settleMany(settlements, end);
      expect(settled).toEqual([settlements[0], settlements[2]]);
      expect(lost).toEqual([settlements[1]]);
      const rows = await context.database.sql("SELECT status FROM tasks ORDER BY id");
      expect(rows.map((row) => row.status)).toEqual(["SUCCESS", "CANCELLED", "SUCCESS"]);
      expect(await context.count("results")).toBe(2);
    });

    it("two attempts of one task are told apart: only the one that holds is settled", async () => {
      const first = await context.start();
      await storage().cancel(first.id, NOW);
      await storage().retry(first.id, NOW);
      const second = await context.dequeue();
      const settlements = [first, second].map(
        (task): Settlement => ({ ...claimOf(task), kind: "done", result: json(task.attempts) }),
      );
      expect(await storage().settleMany(settlements, end)).toEqual({
        settled: [settlements[1]],
        lost: [settlements[0]],
      });
      expect(await context.result(first.id)).toMatchObject({ result: 2, attempts: 2 });
    });

    it("results that take more than 1 MB together are settled in one batch", async () => {
      const claims = await startMany(4);
      const settlements = claims.map(
        (task): Settlement => ({ ...claimOf(task), kind: "done", result: json("r".repeat(400_000)) }),
      );
      expect((await storage().settleMany(settlements, end)).settled).toHaveLength(4);
      expect(await context.count("results")).toBe(4);
    });

    it("a result of 1 MB is kept whole", async () => {
      const task = await context.start();
      const text = "\u00e9".repeat(2 ** 19 - 1);
      await storage().markDone(task, json(text), end);
      expect((await context.result(task.id))?.result === text).toBe(true);
    });

    it("a settlement of nothing sends nothing", async () => {
      const subject = storage();
      expect(await subject.settleMany([], end)).toEqual({ settled: [], lost: [] });
      expect(subject.queryCount).toBe(0);
    });
  });

  async function startMany(count: number) {
    await context.enqueueMany(count);
    return context.claim();
  }
}
