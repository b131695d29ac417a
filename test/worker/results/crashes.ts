import { describe, expect, it } from "vitest";
import { after } from "../../support/faulty.ts";
import { json, taskError } from "../../support/tasks.ts";
import { type Context, crash, LATER, LeaseLostError, NOW } from "./context.ts";

/** What a crash between the two writes, and a worker that comes too late, cannot do. */
export function describeCrashes(context: Context): void {
  describe("a crash between the result's write and the task's", () => {
    const serve = (id: string) => context.storage.getResult(id);

    /** A task whose result is on file, and which is not settled. */
    async function crashed(overrides = {}) {
      const claim = await context.claim(overrides);
      context.tasksTap.disturb("settle", crash);
      await expect(context.storage.markDone(claim, json("first"), NOW)).rejects.toThrow("crashed here");
      expect((await context.onFile()).results).toMatchObject([{ result: '"first"', attempts: 1 }]);
      return claim;
    }

    it("serves nothing, and runs the task again: the later result wins", async () => {
      const { id } = await crashed();
      expect(await serve(id)).toBeNull();
      expect(await context.storage.getTask(id)).toMatchObject({ status: "RUNNING" });
      const again = await context.rescueAndClaim(LATER);
      expect(again).toMatchObject({ id, attempts: 2 });
      expect(await serve(id)).toBeNull();
      await context.storage.markDone(again, json("second"), LATER);
      expect(await serve(id)).toMatchObject({ status: "SUCCESS", result: "second", attempts: 2 });
      expect((await context.onFile()).results).toMatchObject([{ result: '"second"', attempts: 2 }]);
    });

    it("never serves the first result where the second run fails", async () => {
      const { id } = await crashed();
      await context.storage.markFailed(await context.rescueAndClaim(LATER), taskError(), "final", LATER);
      expect(await serve(id)).toMatchObject({
        status: "FAILED",
        result: null,
        error: taskError(),
        attempts: 2,
      });
    });

    it("never serves it where the task fails in its rescue, nor where that is only half written", async () => {
      const { id } = await crashed({ maxRetries: 0 });
      await context.rescueAndClaim(LATER);
      context.resultsTap.disturb("other", crash);
      await expect(context.storage.rescueMany(2 * LATER, () => 0)).rejects.toThrow("crashed here");
      expect((await context.onFile()).results).toMatchObject([{ status: "SUCCESS", attempts: 1 }]);
      expect(await serve(id)).toMatchObject({ status: "FAILED", error: { type: "LeaseExpiredError" } });
    });

    it("never serves it where the task is cancelled, nor after its retry", async () => {
      const { id } = await crashed({ interval: 1_000 });
      await context.storage.cancel(id, NOW);
      expect(await serve(id)).toMatchObject({ status: "CANCELLED", result: null });
      await context.storage.retry(id, NOW);
      expect(await serve(id)).toBeNull();
    });
  });

  describe("a stale worker's late result", () => {
    const serve = (id: string) => context.storage.getResult(id);

    it("is not written at all where its lease was lost before", async () => {
      const claim = await context.claim();
      await context.rescueAndClaim(LATER);
      await expect(context.storage.markDone(claim, json("stale"), LATER)).rejects.toThrow(LeaseLostError);
      expect((await context.onFile()).results).toEqual([]);
    });

    it("never replaces a later attempt's, even where the lease was lost between the heartbeat and the write", async () => {
      const claim = await context.claim();
      const overtake = after(async () => {
        const again = await context.rescueAndClaim(LATER);
        await context.other().markDone(again, json("fresh"), LATER);
      });
      context.resultsTap.disturb("other", overtake);
      await expect(context.storage.markDone(claim, json("stale"), NOW)).rejects.toThrow(LeaseLostError);
      expect(await serve(claim.id)).toMatchObject({ status: "SUCCESS", result: "fresh", attempts: 2 });
      expect((await context.onFile()).results).toMatchObject([{ result: '"fresh"', attempts: 2 }]);
    });

    it("is never served where it comes while a later attempt runs, and gives way to its result", async () => {
      const claim = await context.claim();
      context.resultsTap.disturb(
        "other",
        after(() => context.rescueAndClaim(LATER)),
      );
      await expect(context.storage.markDone(claim, json("stale"), NOW)).rejects.toThrow(LeaseLostError);
      expect((await context.onFile()).results).toMatchObject([{ result: '"stale"', attempts: 1 }]);
      expect(await serve(claim.id)).toBeNull();
      const fresh = { ...claim, attempts: 2 };
      await context.storage.markFailed(fresh, taskError({ attempt: 2 }), "final", LATER);
      expect(await serve(claim.id)).toMatchObject({ status: "FAILED", error: { attempt: 2 }, attempts: 2 });
    });

    it("leaves no SUCCESS without a result: every one that is settled has its own on file", async () => {
      for (let round = 0; round < 12; round++) {
        const claim = await context.claim();
        if (round % 3 === 1) context.tasksTap.disturb("settle", crash);
        if (round % 3 === 2) context.resultsTap.disturb("other", crash);
        await context.storage.markDone(claim, json(round), NOW).catch(() => {});
      }
      const done = await context.tasks.sql(
        "SELECT id, attempts FROM tasks WHERE status = 'SUCCESS' ORDER BY id",
      );
      expect(done).toHaveLength(4);
      for (const { id, attempts } of done) {
        expect(await serve(`${id}`)).toMatchObject({
          status: "SUCCESS",
          attempts,
          result: expect.any(Number),
        });
      }
    });
  });
}
