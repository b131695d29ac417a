import { afterEach, describe, expect, it, vi } from "vitest";
import { AMBIENT } from "../../../src/core/ambient.ts";
import { Aborted } from "../../../src/core/control.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { type Fault, unsent } from "../../support/faulty.ts";
import { aborted, type EngineContext, MINUTE, SECOND, until } from "./context.ts";

export function describeLeases(context: EngineContext): void {
  /** Starts a task whose handler runs until its signal aborts or `end` is called. */
  const runHeld = async (timeout = "1h") => {
    const gate = Promise.withResolvers<string>();
    const seen: { reason?: unknown } = {};
    const held = defineTask("test.held", {
      timeout,
      run: async (_, { signal }) => {
        const reason = await Promise.race([aborted(signal), gate.promise]);
        if (!signal.aborted) return reason;
        seen.reason = reason;
        throw reason;
      },
    });
    const queue = context.queue([held]);
    const { id } = await queue.enqueue(held, {});
    const drain = context.start(queue);
    await until(() => context.eventsOf("task.started").length === 1);
    return { queue, id, drain, seen, end: () => gate.resolve("done") };
  };

  const passes = async (milliseconds: number, drain: { wake(): void }) => {
    context.clock.advance(milliseconds);
    drain.wake();
  };

  describe("the lease of a worker whose machine slept", () => {
    afterEach(() => void vi.restoreAllMocks());

    /** A drain by the machine's own clocks, of which the steady one does not count the sleep. */
    const startAndSleep = async (gate: Promise<unknown>) => {
      const leases: number[] = [];
      const held = defineTask("test.held", {
        timeout: "1h",
        run: (_, { task }) => {
          leases.push(task.leaseExpiresAt);
          return gate;
        },
      });
      const queue = context.queue([held], { now: undefined });
      const drain = context.start(queue, { lease: 12 * SECOND });
      const { id } = await queue.enqueue(held, {});
      await until(() => leases.length === 1);
      const steady = AMBIENT.steady;
      vi.spyOn(AMBIENT, "steady").mockImplementation(() => steady() - 10 * MINUTE);
      return { queue, held, id, drain, leases };
    };

    it("is renewed by the database's clock, in time", async () => {
      const gate = Promise.withResolvers<void>();
      const { queue, id, drain, leases } = await startAndSleep(gate.promise);
      const claimed = leases[0] ?? 0;
      await until(async () => ((await queue.get(id)).leaseExpiresAt ?? 0) > claimed);
      gate.resolve();
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 1, lost: 0 });
    });

    it("is lost where another worker has rescued the task meanwhile: its handler is aborted", async () => {
      const { queue, id, drain } = await startAndSleep(new Promise(() => {}));
      await queue.storage.rescueMany(Date.now() + 3 * MINUTE, () => 0);
      await until(() => context.eventsOf("task.lost").length === 1);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, lost: 1 });
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", quarantined: true, attempts: 1 });
    });

    it("is as long as any for what it claims from then on", async () => {
      const { queue, held, drain, leases } = await startAndSleep(Promise.resolve());
      await queue.enqueue(held, {}, { eta: Date.now() - 20 * MINUTE });
      await until(() => leases.length === 2);
      expect(leases[1]).toBeGreaterThan((leases[0] ?? 0) - SECOND);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 2, succeeded: 2, lost: 0, rescued: 0 });
    });
  });

  describe("the lease", () => {
    it("of two minutes is renewed every 30 s by one statement for everything in flight", async () => {
      const gate = Promise.withResolvers<void>();
      const held = defineTask("test.held", { timeout: "1h", run: () => gate.promise });
      const queue = context.queue([held]);
      for (let n = 0; n < 5; n++) await queue.enqueue(held, {});
      const drain = context.start(queue, { rescue: false });
      await until(() => context.eventsOf("task.started").length === 5);
      const first = context.clock.now() + 2 * MINUTE;
      for (const beat of [1, 2, 3]) {
        await passes(30 * SECOND, drain);
        await until(() => context.driver.count("renew") === beat);
        const { items } = await queue.list({ status: "RUNNING" });
        expect(items).toHaveLength(5);
        for (const { leaseExpiresAt } of items) {
          expect(leaseExpiresAt).toBeGreaterThanOrEqual(first + beat * 30 * SECOND - SECOND);
        }
      }
      gate.resolve();
      await until(() => context.eventsOf("task.succeeded").length === 5);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 5, succeeded: 5, lost: 0 });
    });

    it("that has ended by the time the claim's reply is there starts no handler", async () => {
      const late: Fault = async (send) => {
        const reply = await send();
        context.clock.advance(3 * MINUTE);
        return reply;
      };
      const runs: string[] = [];
      const quick = defineTask("test.quick", {
        run: (_, { task }) => void runs.push(`run ${task.attempts}`),
      });
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      context.driver.disturb("claim", late);
      const drain = context.start(queue, { rescue: false });
      await until(() => context.eventsOf("task.lost").length === 1);
      expect(runs).toEqual([]);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, lost: 1, succeeded: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "RUNNING", attempts: 1 });
      await queue.drain();
      expect(runs).toEqual(["run 2"]);
    });

    it("keeps a task from other workers for as long as it is renewed", async () => {
      const { queue, id, drain, end } = await runHeld();
      for (let beat = 1; beat <= 6; beat++) {
        await passes(30 * SECOND, drain);
        await until(() => context.driver.count("renew") === beat);
        expect(await context.queue([]).drain()).toMatchObject({ claimed: 0, rescued: 0 });
      }
      end();
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      expect(await queue.get(id)).toMatchObject({ attempts: 1 });
      drain.stop();
      await drain.done;
    });

    it("a task that is cancelled while it runs is aborted at the next heartbeat", async () => {
      const { queue, id, drain, seen } = await runHeld();
      await queue.cancel(id);
      expect(seen.reason).toBeUndefined();
      await passes(30 * SECOND, drain);
      await until(() => seen.reason !== undefined);
      expect(seen.reason).toBeInstanceOf(Aborted);
      expect(seen.reason).toMatchObject({ reason: "lost" });
      await until(() => context.eventsOf("task.lost").length === 1);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, lost: 1 });
      expect(await queue.get(id)).toMatchObject({ status: "CANCELLED" });
    });

    it("a task that is cancelled, retried and claimed again while it runs is aborted, and its new attempt is not", async () => {
      const gate = Promise.withResolvers<string>();
      const reasons: unknown[] = [];
      const held = defineTask("test.held", {
        timeout: "1h",
        run: async (_, { signal, task }) => {
          const ended = await Promise.race([aborted(signal), gate.promise]);
          if (signal.aborted) reasons[task.attempts] = ended;
          return `attempt ${task.attempts}`;
        },
      });
      const queue = context.queue([held]);
      const { id } = await queue.enqueue(held, {});
      const drain = context.start(queue);
      await until(() => context.eventsOf("task.started").length === 1);
      await queue.cancel(id);
      await queue.retry(id);
      drain.wake();
      await until(() => context.eventsOf("task.started").length === 2);
      await passes(30 * SECOND, drain);
      await until(() => reasons[1] !== undefined);
      expect(reasons[1]).toMatchObject({ name: "Aborted", reason: "lost" });
      gate.resolve("end");
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 2, succeeded: 1, lost: 1 });
      expect(reasons[2]).toBeUndefined();
      expect(await queue.result(id)).toMatchObject({ result: "attempt 2", attempts: 2 });
    });

    it("that cannot be renewed aborts its handler when it expires", async () => {
      const { queue, id, drain, seen } = await runHeld();
      context.driver.always = unsent;
      await passes(MINUTE, drain);
      await until(() => context.eventsOf("storage.failed").some(({ during }) => during === "renew"));
      expect(seen.reason).toBeUndefined();
      await passes(2 * MINUTE, drain);
      await until(() => seen.reason !== undefined);
      expect(seen.reason).toMatchObject({ name: "Aborted", reason: "lost" });
      await until(() => context.eventsOf("task.lost").length === 1);
      drain.stop();
      expect(await drain.done).toMatchObject({ lost: 1 });
      const [row] = await context.database.sql("SELECT status, attempts FROM tasks WHERE id = ?1", id);
      expect(row).toMatchObject({ status: "RUNNING", attempts: 1 });
      expect(queue.storage.queryCount).toBeGreaterThan(0);
    });

    it("that a database which never answers lets expire aborts its handler", async () => {
      const { drain, seen, end } = await runHeld();
      const answered = Promise.withResolvers<void>();
      const hangs: Fault = async (send) => {
        await answered.promise;
        return send();
      };
      context.driver.disturb("renew", hangs);
      await passes(30 * SECOND, drain);
      await until(() => context.driver.count("renew") === 1);
      context.clock.advance(2 * MINUTE);
      await until(() => seen.reason !== undefined);
      expect(seen.reason).toMatchObject({ name: "Aborted", reason: "lost" });
      answered.resolve();
      // It is rescued meanwhile, and runs again.
      // The drain may have rescued it by now, and run it again.
      end();
      drain.stop();
      await drain.done;
    });

    it("is renewed while a flush hangs, that of what has ended among them", async () => {
      const { queue, id, drain, end } = await runHeld();
      const quick = context.queue([defineTask("test.held", { run: () => "at once" })]);
      const answered = Promise.withResolvers<void>();
      const hangs: Fault = async (send) => {
        await answered.promise;
        return send();
      };
      context.driver.disturb("settle", hangs);
      end();
      await until(() => context.driver.count("settle") === 1);
      for (const beat of [1, 2, 3, 4, 5]) {
        await passes(30 * SECOND, drain);
        await until(() => context.driver.count("renew") === beat);
      }
      expect(await quick.drain()).toMatchObject({ claimed: 0, rescued: 0 });
      answered.resolve();
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      expect(await queue.get(id)).toMatchObject({ attempts: 1 });
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 1, lost: 0 });
    });

    it("is renewed soon again where a renewal failed", async () => {
      const { id, queue, drain, seen, end } = await runHeld();
      context.driver.disturb("renew", unsent, unsent, unsent, unsent, unsent);
      await passes(30 * SECOND, drain);
      await until(() => context.eventsOf("storage.failed").length === 1);
      await passes(5 * SECOND, drain);
      await until(() => context.driver.count("renew") === 6);
      const { leaseExpiresAt } = await queue.get(id);
      expect(leaseExpiresAt).toBeGreaterThan(context.clock.now() + MINUTE);
      expect(seen.reason).toBeUndefined();
      end();
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 1, lost: 0 });
    });
  });
}
