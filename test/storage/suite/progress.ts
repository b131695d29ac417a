import { describe, expect, it } from "vitest";
import { json, NOW, taskError } from "../../support/tasks.ts";
import { type Context, HOUR, LATER, MINUTE } from "./context.ts";

const HALF = { value: 0.5, message: "half" };

export function describeProgress(context: Context): void {
  const storage = () => context.storage();

  describe("the progress of a task", () => {
    it("is written by a renewal, and stays where a later one tells nothing", async () => {
      const task = await context.start();
      expect((await context.task(task.id)).progress).toBeNull();
      const [renewed] = await storage().renewMany([{ ...task, progress: HALF }], NOW + HOUR);
      expect(renewed).toMatchObject({ id: task.id });
      await storage().renewMany([{ ...task, progress: null }], NOW + HOUR);
      await storage().renewMany([task], NOW + HOUR);
      expect((await context.task(task.id)).progress).toEqual(HALF);
    });

    it("is written by whatever ends the attempt", async () => {
      const done = await context.start();
      await storage().settleMany([{ ...done, progress: HALF, kind: "done", result: json(1) }], NOW);
      const retried = await context.start();
      const failure = { kind: "retry", error: taskError(), retryAt: NOW + HOUR } as const;
      await storage().settleMany([{ ...retried, progress: HALF, ...failure }], NOW);
      expect((await context.task(done.id)).progress).toEqual(HALF);
      expect((await context.task(retried.id)).progress).toEqual(HALF);
    });

    it("is not written by one whose lease was lost", async () => {
      const task = await context.start();
      await storage().release(task, NOW);
      await context.dequeue();
      await storage().renewMany([{ ...task, progress: HALF }], NOW + HOUR);
      expect((await context.task(task.id)).progress).toBeNull();
    });

    it("outlives a lease that expired, and is reset by the next claim", async () => {
      const task = await context.start();
      await storage().renewMany([{ ...task, progress: HALF }], NOW + MINUTE);
      await storage().rescueMany(LATER, () => 0);
      expect((await context.task(task.id)).progress).toEqual(HALF);
      await context.claimQuarantined();
      expect((await context.task(task.id)).progress).toBeNull();
    });
  });
}
