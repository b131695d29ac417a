import { describe, expect, it } from "vitest";
import { defineTask } from "../../../src/core/registry.ts";
import { unsent } from "../../support/faulty.ts";
import { type EngineContext, enqueueSome, pause, SECOND, until } from "./context.ts";

export function describeQuarantine(context: EngineContext): void {
  /** Handlers that tell which of them run at the same time. */
  const watched = (name: string, milliseconds: number, neighbours: Map<string, Set<string>>) => {
    const running = new Map<string, string>();
    return defineTask(name, {
      timeout: "1h",
      run: async (_, { task }) => {
        running.set(task.id, task.id);
        for (const id of running.keys()) {
          for (const other of running.keys()) {
            if (id !== other) neighbours.set(id, (neighbours.get(id) ?? new Set()).add(other));
          }
        }
        await pause(milliseconds);
        running.delete(task.id);
        return task.quarantined;
      },
    });
  };

  describe("rescue", () => {
    it("at the start of a drain puts a task whose lease expired into quarantine, and runs it", async () => {
      const task = defineTask("test.task", { run: (_, { task: { quarantined } }) => quarantined });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await context.abandon(id);
      expect(await queue.drain()).toMatchObject({ rescued: 1, claimed: 1, succeeded: 1 });
      expect(await queue.get(id)).toMatchObject({
        status: "SUCCESS",
        attempts: 2,
        failures: 0,
        quarantined: false,
      });
      expect(await queue.result(id)).toMatchObject({ result: true });
      expect((await queue.get(id)).errors).toMatchObject([{ type: "LeaseExpiredError", attempt: 1 }]);
      expect(context.eventsOf("task.rescued")).toMatchObject([{ task: { id }, outcome: "quarantined" }]);
    });

    it("runs a task with maxRetries = 0 again, alone: it may have died of another's crash", async () => {
      const task = defineTask("test.task", {
        maxRetries: 0,
        run: (_, { task: { quarantined } }) => quarantined,
      });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await context.abandon(id);
      expect(await queue.drain()).toMatchObject({ rescued: 1, claimed: 1, succeeded: 1 });
      expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", result: true });
    });

    it("fails a task with maxRetries = 0 whose lease expired while it was alone: that crash was its own", async () => {
      const task = defineTask("test.task", { maxRetries: 0, run: () => "ran" });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await context.abandon(id);
      await queue.storage.rescueMany(context.clock.now(), () => 0);
      await context.abandon(id);
      expect(await queue.drain()).toMatchObject({ rescued: 1, claimed: 0 });
      expect(await queue.result(id)).toMatchObject({
        status: "FAILED",
        error: { type: "LeaseExpiredError" },
      });
      expect(context.eventsOf("task.rescued")).toMatchObject([{ outcome: "failed" }]);
    });

    it("takes more than one page of 100 in one drain", async () => {
      const task = defineTask("test.task", { maxRetries: 0, run: () => "ran" });
      const queue = context.queue([task]);
      const ids = await enqueueSome(queue, task, 230);
      await context.database.sql(
        "UPDATE tasks SET status = 'RUNNING', attempts = 1, lease_expires_at = 1, claimed_by = 'gone', held = 1",
      );
      expect(await queue.drain()).toMatchObject({ rescued: ids.length });
      expect((await queue.list({ status: "FAILED", limit: 1_000 })).items).toHaveLength(230);
    });

    it("goes on while the drain lingers: a lease that expires meanwhile is found within 30 s", async () => {
      const task = defineTask("test.task", { run: () => "ran" });
      const queue = context.queue([task]);
      const drain = context.start(queue);
      await until(() => context.driver.count("rescue") > 0);
      const { id } = await context.queue([]).enqueue(task, {}, { delay: "1d" });
      await context.abandon(id);
      context.clock.advance(30 * SECOND);
      drain.wake();
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      drain.stop();
      expect(await drain.done).toMatchObject({ rescued: 1, succeeded: 1 });
    });
  });

  describe("quarantine", () => {
    it("a task of the quarantine runs alone: nothing else runs at the same time", async () => {
      const neighbours = new Map<string, Set<string>>();
      const task = watched("test.task", 20, neighbours);
      const queue = context.queue([task]);
      const ids = await enqueueSome(queue, task, 30);
      const suspects = [ids[3] ?? "", ids[17] ?? ""];
      for (const id of suspects) await context.abandon(id);
      expect(await queue.drain({ concurrency: 10 })).toMatchObject({
        rescued: 2,
        claimed: 30,
        succeeded: 30,
      });
      for (const id of suspects) {
        expect(await queue.result(id)).toMatchObject({ result: true });
        expect(neighbours.get(id)).toBeUndefined();
      }
      // Others do meet, if not the very last of them, and none of them meets a suspect.
      expect(neighbours.size).toBeGreaterThanOrEqual(20);
      const met = new Set([...neighbours.values()].flatMap((others) => [...others]));
      for (const id of suspects) expect(met).not.toContain(id);
    });

    it("runs alone for as long as it takes, whatever else becomes due", async () => {
      const gate = Promise.withResolvers<void>();
      const started: string[] = [];
      const suspect = defineTask("test.suspect", {
        timeout: "1h",
        run: () => {
          started.push("suspect");
          return gate.promise;
        },
      });
      const other = defineTask("test.other", { run: () => void started.push("other") });
      const queue = context.queue([suspect, other]);
      const { id } = await queue.enqueue(suspect, {});
      await context.abandon(id);
      const drain = context.start(queue);
      await until(() => started.length === 1);
      await queue.enqueue(other, {});
      // The next rescue is due while the suspect runs.
      const before = context.driver.count("rescue");
      context.clock.advance(31 * SECOND);
      drain.wake();
      await until(() => context.driver.count("rescue") > before);
      drain.wake();
      await pause(100);
      expect(started).toEqual(["suspect"]);
      gate.resolve();
      await until(() => started.length === 2);
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 2 });
    });

    it("lets what is in flight end before it runs", async () => {
      const gate = Promise.withResolvers<void>();
      const started: string[] = [];
      const suspect = defineTask("test.suspect", { run: () => void started.push("suspect") });
      const held = defineTask("test.held", {
        timeout: "1h",
        run: () => {
          started.push("held");
          return gate.promise;
        },
      });
      const queue = context.queue([suspect, held]);
      await queue.enqueue(held, {});
      const drain = context.start(queue);
      await until(() => started.length === 1);
      const { id } = await context.queue([]).enqueue(suspect, {}, { delay: "1d" });
      await context.abandon(id);
      context.clock.advance(31 * SECOND);
      drain.wake();
      await until(() => context.eventsOf("task.rescued").length === 1);
      await pause(50);
      expect(started).toEqual(["held"]);
      gate.resolve();
      await until(() => started.length === 2);
      drain.stop();
      await drain.done;
    });

    it("a poison pill fails by its own crashes and spends no retry of its neighbours", async () => {
      const crashes = defineTask("test.crashes", { maxRetries: 1, run: () => "never" });
      const queue = context.queue([crashes]);
      const [pill = "", neighbour = ""] = await enqueueSome(queue, crashes, 2);
      const die = async (...ids: string[]) => {
        for (const id of ids) await context.abandon(id);
        await queue.storage.rescueMany(context.clock.now(), () => 0);
      };
      await die(pill, neighbour);
      expect(await queue.get(pill)).toMatchObject({ status: "RETRYING", failures: 0, quarantined: true });
      await die(pill);
      expect(await queue.get(pill)).toMatchObject({ status: "RETRYING", failures: 1 });
      await die(pill);
      expect(await queue.get(pill)).toMatchObject({ status: "FAILED", failures: 2 });
      expect(await queue.get(neighbour)).toMatchObject({ status: "RETRYING", failures: 0 });
      await queue.drain();
      expect(await queue.get(neighbour)).toMatchObject({ status: "SUCCESS" });
    });

    it("waits for a long task in flight; what ends no later goes on beside that one", async () => {
      const gate = Promise.withResolvers<void>();
      const long = defineTask("test.long", { timeout: "10m", run: () => gate.promise });
      const pill = defineTask("test.pill", { run: () => "alone" });
      const short = defineTask("test.short", { timeout: "1m", run: () => "beside" });
      const queue = context.queue([long, pill, short]);
      await queue.enqueue(long, {});
      const drain = context.start(queue, { concurrency: 3, poll: { min: 10, max: 10 } });
      await until(() => context.eventsOf("task.started").length === 1);
      const { id } = await queue.enqueue(pill, {}, { delay: "1h" });
      await context.abandon(id);
      context.clock.advance(30 * SECOND);
      drain.wake();
      await until(() => context.eventsOf("task.rescued").length === 1);
      const [beside, tooLong] = [await queue.enqueue(short, {}), await queue.enqueue(long, {})];
      await until(async () => (await queue.get(beside.id)).status === "SUCCESS");
      expect(await queue.get(id)).toMatchObject({ status: "RETRYING", quarantined: true });
      expect(await queue.get(tooLong.id)).toMatchObject({ status: "PENDING" });
      gate.resolve();
      await until(() => context.eventsOf("task.succeeded").length === 4);
      const order = context.eventsOf("task.started").map(({ task }) => task.id);
      expect(order.slice(1)).toEqual([beside.id, id, tooLong.id]);
      drain.stop();
      await drain.done;
    });

    it("is claimed soon again where its claim failed", async () => {
      const task = defineTask("test.task", {
        run: (_, { task: { id } }) => {
          if (id === ids[0]) context.driver.disturb("claim", unsent, unsent, unsent, unsent, unsent);
        },
      });
      const queue = context.queue([task]);
      const ids = await enqueueSome(queue, task, 2);
      for (const id of ids) await context.abandon(id);
      const drain = context.start(queue);
      await until(async () => (await queue.get(ids[1] ?? "")).status === "SUCCESS");
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 2 });
    });

    it("a kick leaves the quarantine to cron", async () => {
      const task = defineTask("test.task", { run: () => "ran" });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      await context.abandon(id);
      expect(await queue.drain({ rescue: false })).toMatchObject({ rescued: 0, claimed: 0 });
      expect(await queue.get(id)).toMatchObject({ status: "RUNNING" });
    });
  });
}
