import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE } from "./context.ts";

export function describeExpiry(context: EngineContext): void {
  describe("a drain that meets expired tasks", () => {
    const runs: string[] = [];
    const note = defineTask<{ name: string }>("test.note", { run: ({ name }) => runs.push(name) });

    it("goes on past many of them to what may start, and tells of each", async () => {
      runs.length = 0;
      const queue = context.queue([note]);
      const expiring = Array.from({ length: 40 }, (_, index) =>
        enqueueRequest(note, { name: `expired ${index}` }, { expiresIn: "1s" }),
      );
      const receipts = await queue.enqueueMany([...expiring, enqueueRequest(note, { name: "other" })]);
      context.clock.advance(MINUTE);
      const report = await queue.drain({ concurrency: 2 });
      expect(report).toMatchObject({ succeeded: 1, failed: 0, reason: "empty" });
      expect(runs).toEqual(["other"]);
      const told = context.eventsOf("task.cancelled");
      expect(told.map(({ task }) => task.id).sort()).toEqual(
        receipts
          .slice(0, 40)
          .map(({ id }) => id)
          .sort(),
      );
      expect(new Set(told.map(({ reason }) => reason))).toEqual(new Set(["expired"]));
      const [first] = receipts;
      expect(await queue.result(String(first?.id))).toMatchObject({ status: "CANCELLED", result: null });
    });

    it("runs an expired task of the quarantine no more, and ends", async () => {
      runs.length = 0;
      const queue = context.queue([note]);
      const { id } = await queue.enqueue(note, { name: "pill" }, { expiresIn: "30s" });
      await context.abandon(id);
      context.clock.advance(MINUTE);
      expect(await queue.drain()).toMatchObject({ rescued: 1, succeeded: 0, reason: "empty" });
      expect(await queue.get(id)).toMatchObject({ status: "CANCELLED", cancelReason: "expired" });
      expect(runs).toEqual([]);
    });

    it("runs it after an operator's retry", async () => {
      runs.length = 0;
      const queue = context.queue([note]);
      const { id } = await queue.enqueue(note, { name: "again" }, { expiresIn: "1s" });
      context.clock.advance(MINUTE);
      await queue.drain();
      await queue.retry(id);
      await queue.drain();
      expect(runs).toEqual(["again"]);
      expect(await queue.get(id)).toMatchObject({ status: "SUCCESS", expiresAt: null });
    });
  });
}
