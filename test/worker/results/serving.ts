import { describe, expect, it, vi } from "vitest";
import { createQueue } from "../../../src/core/queue.ts";
import { json, taskError } from "../../support/tasks.ts";
import { type Context, LATER, NOW } from "./context.ts";

/** Which result is served. */
export function describeServing(context: Context): void {
  describe("what is served", () => {
    const serve = (id: string) => context.storage.getResult(id);

    it("a FAILED result, with its error", async () => {
      const claim = await context.claim();
      await context.storage.markFailed(claim, taskError(), "final", NOW);
      expect(await serve(claim.id)).toMatchObject({
        status: "FAILED",
        result: null,
        error: taskError(),
        attempts: 1,
      });
      expect((await context.onFile()).results).toMatchObject([{ status: "FAILED", attempts: 1 }]);
    });

    it("a FAILED result of a task that was rescued with no retry left", async () => {
      const claim = await context.claim({ maxRetries: 0 });
      await context.rescueAndClaim(LATER);
      await context.rescue(2 * LATER);
      expect(await serve(claim.id)).toMatchObject({ status: "FAILED", error: { type: "LeaseExpiredError" } });
      expect((await context.onFile()).results).toMatchObject([{ status: "FAILED", attempts: 2 }]);
    });

    it("CANCELLED, whatever an attempt has left behind", async () => {
      const claim = await context.claim();
      await context.storage.cancel(claim.id, NOW);
      expect(await serve(claim.id)).toMatchObject({ status: "CANCELLED", result: null });
    });

    it("nothing after an operator's retry, until the new run ends", async () => {
      const claim = await context.claim();
      await context.storage.markFailed(claim, taskError(), "final", NOW);
      await context.storage.retry(claim.id, NOW);
      expect(await serve(claim.id)).toBeNull();
      const again = await context.claimAgain(NOW);
      expect(await serve(claim.id)).toBeNull();
      await context.storage.markDone(again, json("new"), NOW);
      expect(await serve(claim.id)).toMatchObject({ status: "SUCCESS", result: "new", attempts: 2 });
    });

    it("nothing after an operator's retry of an interval task that FAILED", async () => {
      const claim = await context.claim({ interval: 1_000 });
      await context.storage.markFailed(claim, taskError(), "final", NOW);
      expect(await serve(claim.id)).toMatchObject({ status: "FAILED" });
      await context.storage.retry(claim.id, NOW);
      expect(await serve(claim.id)).toBeNull();
      await context.claimAgain(NOW);
      expect(await serve(claim.id)).toBeNull();
    });

    it("nothing after an operator's retry of an interval task that was CANCELLED after a success", async () => {
      const claim = await context.claim({ interval: 1_000 });
      await context.storage.markDone(claim, json("old"), NOW);
      await context.storage.cancel(claim.id, NOW);
      await context.storage.retry(claim.id, NOW);
      expect(await serve(claim.id)).toBeNull();
      expect((await context.onFile()).results).toEqual([]);
    });

    it("an interval task's last result, between its runs and during the next", async () => {
      const claim = await context.claim({ interval: 1_000 });
      expect(await serve(claim.id)).toBeNull();
      await context.storage.markDone(claim, json("first"), NOW);
      expect(await serve(claim.id)).toMatchObject({ result: "first", attempts: 1 });
      const second = await context.claimAgain(LATER);
      expect(await serve(claim.id)).toMatchObject({ result: "first", attempts: 1 });
      await context.storage.markDone(second, json("second"), LATER);
      expect(await serve(claim.id)).toMatchObject({ result: "second", attempts: 2 });
    });

    it("nothing while a task waits or runs, for one query", async () => {
      const claim = await context.claim();
      const before = context.storage.queryCount;
      expect(await serve(claim.id)).toBeNull();
      expect(context.storage.queryCount - before).toBe(1);
    });

    it("an interval task whose first run was lost is waited for in at most 12 queries over both databases", async () => {
      const claim = await context.claim({ interval: 1_000 });
      await context.rescueAndClaim(LATER);
      const queue = createQueue({ storage: context.storage });
      const before = context.storage.queryCount;
      const pause = setTimeout;
      vi.useFakeTimers({ toFake: ["setTimeout"] });
      let answered = false;
      const waiting = queue.result(claim.id, { wait: "30s" }).finally(() => {
        answered = true;
      });
      let seconds = 0;
      for (; !answered; seconds += 0.5) {
        await vi.advanceTimersByTimeAsync(500);
        // The databases answer in real time.
        await new Promise((resolve) => pause(resolve, 5));
      }
      vi.useRealTimers();
      expect(await waiting).toBeNull();
      expect(seconds).toBeGreaterThanOrEqual(30);
      expect(context.storage.queryCount - before).toBeLessThanOrEqual(12);
    });
  });
}
