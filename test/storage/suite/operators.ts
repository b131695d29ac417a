import { describe, expect, it } from "vitest";
import { TaskNotFoundError, TaskStatusError, UniqueConflictError } from "../../../src/core/errors.ts";
import { TASK_STATUSES, type Task, type TaskStatus } from "../../../src/core/task.ts";
import type { SqliteStorage } from "../../../src/storage/sqlite.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, DAY, found, HOUR, ids, LATER } from "./context.ts";

type Verb = (storage: SqliteStorage, id: string) => Promise<Task>;

/** Each verb with the statuses that allow it. */
const VERBS: Record<string, { readonly verb: Verb; readonly from: readonly TaskStatus[] }> = {
  cancel: { verb: (storage, id) => storage.cancel(id, NOW), from: ["PENDING", "RETRYING", "RUNNING"] },
  retry: { verb: (storage, id) => storage.retry(id, NOW), from: ["FAILED", "CANCELLED"] },
  runNow: {
    verb: (storage, id) => storage.operators.runNow(id, NOW),
    from: ["PENDING", "RETRYING"],
  },
  change: {
    verb: (storage, id) => storage.operators.change(id, { priority: 0, queue: "other" }, NOW),
    from: ["PENDING", "RETRYING"],
  },
  reschedule: { verb: (storage, id) => storage.reschedule(id, LATER, NOW), from: ["PENDING", "RETRYING"] },
};

