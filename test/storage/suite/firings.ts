import { describe, expect, it } from "vitest";
import { NO_EXTRAS } from "../../../src/core/task.ts";
import { lostReply } from "../../support/faulty.ts";
import { NOW, newTask } from "../../support/tasks.ts";
import { type Context, HOUR, MINUTE } from "./context.ts";
import { firingOf, newSchedule } from "./schedules.ts";

/** What a firing does that meets a task which must not start any more. */
export function describeFirings(context: Context): void {
  const schedules = () => context.storage().schedules;
  const insert = ({ options }: Partial<ReturnType<typeof newSchedule>>) =>
    schedules().insert(newSchedule({ options }), NOW);
  const tasks = async () => (await (await context.reader()).listTasks({ limit: 100 })).items;

  describe("a firing with a unique key", () => {
    it.each([
      ["has expired", { expiresAt: NOW }],
      ["has expired long ago", { expiresAt: NOW - HOUR }],
    ])("that a task holds that %s cancels it, and is made", async (_, { expiresAt }) => {
      const over = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt } });
      await context.storage().enqueueMany([over], NOW - HOUR);
      await insert({ options: { ...newSchedule().options, uniqueKey: "k" } });
      const report = await schedules().fireMany([firingOf()], NOW);
      expect([report.fired.size, report.inserted.size]).toEqual([1, 1]);
      expect(await context.task(over.id)).toMatchObject({
        ...{ status: "CANCELLED", cancelReason: "expired", updatedAt: NOW },
      });
    });

    it("that a task holds that is doomed by another is made", async () => {
      const failed = newTask();
      await context.storage().enqueueMany([failed], NOW);
      await context.storage().cancel(failed.id, NOW);
      const doomed = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, after: [failed.id] } });
      await context.storage().enqueueMany([doomed], NOW);
      await insert({ options: { ...newSchedule().options, uniqueKey: "k" } });
      expect((await schedules().fireMany([firingOf()], NOW)).inserted.size).toBe(1);
      expect(await context.task(doomed.id)).toMatchObject({
        ...{ status: "CANCELLED", cancelReason: "dependency" },
      });
    });

    it.each([
      ["is stale", { updatedAt: NOW - 1 }],
      ["was made before", { dueAt: NOW - MINUTE }],
      ["makes no task", { tasks: [] }],
    ])("that %s leaves what holds its key as it is", async (_, read) => {
      const over = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt: NOW } });
      await context.storage().enqueueMany([over], NOW);
      await insert({ options: { ...newSchedule().options, uniqueKey: "k" } });
      expect((await schedules().fireMany([firingOf(read)], NOW)).inserted.size).toBe(0);
      expect(await context.task(over.id)).toMatchObject({ status: "PENDING" });
    });

    it("whose key is free by a cancel answers as it did where its reply is lost", async () => {
      const over = newTask({ uniqueKey: "k", extras: { ...NO_EXTRAS, expiresAt: NOW } });
      await context.storage().enqueueMany([over], NOW);
      await insert({ options: { ...newSchedule().options, uniqueKey: "k", expiresIn: 0 } });
      const firing = firingOf({ tasks: [{ id: newTask().id, eta: NOW, scheduledFor: NOW }] });
      const report = await context.faulty(lostReply).schedules.fireMany([firing], NOW);
      expect([report.fired.size, report.inserted.size]).toEqual([1, 1]);
      expect((await tasks()).map(({ status }) => status)).toEqual(["PENDING", "CANCELLED"]);
    });
  });
}
