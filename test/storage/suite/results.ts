import { describe, expect, it } from "vitest";
import { StaleDriver } from "../../support/faulty.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, LATER, MINUTE } from "./context.ts";

export function describeResults(context: Context): void {
  const storage = () => context.storage();
  const outcome = async (id: string) => (await context.reader()).getOutcome(id);

  describe("results", () => {
    it("get_result(task_id) returns the result or null", async () => {
      expect(await storage().getResult(newTask().id)).toBeNull();
      const task = await context.start();
      expect(await context.result(task.id)).toBeNull();
      await storage().markDone(task, json([1, "two", null]), NOW);
      expect((await context.result(task.id))?.result).toEqual([1, "two", null]);
    });

    it("get_task(task_id) returns the task or null", async () => {
      expect(await storage().getTask(newTask().id)).toBeNull();
      const { id } = await context.enqueue();
      expect((await context.task(id)).id).toBe(id);
    });

    it("the outcome tells the name and the status while there is no result, and null where there is no task", async () => {
      expect(await storage().getOutcome(newTask().id)).toBeNull();
      const task = await context.start();
      expect(await outcome(task.id)).toEqual({ funcPath: task.funcPath, status: "RUNNING", result: null });
      await storage().markFailed(task, taskError(), { retryAt: LATER }, NOW);
      expect(await outcome(task.id)).toEqual({ funcPath: task.funcPath, status: "RETRYING", result: null });
    });

    it("an undefined return value is null, and null is a result", async () => {
      const task = await context.start();
      await storage().markDone(task, json(null), NOW);
      expect(await outcome(task.id)).toMatchObject({
        status: "SUCCESS",
        result: { status: "SUCCESS", result: null, error: null },
      });
    });

    it("a cancelled task answers with that status and without a value", async () => {
      const task = await context.start();
      await storage().cancel(task.id, NOW + 1);
      expect(await outcome(task.id)).toEqual({
        funcPath: task.funcPath,
        status: "CANCELLED",
        result: {
          taskId: task.id,
          status: "CANCELLED",
          result: null,
          error: null,
          finishedAt: NOW + 1,
          attempts: 1,
          lastAttemptAt: NOW,
        },
      });
    });

    it("an interval task shows its last result until the next run has ended", async () => {
      const task = await context.start({ interval: MINUTE });
      expect(await context.result(task.id)).toBeNull();
      await storage().markDone(task, json("first"), NOW);
      expect(await outcome(task.id)).toMatchObject({ status: "PENDING", result: { result: "first" } });
      const second = await context.dequeue(NOW + MINUTE);
      expect(await outcome(task.id)).toMatchObject({ status: "RUNNING", result: { result: "first" } });
      await storage().markFailed(second, taskError(), { retryAt: LATER }, LATER);
      expect(await outcome(task.id)).toMatchObject({ status: "RETRYING", result: { result: "first" } });
      await storage().markDone(await context.dequeue(LATER), json("third"), LATER);
      expect(await outcome(task.id)).toMatchObject({
        status: "PENDING",
        result: { result: "third", attempts: 3 },
      });
    });

    it("an interval task whose retries are spent is FAILED and stops, its failure replaces the last result", async () => {
      const task = await context.start({ interval: MINUTE });
      await storage().markDone(task, json("first"), NOW);
      const second = await context.dequeue(NOW + MINUTE);
      await storage().markFailed(second, taskError({ message: "spent" }), "final", LATER);
      expect(await outcome(task.id)).toMatchObject({
        status: "FAILED",
        result: { status: "FAILED", error: { message: "spent" }, attempts: 2 },
      });
      expect(await storage().dequeue(LATER + MINUTE)).toBeNull();
      expect(await context.count("results")).toBe(1);
    });

    it("the result of a retried task replaces the old one", async () => {
      const task = await context.start();
      await storage().markFailed(task, taskError(), "final", NOW);
      await storage().retry(task.id, NOW);
      await storage().markDone(await context.dequeue(), json("fixed"), NOW);
      expect(await context.result(task.id)).toMatchObject({
        status: "SUCCESS",
        result: "fixed",
        attempts: 2,
      });
    });

    it("the result of a rescued task tells when its attempt began, in a database of its own too", async () => {
      for (const results of [undefined, context.database.driver]) {
        const { id } = await context.quarantine({ maxRetries: 0 });
        await context.claimQuarantined(LATER, { leaseExpiresAt: LATER + 1 });
        await context.database.storage({ results }).rescueMany(LATER + 1, () => 0);
        const [row] = await context.database.sql("SELECT * FROM results WHERE task_id = ?1", id);
        expect(row).toMatchObject({ status: "FAILED", attempts: 2, last_attempt_at: LATER });
      }
    });

    it("a session reads at least what the bookmark of another has seen", async () => {
      const task = await context.start();
      await storage().markDone(task, json(1), NOW);
      const first = (await context.reader()).openSession();
      expect((await first.storage.getResult(task.id))?.status).toBe("SUCCESS");
      const second = storage().openSession(first.bookmark() ?? undefined);
      expect((await second.storage.getResult(task.id))?.status).toBe("SUCCESS");
    });

    it("the database tells the time in integer milliseconds", async () => {
      const now = await storage().readClock();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(Math.abs(now - Date.now())).toBeLessThan(MINUTE);
    });

    it("the time is asked of the primary: a replica has a clock of its own", async () => {
      const subject = context.database.storage({}, (driver) => new StaleDriver(driver, []));
      expect(Math.abs((await subject.readClock()) - Date.now())).toBeLessThan(MINUTE);
    });
  });
}
