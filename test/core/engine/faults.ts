import { describe, expect, it } from "vitest";
import { SchemaMissing, StorageRejected, StorageUnavailable } from "../../../src/core/errors.ts";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import type { Queue } from "../../../src/core/queue.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { JsonObject } from "../../../src/core/task.ts";
import { broken, type Fault, full, lostReply, none, overloaded, unsent } from "../../support/faulty.ts";
import type { CallKind } from "../../support/tapped.ts";
import { type EngineContext, MINUTE, pause, until } from "./context.ts";

/** A generator of numbers from 0 to 1 that gives the same ones each time: the "minimal standard" of Park and Miller. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

export function describeFaults(context: EngineContext): void {
  const POLL = { min: 10, max: 10 };

  /** A task that counts its runs by id, and notes where two of them overlap. */
  const counting = () => {
    const runs = new Map<string, number>();
    const running = new Set<string>();
    const overlaps: string[] = [];
    const task = defineTask<JsonObject>("test.counting", {
      run: async (_, { task: { id } }) => {
        if (running.has(id)) overlaps.push(id);
        running.add(id);
        runs.set(id, (runs.get(id) ?? 0) + 1);
        await pause(1);
        running.delete(id);
        return "done";
      },
    });
    return { task, runs, overlaps };
  };

  const enqueue = async (queue: Queue, { task }: ReturnType<typeof counting>, count: number) => {
    const requests = Array.from({ length: count }, () => enqueueRequest(task, {}));
    return (await queue.enqueueMany(requests)).map(({ id }) => id);
  };

  const left = async () => {
    const [row] = await context.database.sql("SELECT count(*) AS count FROM tasks WHERE status <> 'SUCCESS'");
    return Number(row?.count);
  };

  const kinds = ["claim", "settle", "rescue", "peek"] as const satisfies readonly CallKind[];
  const faults = {
    "a refused connection": unsent,
    "an overloaded database": overloaded,
    "a lost reply": lostReply,
  };

  for (const kind of kinds) {
    for (const [name, fault] of Object.entries(faults)) {
      for (const times of [1, 4]) {
        it(`${name} during ${kind}, ${times} in a row: every task runs once and is written`, async () => {
          const counted = counting();
          const queue = context.queue([counted.task]);
          const ids = await enqueue(queue, counted, 12);
          context.driver.disturb(kind, ...Array.from({ length: times }, () => fault));
          const drain = context.start(queue, { poll: POLL });
          await until(async () => (await left()) === 0);
          await until(() => context.driver.count(kind) > times);
          drain.stop();
          expect(await drain.done).toMatchObject({ succeeded: 12, lost: 0 });
          expect([...counted.runs.entries()].sort()).toEqual(ids.map((id) => [id, 1]).sort());
        });
      }
    }
  }

  it("replies that are all lost while results are written: what had been written is no loss", async () => {
    const counted = counting();
    const queue = context.queue([counted.task]);
    await enqueue(queue, counted, 12);
    context.driver.disturb("settle", ...Array.from({ length: 5 }, () => lostReply));
    const drain = context.start(queue, { poll: POLL });
    await until(async () => (await left()) === 0);
    await until(
      () => context.eventsOf("task.succeeded").length + context.eventsOf("task.lost").length === 12,
    );
    drain.stop();
    expect(await drain.done).toMatchObject({ succeeded: 12, lost: 0 });
  });

  describe("a database that does not answer", () => {
    it("for longer than a write is tried again: a drain that lingers goes on when it is back", async () => {
      const counted = counting();
      const queue = context.queue([counted.task]);
      const ids = await enqueue(queue, counted, 12);
      context.driver.always = unsent;
      const drain = context.start(queue, { poll: POLL });
      await until(() => context.eventsOf("storage.failed").length > 3);
      expect(counted.runs.size).toBe(0);
      context.driver.always = none;
      await until(async () => (await left()) === 0);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 12, succeeded: 12, reason: "stopped" });
      expect(counted.runs.size).toBe(ids.length);
      expect(context.eventsOf("storage.failed")[0]?.error).toBeInstanceOf(StorageUnavailable);
    });

    it.each([
      ["it does not answer", unsent],
      ["it is full", full],
      ["it refuses everything", broken],
    ])("while results are to be written (%s): they are written when it is back", async (_, fault) => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const queue = context.queue([held]);
      const { id } = await queue.enqueue(held, {});
      const drain = context.start(queue, { poll: POLL });
      await until(() => context.eventsOf("task.started").length === 1);
      context.driver.always = fault;
      gate.resolve("kept");
      await until(() => context.eventsOf("storage.failed").some(({ during }) => during === "settle"));
      context.driver.always = none;
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      expect(await queue.result(id)).toMatchObject({ result: "kept", attempts: 1 });
      drain.stop();
      expect(await drain.done).toMatchObject({ succeeded: 1, lost: 0 });
    });

    it("or refuses all that a drain which does not linger has to write: it is kept until the database takes it", async () => {
      const counted = counting();
      const queue = context.queue([counted.task]);
      await enqueue(queue, counted, 3);
      context.driver.disturb("settle", full, full);
      expect(await queue.drain()).toMatchObject({ succeeded: 3, lost: 0, reason: "storage-failed" });
      expect(context.eventsOf("storage.failed")).toMatchObject([{ during: "settle" }, { during: "settle" }]);
      expect(await left()).toBe(0);
    });

    it("or refuses all until after the hard deadline: events tell what is left to the end of its lease", async () => {
      const counted = counting();
      const queue = context.queue([counted.task]);
      const ids = await enqueue(queue, counted, 3);
      context.driver.disturb("settle", ...Array.from({ length: 100 }, () => full));
      const drain = context.start(queue, { linger: 0, hardDeadline: MINUTE });
      const refused = expect(drain.done).rejects.toThrow("database or disk is full");
      await until(() => context.eventsOf("storage.failed").length > 1);
      expect(context.eventsOf("task.lost")).toEqual([]);
      context.clock.advance(2 * MINUTE);
      drain.wake();
      await refused;
      expect(context.eventsOf("task.lost").map(({ task }) => task.id)).toEqual(ids);
      expect(await left()).toBe(3);
    });

    it("ends a drain that does not linger, which says so", async () => {
      const queue = context.queue([]);
      context.driver.always = unsent;
      expect(await queue.drain()).toMatchObject({ claimed: 0, reason: "storage-failed" });
    });

    it("for all five sends of a claim that took effect: the next claim finds what it took", async () => {
      const quick = defineTask("test.quick", { run: (_, { task: { attempts } }) => `run ${attempts}` });
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      context.driver.disturb("claim", lostReply, unsent, unsent, unsent, unsent);
      const drain = context.start(queue, { poll: POLL });
      await until(async () => (await queue.get(id)).status === "SUCCESS");
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 1, rescued: 0 });
      expect(await queue.result(id)).toMatchObject({ result: "run 1" });
    });

    it("for all five sends of a claim from the quarantine: the next claim finds what it took", async () => {
      const quick = defineTask("test.quick", { run: (_, { task: { attempts } }) => `run ${attempts}` });
      const queue = context.queue([quick]);
      const { id } = await queue.enqueue(quick, {});
      await context.abandon(id);
      context.driver.disturb("claim", lostReply, unsent, unsent, unsent, unsent);
      const drain = context.start(queue, { poll: POLL });
      await until(async () => (await queue.get(id)).status === "SUCCESS", 300);
      drain.stop();
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 1, rescued: 1 });
      expect(await queue.result(id)).toMatchObject({ result: "run 2" });
    });

    it("until after the hard deadline: what could not be written is lost, and the drain ends", async () => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { timeout: MINUTE, run: () => gate.promise });
      const queue = context.queue([held]);
      await queue.enqueue(held, {});
      const drain = context.start(queue, { hardDeadline: 2 * MINUTE, poll: POLL });
      await until(() => context.eventsOf("task.started").length === 1);
      context.driver.always = unsent;
      gate.resolve("lost");
      await until(() => context.eventsOf("storage.failed").some(({ during }) => during === "settle"));
      context.clock.advance(3 * MINUTE);
      drain.wake();
      expect(await drain.done).toMatchObject({ claimed: 1, succeeded: 0, lost: 1 });
    });

    it("now and then, in every call, for two drains at once: no task is lost or run twice at a time", async () => {
      const random = seeded(20_261_124);
      const choices: Fault[] = [unsent, lostReply, overloaded];
      const unsteady: Fault = (send) => {
        const fault = random() < 0.25 ? choices[Math.floor(random() * choices.length)] : undefined;
        return (fault ?? none)(send);
      };
      const counted = counting();
      const queues = [context.queue([counted.task]), context.queue([counted.task])];
      const ids = await enqueue(context.queue([]), counted, 120);
      context.driver.always = unsteady;
      const drains = queues.map((queue) => context.start(queue, { poll: POLL, concurrency: 4 }));
      await until(async () => {
        // What a lost claim took waits for its lease to end.
        context.clock.advance(MINUTE / 4);
        for (const drain of drains) drain.wake();
        return (await left()) === 0;
      });
      context.driver.always = none;
      for (const drain of drains) drain.stop();
      await Promise.all(drains.map(({ done }) => done));
      expect(counted.overlaps).toEqual([]);
      expect(counted.runs.size).toBe(ids.length);
      const [row] = await context.database.sql(
        "SELECT count(*) AS count FROM results WHERE status = 'SUCCESS'",
      );
      expect(row).toEqual({ count: ids.length });
    });
  });

  describe("what waiting cannot mend", () => {
    it("a missing schema is thrown, with the command that brings it", async () => {
      const storage = context.database.storage({ tablePrefix: "absent_" });
      const task = defineTask("test.task", { run: () => "done" });
      const queue = context.queue([task], { storage });
      const calls = [
        () => queue.drain({ linger: MINUTE }),
        () => queue.enqueue(task, {}),
        () => queue.queues(),
        () => storage.verify(),
      ];
      const command = context.database.driver.migrateCommand;
      for (const call of calls) {
        const error: unknown = await call().then(
          () => null,
          (thrown) => thrown,
        );
        expect(error).toBeInstanceOf(SchemaMissing);
        expect(error).toMatchObject({ message: expect.stringContaining(command) });
      }
    });

    it("a claim that the database refuses is made again in a drain that lingers, and ends another", async () => {
      const gate = Promise.withResolvers<string>();
      const held = defineTask("test.held", { run: () => gate.promise });
      const cursed = defineTask("test.cursed", { run: () => "never" });
      const eager = defineTask("test.eager", {
        run: async () => {
          // Wakes the drain, so that it claims before it has written this task's end.
          await queue.enqueue(cursed, {});
          return "kept";
        },
      });
      const queue = context.queue([held, cursed, eager]);
      const first = await queue.enqueue(held, {});
      const second = await queue.enqueue(eager, {});
      await context.database.sql(
        `CREATE TRIGGER refuse BEFORE UPDATE ON tasks WHEN NEW.func_path = 'test.cursed'
         BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
      );
      try {
        const drain = context.start(queue, { poll: POLL });
        await until(() => context.eventsOf("storage.failed").length > 1);
        const ended = expect(context.queue([cursed]).drain()).rejects.toThrow(StorageRejected);
        gate.resolve("kept too");
        await ended;
        await until(() => context.eventsOf("task.succeeded").length === 2);
        drain.stop();
        expect(await drain.done).toMatchObject({ succeeded: 2 });
      } finally {
        await context.database.sql("DROP TRIGGER refuse");
      }
      expect(await queue.result(first.id)).toMatchObject({ status: "SUCCESS", result: "kept too" });
      expect(await queue.result(second.id)).toMatchObject({ status: "SUCCESS", result: "kept" });
    });
  });
}
