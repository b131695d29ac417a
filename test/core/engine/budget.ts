import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE, pause, SECOND, until } from "./context.ts";

const quick = defineTask("test.quick", { run: () => pause(1) });

export function describeBudget(context: EngineContext): void {
  const running = async () => {
    const [row] = await context.database.sql("SELECT count(*) AS count FROM tasks WHERE status = 'RUNNING'");
    return row?.count;
  };

  describe("the query budget", () => {
    for (const queryBudget of [10, 12, 15, 20, 45]) {
      it(`of ${queryBudget} is never exceeded, and what ended is still flushed`, async () => {
        const queue = context.queue([quick]);
        await queue.enqueueMany(Array.from({ length: 400 }, () => enqueueRequest(quick, {})));
        const before = queue.storage.queryCount;
        const report = await queue.drain({ queryBudget: before + queryBudget, concurrency: 1 });
        expect(queue.storage.queryCount - before).toBeLessThanOrEqual(queryBudget);
        expect(report.reason).toBe("query-budget");
        expect(report.claimed).toBeGreaterThan(0);
        expect(report).toMatchObject({ succeeded: report.claimed, lost: 0 });
        expect(await running()).toBe(0);
      });

      it(`of ${queryBudget} holds where leases have expired`, async () => {
        const queue = context.queue([quick]);
        await queue.enqueueMany(Array.from({ length: 150 }, () => enqueueRequest(quick, {})));
        await context.database.sql(
          "UPDATE tasks SET status = 'RUNNING', attempts = 1, lease_expires_at = 1, claimed_by = 'gone'",
        );
        await queue.enqueue(quick, {});
        const before = queue.storage.queryCount;
        const report = await queue.drain({
          queryBudget: before + queryBudget,
          linger: 300,
          poll: { min: 10, max: 10 },
        });
        expect(queue.storage.queryCount - before).toBeLessThanOrEqual(queryBudget);
        expect(report).toMatchObject({ succeeded: report.claimed, lost: 0 });
      });
    }

    it("spreads the polls of a drain that lingers over its time", async () => {
      const queue = context.queue([quick]);
      const before = queue.storage.queryCount;
      const report = await queue.drain({
        queryBudget: before + 20,
        linger: 1_000,
        deadline: 1_000,
        poll: { min: 1, max: 1 },
      });
      expect(queue.storage.queryCount - before).toBeLessThanOrEqual(20);
      expect(report.reason).toBe("deadline");
    });

    it("counts the queries that were sent before the drain, those of handlers included", async () => {
      const greedy = defineTask("test.greedy", {
        run: async () => {
          for (let n = 0; n < 5; n++) await queue.storage.readClock();
        },
      });
      const queue = context.queue([greedy]);
      await queue.enqueueMany(Array.from({ length: 100 }, () => enqueueRequest(greedy, {})));
      const before = queue.storage.queryCount;
      const report = await queue.drain({ queryBudget: before + 45, concurrency: 1, rescue: false });
      expect(report.reason).toBe("query-budget");
      expect(report).toMatchObject({ succeeded: report.claimed });
    });

    it("keeps back the heartbeats of what runs: a task of ten minutes ends within 45 queries", async () => {
      const gate = Promise.withResolvers<string>();
      const long = defineTask("test.long", { timeout: "10m", run: () => gate.promise });
      const queue = context.queue([long]);
      const { id } = await queue.enqueue(long, {});
      const before = queue.storage.queryCount;
      const drain = context.start(queue, {
        queryBudget: before + 45,
        hardDeadline: 14 * MINUTE,
        linger: MINUTE,
        poll: { min: 1, max: 1 },
      });
      await until(() => context.eventsOf("task.started").length === 1);
      // Everything that polls can take is taken before the first heartbeat.
      await pause(500);
      for (let beat = 1; beat <= 19; beat++) {
        context.clock.advance(30 * SECOND);
        drain.wake();
        await until(() => context.driver.count("renew") === beat);
        await pause(20);
      }
      gate.resolve("done");
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 1, lost: 0 });
      expect(queue.storage.queryCount - before).toBeLessThanOrEqual(45);
      const [row] = await context.database.sql("SELECT status, attempts FROM tasks WHERE id = ?1", id);
      expect(row).toEqual({ status: "SUCCESS", attempts: 1 });
    });

    it("leaves tasks whose heartbeats it cannot pay to a worker with more", async () => {
      const queue = context.queue([quick]);
      const long = await queue.enqueue(quick, {}, { timeout: "1d" });
      const short = await queue.enqueue(quick, {});
      await queue.drain({ queryBudget: queue.storage.queryCount + 45 });
      expect(await queue.get(long.id)).toMatchObject({ status: "PENDING", attempts: 0 });
      expect(await queue.get(short.id)).toMatchObject({ status: "SUCCESS" });
    });
  });
}
