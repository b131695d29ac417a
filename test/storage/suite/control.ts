import { describe, expect, it } from "vitest";
import { TaskNotFoundError, TaskStatusError } from "../../../src/core/errors.ts";
import { TASK_STATUSES } from "../../../src/core/task.ts";
import { lostReply } from "../../support/faulty.ts";
import { json, NOW } from "../../support/tasks.ts";
import { type Context, found, HOUR, ids, LATER, MINUTE } from "./context.ts";
import { oneOfEach } from "./states.ts";

export function describeControl(context: Context): void {
  const storage = () => context.storage();

  describe("tasks that are held for others", () => {
    async function held(): Promise<string> {
      const { id } = await context.enqueue({ queue: "held", eta: LATER });
      await context.database.sql("UPDATE tasks SET held = 2, awaits = 1 WHERE id = ?1", id);
      return id;
    }

    it("may be changed and cancelled, and a run now moves only their eta", async () => {
      const id = await held();
      expect(await storage().operators.change(id, { priority: 1 }, NOW)).toMatchObject({ priority: 1 });
      expect(await storage().operators.runNow(id, NOW)).toMatchObject({ eta: NOW, status: "PENDING" });
      expect(await context.row(id)).toMatchObject({ held: 2, awaits: 1 });
      expect(await storage().dequeue(LATER)).toBeNull();
      expect((await storage().cancel(id, NOW)).status).toBe("CANCELLED");
    });

    /** A task that waits for another, which may be of any status. */
    async function heldFor(parent: string): Promise<string> {
      const child = await held();
      await context.database.sql(
        "INSERT INTO dependencies (parent_id, task_id, created_at) SELECT ?1, id, created_at FROM tasks WHERE id = ?2",
        parent,
        child,
      );
      return child;
    }

    it("a bulk cancel of a task and of the one that awaits it cancels both, and counts each once", async () => {
      for (const isFirst of [true, false]) {
        const tasks = [await context.enqueue(), await context.enqueue()];
        const [parent, child] = ids(isFirst ? tasks : tasks.reverse());
        await context.database.sql("UPDATE tasks SET held = 2, awaits = 1 WHERE id = ?1", found(child));
        const values = [found(parent), found(child)];
        await context.database.sql(
          "INSERT INTO dependencies (parent_id, task_id, created_at) SELECT ?1, id, created_at FROM tasks WHERE id = ?2",
          ...values,
        );
        const cancelled = await storage().bulk.changePage(
          { status: "PENDING" },
          { action: "cancel" },
          null,
          NOW,
        );
        expect(cancelled).toMatchObject({ changed: 2, skipped: 0 });
        for (const id of values)
          expect(await context.row(id)).toMatchObject({
            status: "CANCELLED",
            cancel_reason: "operator",
            held: 0,
          });
        expect(await context.database.sql("SELECT * FROM dependencies")).toEqual([]);
      }
    });

    it("a bulk cancel of what they await lets them go, to be cancelled when they are met", async () => {
      const parent = await context.enqueue({ queue: "parents" });
      const child = await heldFor(parent.id);
      await storage().bulk.changePage({ queue: "parents" }, { action: "cancel" }, null, NOW + 1);
      expect(await context.row(child)).toMatchObject({
        status: "PENDING",
        held: 0,
        cancel_reason: "dependency",
      });
    });

    it("their queue is listed, and its depth counts them", async () => {
      await held();
      const queues = await (await context.reader()).listQueues(LATER);
      expect(queues).toMatchObject([{ name: "held", depth: 1, oldestDueAge: null }]);
    });

    it("a queue has work while a task is due, comes later, runs, is held or in quarantine", async () => {
      const hasWork = (queue: string | null = "held") => storage().operators.hasWork(queue);
      expect([await hasWork(null), await hasWork()]).toEqual([false, false]);
      const id = await held();
      expect([await hasWork(null), await hasWork(), await hasWork("other")]).toEqual([true, true, false]);
      await storage().cancel(id, NOW);
      expect(await hasWork(null)).toBe(false);
      const later = await context.enqueue({ queue: "held", eta: LATER + HOUR });
      expect([await hasWork(null), await hasWork()]).toEqual([true, true]);
      await storage().cancel(later.id, NOW);
      const running = await context.start({ queue: "held" });
      expect([await hasWork(null), await hasWork()]).toEqual([true, true]);
      await storage().rescueMany(LATER, () => 0);
      expect((await context.task(running.id)).quarantined).toBe(true);
      expect([await hasWork(null), await hasWork()]).toEqual([true, true]);
      await storage().markDone(found(await context.claimQuarantined()), json(1), LATER);
      expect([await hasWork(null), await hasWork()]).toEqual([false, false]);
    });
  });

  describe("delete", () => {
    it("delete takes what has ended with its result, and refuses the rest", async () => {
      const tasks = await oneOfEach(context);
      for (const status of TASK_STATUSES) {
        const deletion = storage().operators.delete(tasks[status]);
        if (["SUCCESS", "FAILED", "CANCELLED"].includes(status)) await deletion;
        else await expect(deletion).rejects.toMatchObject({ code: "wrong_status", got: status });
      }
      expect([await context.count("tasks"), await context.count("results")]).toEqual([3, 0]);
      await expect(storage().operators.delete(tasks.FAILED)).rejects.toThrow(TaskNotFoundError);
      await expect(storage().operators.delete(tasks.PENDING)).rejects.toThrow(TaskStatusError);
    });

    it("a delete whose reply is lost is sent again, and is done", async () => {
      const { SUCCESS } = await oneOfEach(context);
      await context.faulty(lostReply).operators.delete(SUCCESS);
      expect(await context.count("tasks")).toBe(5);
    });
  });

  describe("run now", () => {
    it("a task that is retried later runs now, and one that is due keeps its place", async () => {
      const { RETRYING, PENDING } = await oneOfEach(context);
      expect(await storage().operators.runNow(RETRYING, NOW + MINUTE)).toMatchObject({ eta: NOW + MINUTE });
      expect(await storage().operators.runNow(PENDING, NOW + MINUTE)).toMatchObject({ eta: NOW });
      expect(ids(await context.claim({ now: NOW + MINUTE }))).toEqual(
        expect.arrayContaining([RETRYING, PENDING]),
      );
    });
  });
}
