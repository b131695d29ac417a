import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/core/options.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type EngineContext, MINUTE, pause, SECOND, until } from "./context.ts";

const quick = defineTask("test.quick", { run: () => pause(1) });

export function describeBudget(context: EngineContext): void {
  const requests = (count: number) => Array.from({ length: count }, () => enqueueRequest(quick, {}));
  const running = async () => {
    const [row] = await context.database.sql("SELECT count(*) AS count FROM tasks WHERE status = 'RUNNING'");
    return row?.count;
  };

  describe("the query budget", () => {
    it.each([0, 11, 19, 20.5, Number.POSITIVE_INFINITY])(
      "of %d is refused: a drain could not take its part in all work",
      async (queryBudget) => {
        await expect(context.queue([quick]).drain({ queryBudget })).rejects.toMatchObject({
          field: "queryBudget",
          message: `expected queryBudget to be an integer from 20 to 1000000, got ${queryBudget}`,
        });
      },
    );

    it("of the least that is allowed suffices to get on: what died is rescued, run alone, and all is settled", async () => {
      const ids = (await context.queue([quick]).enqueueMany(requests(130))).map(({ id }) => id);
      for (const id of ids.slice(0, 110)) await context.abandon(id);
      let claimed = 0;
      for (let drains = 0; claimed < 130; drains++) {
        expect(drains).toBeLessThan(60);
        // Each is an invocation of its own.
        const queue = context.queue([quick]);
        const report = await queue.drain({ queryBudget: LIMITS.queryBudget.min });
        expect(queue.storage.queryCount).toBeLessThanOrEqual(LIMITS.queryBudget.min);
        expect(report).toMatchObject({ succeeded: report.claimed, lost: 0 });
        expect(report.claimed + report.rescued).toBeGreaterThan(0);
        claimed += report.claimed;
      }
      expect(await running()).toBe(0);
    });

    for (const queryBudget of [20, 25, 45]) {
      it(`of ${queryBudget} is never exceeded, and what ended is still flushed`, async () => {
        const queue = context.queue([quick]);
        await queue.enqueueMany(requests(400));
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
        await queue.enqueueMany(requests(150));
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
