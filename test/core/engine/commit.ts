import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, pause, until } from "./context.ts";

const echo = defineTask<{ n: number }>("test.echo", { run: ({ n }) => ({ n }) });

export function describeCommit(context: EngineContext): void {
  const enqueue = async (count: number) => {
    const queue = context.queue([echo]);
    const numbers = Array.from({ length: count }, (_, n) => n);
    const receipts = await queue.enqueueMany(numbers.map((n) => enqueueRequest(echo, { n })));
    return { queue, ids: receipts.map(({ id }) => id) };
  };

  /** Makes the database refuse rows of a table, as long as `during` goes on. */
  const refusing = async (table: "results" | "tasks", condition: string, during: () => Promise<unknown>) => {
    const event = table === "results" ? "INSERT" : "UPDATE";
    await context.database.sql(
      `CREATE TRIGGER refuse BEFORE ${event} ON ${table} WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
    );
    try {
      await during();
    } finally {
      await context.database.sql("DROP TRIGGER refuse");
    }
  };

  describe("group commit", () => {
    it("completions are flushed together: fewer settle batches than tasks", async () => {
      const { queue, ids } = await enqueue(100);
      expect(await queue.drain({ concurrency: 10 })).toMatchObject({ claimed: 100, succeeded: 100 });
      const settles = context.driver.count("settle");
      expect(settles).toBeGreaterThan(0);
      expect(settles).toBeLessThanOrEqual(20);
      expect(context.driver.count("claim")).toBeLessThanOrEqual(20);
      for (const [n, id] of ids.entries()) expect(await queue.result(id)).toMatchObject({ result: { n } });
    });

    it("what ended is written while others still run", async () => {
      const gate = Promise.withResolvers<void>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([echo, held]);
      await queue.enqueue(held, {});
      const { id } = await queue.enqueue(echo, { n: 1 });
      const drain = context.start(queue, { linger: 0 });
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      gate.resolve();
      expect(await drain.done).toMatchObject({ succeeded: 2 });
    });

    for (const position of [0, 6, 12]) {
      it(`one result that the database refuses (number ${position} of 13) fails its own task and no other`, async () => {
        const { queue, ids } = await enqueue(13);
        await refusing("results", `NEW.result = '{"n":${position}}'`, async () => {
          expect(await queue.drain({ concurrency: 13 })).toMatchObject({ succeeded: 12, failed: 1, lost: 0 });
        });
        for (const [n, id] of ids.entries()) {
          const expected = n === position ? { status: "FAILED", attempts: 1 } : { status: "SUCCESS" };
          expect(await queue.get(id)).toMatchObject(expected);
        }
        expect(await queue.result(ids[position] ?? "")).toMatchObject({
          status: "FAILED",
          error: {
            type: "StorageRejected",
            message: expect.stringContaining("refused by the test"),
            retryable: false,
          },
        });
        const { errors } = await queue.get(ids[position] ?? "");
        expect(errors[0]).not.toHaveProperty("stack");
        expect(context.eventsOf("storage.failed")).toMatchObject([{ during: "settle" }]);
      });
    }

    it("several results that the database refuses fail their own tasks and no other", async () => {
      const { queue } = await enqueue(20);
      await refusing("results", `json_extract(NEW.result, '$.n') IN (0, 1, 7, 19)`, async () => {
        expect(await queue.drain({ concurrency: 20 })).toMatchObject({ succeeded: 16, failed: 4 });
      });
    });

    it("a task that cannot even be written as FAILED is counted lost, and its neighbours are written", async () => {
      const { queue, ids } = await enqueue(5);
      const stubborn = ids[2] ?? "";
      await refusing("tasks", `NEW.id = '${stubborn}' AND NEW.status <> 'RUNNING'`, async () => {
        expect(await queue.drain({ concurrency: 5 })).toMatchObject({ claimed: 5, succeeded: 4, lost: 1 });
      });
      expect(await queue.get(stubborn)).toMatchObject({ status: "RUNNING", attempts: 1 });
      expect(context.eventsOf("task.lost").map(({ task }) => task.id)).toEqual([stubborn]);
    });

    it("a task that was cancelled while it ran writes nothing and is counted lost", async () => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([held, echo]);
      const { id } = await queue.enqueue(held, {});
      const other = await queue.enqueue(echo, { n: 1 });
      const drain = context.start(queue, { linger: 0 });
      await until(async () => (await queue.get(id)).status === "RUNNING");
      await queue.cancel(id);
      gate.resolve("late");
      expect(await drain.done).toMatchObject({ claimed: 2, succeeded: 1, lost: 1 });
      expect(await queue.get(id)).toMatchObject({ status: "CANCELLED" });
      expect(await context.database.sql("SELECT * FROM results WHERE task_id = ?1", id)).toEqual([]);
      expect(await queue.get(other.id)).toMatchObject({ status: "SUCCESS" });
      expect(context.eventsOf("task.lost").map(({ task }) => task.id)).toEqual([id]);
    });

    it("an attempt whose task was claimed again by another worker writes nothing", async () => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([held]);
      const { id } = await queue.enqueue(held, {});
      const drain = context.start(queue, { linger: 0, rescue: false });
      await until(async () => (await queue.get(id)).status === "RUNNING");
      await context.abandon(id);
      gate.resolve("stale");
      expect(await drain.done).toMatchObject({ lost: 1, succeeded: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "RUNNING", attempts: 2 });
      expect(await queue.result(id)).toBeNull();
    });

    it("a listener that throws changes nothing of what is written", async () => {
      const queue = context.queue([echo], {
        onEvent: () => {
          throw new Error("a listener's own fault");
        },
      });
      const { id } = await queue.enqueue(echo, { n: 1 });
      expect(await queue.drain()).toMatchObject({ claimed: 1, succeeded: 1, lost: 0 });
      await pause(0);
      expect(await queue.result(id)).toMatchObject({ result: { n: 1 } });
    });
  });
}