export function describeOperators(context: Context): void {
  const storage = () => context.storage();

  /** A task brought to a status by the verbs that lead there. */
  async function taskIn(status: TaskStatus): Promise<string> {
    const { id } = await context.enqueue();
    if (status === "CANCELLED") await storage().cancel(id, NOW);
    if (status === "PENDING" || status === "CANCELLED") return id;
    const task = await context.dequeue();
    if (status === "SUCCESS") await storage().markDone(task, json(1), NOW);
    if (status === "FAILED") await storage().markFailed(task, taskError(), "final", NOW);
    if (status === "RETRYING") await storage().markFailed(task, taskError(), { retryAt: NOW }, NOW);
    return id;
  }

  for (const [name, { verb, from }] of Object.entries(VERBS)) {
    describe(name, () => {
      for (const status of TASK_STATUSES) {
        const allowed = from.includes(status);
        it(`${name} of a ${status} task ${allowed ? "is allowed" : "throws TaskStatusError and changes nothing"}`, async () => {
          const id = await taskIn(status);
          const before = await context.row(id);
          expect(before.status).toBe(status);
          if (allowed) {
            expect(await verb(storage(), id)).toEqual(await context.task(id));
          } else {
            const refusal = verb(storage(), id);
            await expect(refusal).rejects.toThrow(TaskStatusError);
            await expect(refusal).rejects.toMatchObject({ id, expected: from, got: status });
            expect(await context.row(id)).toEqual(before);
          }
        });
      }

      it(`${name} of a task that is not there throws TaskNotFoundError`, async () => {
        const { id } = newTask();
        const refusal = verb(storage(), id);
        await expect(refusal).rejects.toThrow(TaskNotFoundError);
        await expect(refusal).rejects.toMatchObject({ id });
      });
    });
  }

  describe("cancelled tasks", () => {
    for (const status of ["PENDING", "RETRYING"] as const) {
      it(`a ${status.toLowerCase()} task can be cancelled, and is then never run`, async () => {
        const id = await taskIn(status);
        expect((await storage().cancel(id, NOW + 1)).status).toBe("CANCELLED");
        expect(await storage().dequeue(NOW + DAY)).toBeNull();
        expect(await context.claim({ now: NOW + DAY, queues: ["default"] })).toEqual([]);
        expect(await context.claimQuarantined(NOW + DAY)).toBeNull();
        expect(await storage().rescueMany(NOW + DAY, () => 0)).toEqual([]);
        expect(await (await context.reader()).findNextEta()).toBeNull();
      });
    }

    it("a task of the quarantine can be cancelled, and is then never run", async () => {
      const { id } = await context.quarantine();
      expect(await storage().cancel(id, LATER)).toMatchObject({ status: "CANCELLED", quarantined: false });
      expect(await context.claimQuarantined(LATER + DAY)).toBeNull();
      expect(await storage().dequeue(LATER + DAY)).toBeNull();
    });

    it("a running task is cancelled at once: its lease ends and its claim is cleared", async () => {
      const task = await context.start();
      await storage().cancel(task.id, NOW + 1);
      expect(await context.row(task.id)).toMatchObject({
        status: "CANCELLED",
        lease_expires_at: null,
        claimed_by: null,
        updated_at: NOW + 1,
      });
      expect(await storage().renewMany([task], LATER)).toEqual([]);
    });

    it("cancelling writes no result row", async () => {
      await storage().cancel(await taskIn("RETRYING"), NOW);
      expect(await context.count("results")).toBe(0);
    });
  });

  describe("operator retry", () => {
    it("operator retry: FAILED -> PENDING, failures = 0, the old result deleted", async () => {
      const id = await taskIn("FAILED");
      const task = await storage().retry(id, NOW + HOUR);
      expect(task).toMatchObject({
        status: "PENDING",
        failures: 0,
        attempts: 1,
        eta: NOW + HOUR,
        updatedAt: NOW + HOUR,
      });
      expect(task.errors).toHaveLength(1);
      expect((await context.row(id)).claimed_by).toBeNull();
      expect(await context.count("results")).toBe(0);
      expect(await context.result(id)).toBeNull();
      expect(await context.dequeue(NOW + HOUR)).toMatchObject({ id, attempts: 2, failures: 0 });
    });

    it("a cancelled task of the quarantine that is retried runs with the others", async () => {
      const { id } = await context.quarantine();
      await storage().cancel(id, LATER);
      await storage().retry(id, LATER);
      expect((await context.dequeue(LATER)).id).toBe(id);
    });

    it("a retry that its status forbids leaves the result", async () => {
      const id = await taskIn("SUCCESS");
      await expect(storage().retry(id, NOW)).rejects.toThrow(TaskStatusError);
      expect(await context.result(id)).toMatchObject({ status: "SUCCESS", result: 1 });
    });

    it("a unique key in use by another makes a retry throw UniqueConflictError, and the result stays", async () => {
      const task = await context.start({ uniqueKey: "k" });
      await storage().markFailed(task, taskError(), "final", NOW);
      const holder = await context.enqueue({ uniqueKey: "k" });
      const before = await context.row(task.id);
      const refusal = storage().retry(task.id, NOW);
      await expect(refusal).rejects.toThrow(UniqueConflictError);
      await expect(refusal).rejects.toMatchObject({ id: task.id, code: "unique_conflict" });
      expect(await context.row(task.id)).toEqual(before);
      expect((await context.result(task.id))?.status).toBe("FAILED");
      await storage().cancel(holder.id, NOW);
      expect((await storage().retry(task.id, NOW)).status).toBe("PENDING");
    });
  });

  describe("rescheduled tasks", () => {
    it("reschedule(task_id, new_eta) moves the eta and keeps the counters", async () => {
      const id = await taskIn("RETRYING");
      const before = await context.task(id);
      expect(await storage().reschedule(id, LATER, NOW + 1)).toEqual({
        ...before,
        eta: LATER,
        updatedAt: NOW + 1,
      });
      expect(await storage().dequeue(LATER - 1)).toBeNull();
      expect((await context.dequeue(LATER)).id).toBe(id);
    });

    it("a task can be rescheduled to an earlier time, and runs in its new order", async () => {
      const [first, second] = await context.enqueueMany(2, { eta: LATER });
      await storage().reschedule(found(second).id, NOW, NOW);
      expect((await context.dequeue(NOW)).id).toBe(second?.id);
      expect((await context.dequeue(LATER)).id).toBe(first?.id);
    });

    it("a task of the quarantine stays there when it is rescheduled", async () => {
      const { id } = await context.quarantine();
      await storage().reschedule(id, LATER + HOUR, LATER);
      expect(await context.claimQuarantined(LATER)).toBeNull();
      expect(ids([found(await context.claimQuarantined(LATER + HOUR))])).toEqual([id]);
    });
  });
}
