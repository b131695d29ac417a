import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineTask } from "../../../src/core/registry.ts";
import { type ScheduleDefinition, type ScheduleOptions, schedule } from "../../../src/core/schedule.ts";
import { json, NOW } from "../../support/tasks.ts";
import { type EngineContext, MINUTE, SECOND, until } from "./context.ts";

const HOUR = 60 * MINUTE;
const ran: number[] = [];
const note = defineTask("test.note", {
  interval: "1h",
  maxRetries: 2,
  run: (_, { task }) => {
    ran.push(task.scheduledFor ?? 0);
  },
});
const strict = defineTask("test.strict", { input: v.object({ to: v.string() }), run: () => null });

export function describeSchedules(context: EngineContext): void {
  const hourly = (options: ScheduleOptions = {}) => schedule("hourly", "0 * * * *", note, {}, options);
  const declaring = (schedules: readonly ScheduleDefinition[], app?: string) =>
    context.queue([note, strict], { schedules, app });
  const fired = () => context.eventsOf("schedule.fired");
  /** To the next hour, and some seconds. */
  const advance = (hours = 1) => context.clock.advance(hours * HOUR);

  describe("a drain", () => {
    it("declares the schedules of its code, and fires each at its time", async () => {
      const queue = declaring([hourly({ priority: 1, timezone: "Asia/Kathmandu" })]);
      await queue.drain();
      expect(fired()).toEqual([]);
      expect(await queue.schedules.get("hourly")).toMatchObject({
        ...{
          app: "default",
          enabled: true,
          nextAt: NOW + 15 * MINUTE,
          options: { priority: 1, maxRetries: 2 },
        },
      });
      advance();
      ran.length = 0;
      expect(await queue.drain()).toMatchObject({ succeeded: 1 });
      const [event] = fired();
      expect(event).toMatchObject({ name: "hourly", firedFor: [NOW + 15 * MINUTE], skipped: 0 });
      expect(await queue.get(event?.taskIds[0] ?? "")).toMatchObject({
        ...{ schedule: "hourly", scheduledFor: NOW + 15 * MINUTE, eta: NOW + 15 * MINUTE, interval: null },
        ...{ status: "SUCCESS", priority: 1, maxRetries: 2 },
      });
      expect(ran).toEqual([NOW + 15 * MINUTE]);
      await queue.drain();
      expect(fired()).toHaveLength(1);
    });

    it("asks one query more where nothing is due, and writes nothing where the code is as it was", async () => {
      await declaring([hourly()]).drain();
      const count = async (options: { schedules?: boolean }) => {
        const queue = context.queue([note]);
        await queue.drain({ rescue: false, ...options });
        return queue.storage.queryCount;
      };
      expect((await count({})) - (await count({ schedules: false }))).toBe(1);
      const before = await context.database.sql("SELECT * FROM schedules");
      const again = declaring([hourly()]);
      await again.drain({ rescue: false });
      expect(again.storage.queryCount - (await count({ schedules: false }))).toBe(2);
      expect(await context.database.sql("SELECT * FROM schedules")).toEqual(before);
    });

    it("does not fire where it is told not to, as a kick is", async () => {
      await declaring([hourly()]).drain();
      advance();
      await context.queue([note]).drain({ schedules: false });
      expect(fired()).toEqual([]);
    });

    it("keeps what was edited at run time until the code itself changes", async () => {
      await declaring([hourly()]).drain();
      await context.queue([note]).schedules.update("hourly", { cron: "30 * * * *" });
      await declaring([hourly()]).drain();
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({ cron: "30 * * * *" });
      await declaring([hourly({ priority: 3 })]).drain();
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({ cron: "0 * * * *" });
    });

    it("keeps the next firing of an interval where the time zone is edited, which it does not know", async () => {
      const { schedules } = context.queue([note]);
      const made = await schedules.create({ name: "probe", every: "5m", funcPath: note.name });
      advance();
      const edited = await schedules.update("probe", { timezone: "Asia/Kathmandu" });
      expect(edited).toMatchObject({ timezone: "Asia/Kathmandu", nextAt: made.nextAt });
    });

    it("disables those of its own app that its code declares no more, and enables them when they are back", async () => {
      await declaring([hourly()], "one").drain();
      await declaring([], "two").drain();
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({ enabled: true });
      await declaring([], "one").drain();
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({
        ...{ enabled: false, disabledReason: "removed from the code" },
      });
      advance(5);
      await declaring([hourly()], "one").drain();
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({ nextAt: NOW + 6 * HOUR });
      expect(fired()).toEqual([]);
    });

    it("tells of a schedule that it cannot declare, and declares the others", async () => {
      const input: { to: string } = JSON.parse("{}");
      await declaring([schedule("bad", "0 * * * *", strict, input), hourly()]).drain();
      expect(context.eventsOf("schedule.refused")).toMatchObject([
        { name: "bad", error: { field: "kwargs.to", code: "invalid_input" } },
      ]);
      await declaring([hourly()], "other").drain();
      expect(context.eventsOf("schedule.refused")).toMatchObject([{ name: "bad" }, { name: "hourly" }]);
      expect(await context.queue([]).schedules.get("hourly")).toMatchObject({ app: "default" });
    });

    it("fires a row whose task it does not know: that waits as any unknown", async () => {
      await declaring([hourly()]).drain();
      advance();
      await context.queue([]).drain();
      expect(fired()).toHaveLength(1);
      expect(context.eventsOf("task.unknown")).toHaveLength(1);
    });

    it("stops a row that was broken by hand, tells of it, and fires the others", async () => {
      const queue = declaring([hourly(), schedule("broken", "0 * * * *", note, {})]);
      await queue.drain();
      await context.database.sql("UPDATE schedules SET cron = 'x' WHERE name = 'broken'");
      advance();
      await queue.drain();
      expect(fired().map(({ name }) => name)).toEqual(["hourly"]);
      expect(context.eventsOf("schedule.refused")).toMatchObject([{ name: "broken" }]);
      await queue.drain();
      expect(context.eventsOf("schedule.refused")).toHaveLength(1);
    });

    it("makes each task due within the jitter", async () => {
      const queue = context.queue([note], { schedules: [hourly({ jitter: "10m" })], random: () => 0.5 });
      await queue.drain();
      advance();
      await queue.drain();
      const { eta, scheduledFor } = await queue.get(fired()[0]?.taskIds[0] ?? "");
      expect([scheduledFor, eta]).toEqual([NOW + HOUR, NOW + HOUR + 5 * MINUTE]);
    });

    it("fires all that are due, more than a batch takes", async () => {
      const many = Array.from({ length: 120 }, (_, n) =>
        schedule(`s${n}`, { every: "1m" }, note, {}, { catchUp: "all", catchUpLimit: 20, queue: "other" }),
      );
      const queue = declaring(many);
      await queue.drain({ queues: ["none"] });
      context.clock.advance(30 * MINUTE);
      await queue.drain({ queues: ["none"] });
      expect(fired()).toHaveLength(120);
      expect(fired().every(({ taskIds, skipped }) => taskIds.length === 20 && skipped === 10)).toBe(true);
    });

    it("leaves a firing out while another task has its unique key, and says so", async () => {
      const queue = declaring([hourly({ uniqueKey: "one", catchUp: "all" })]);
      await queue.drain();
      advance(2);
      await queue.drain({ queues: ["none"] });
      expect(fired()).toMatchObject([{ firedFor: [NOW + HOUR], skipped: 1 }]);
    });

    for (const held of ["pending", "active"] as const) {
      it(`makes no task while the last one is ${held}, with unique while ${held}, and goes on to the next firing`, async () => {
        const queue = declaring([hourly({ unique: { while: held } })]);
        await queue.drain();
        const fire = async () => {
          advance();
          await queue.drain({ queues: ["none"], rescue: false });
        };
        await fire();
        await fire();
        expect(fired()).toMatchObject([
          { firedFor: [NOW + HOUR], skipped: 0 },
          { taskIds: [], skipped: 1 },
        ]);
        const { nextAt, lastTaskId } = await queue.schedules.get("hourly");
        expect([nextAt, lastTaskId]).toEqual([NOW + 3 * HOUR, fired()[0]?.taskIds[0]]);
        const started = await queue.storage.dequeue(context.clock.now());
        await fire();
        expect(fired()[2]).toMatchObject({ skipped: held === "active" ? 1 : 0 });
        if (started === null) throw new Error("expected the task of the first firing");
        await queue.storage.markDone(started, json(null), context.clock.now());
        await queue.drain();
        await fire();
        expect(fired()[3]).toMatchObject({ firedFor: [NOW + 4 * HOUR], skipped: 0 });
      });
    }

    it("leaves the tasks of others alone by its own unique, whatever their payload", async () => {
      const other = schedule("other", "0 * * * *", note, {}, { unique: { while: "active" } });
      const queue = declaring([hourly({ unique: {} }), other]);
      await queue.enqueue(note, {}, { unique: {}, queue: "mail" });
      await queue.drain({ queues: ["none"] });
      advance();
      await queue.drain({ queues: ["none"] });
      expect(fired()).toMatchObject([{ skipped: 0 }, { skipped: 0 }]);
    });

    it("that lingers fires at the time, of what was made meanwhile too", async () => {
      const queue = context.queue([note]);
      const drain = context.start(queue, { poll: { min: 10 * MINUTE, max: 10 * MINUTE } });
      await until(() => context.driver.count("peek") === 1);
      await queue.schedules.create({ name: "often", every: SECOND, funcPath: note.name });
      await until(() => context.eventsOf("task.succeeded").length === 2);
      drain.stop();
      await drain.done;
      const moments = fired().flatMap(({ firedFor }) => firedFor);
      expect((moments[1] ?? 0) - (moments[0] ?? 0)).toBe(SECOND);
    });
  });

  describe("schedules of a queue", () => {
    it("are refused where two share a name, and where one cannot fire", () => {
      expect(() => declaring([hourly(), hourly()])).toThrow("two named hourly");
      expect(() => schedule("x", "61 * * * *", note, {})).toThrow(/^expected schedules.x.cron to be/);
      expect(() => schedule("x", { every: "1m" }, note, {}, { timezone: "Nowhere" })).toThrow(
        /schedules.x.timezone/,
      );
    });

    it("are made of a definition, too, and run now", async () => {
      const queue = context.queue([]);
      expect(await queue.schedules.create(hourly({ uniqueKey: "one" }))).toMatchObject({ app: null });
      const first = await queue.schedules.run("hourly");
      expect(await queue.schedules.run("hourly")).toEqual({ id: first.id, duplicate: true });
      expect(context.eventsOf("task.enqueued").map(({ task }) => task.id)).toEqual([first.id]);
      expect((await queue.get(first.id)).schedule).toBe("hourly");
    });

    it("keep their unique through an edit of other things, and lose it by null", async () => {
      const { schedules } = context.queue([note]);
      await schedules.create(hourly({ unique: { while: "pending" } }));
      const own = { uniqueKey: "schedule:hourly", uniqueWhile: "pending" };
      expect(await schedules.get("hourly")).toMatchObject({ options: own });
      expect(await schedules.update("hourly", { priority: 1 })).toMatchObject({ options: own });
      const named = await schedules.update("hourly", { uniqueKey: "k", unique: { while: "active" } });
      expect(named).toMatchObject({ options: { uniqueKey: "k", uniqueWhile: null } });
      expect(await schedules.update("hourly", { uniqueKey: null })).toMatchObject({
        options: { uniqueKey: null, uniqueWhile: null },
      });
      await schedules.update("hourly", { unique: { while: "pending" } });
      expect(await schedules.update("hourly", { unique: null })).toMatchObject({
        options: { uniqueKey: null, uniqueWhile: null },
      });
    });

    it("refuse what else a unique may say: their firings have one payload", async () => {
      const { schedules } = context.queue([note]);
      const unique: { while: "active" } = JSON.parse('{"while":"active","by":["args"]}');
      await expect(schedules.create(hourly({ unique }))).rejects.toMatchObject({ field: "unique.by" });
    });

    it("do not lose a firing to an edit, nor an edit to a firing", async () => {
      const queue = declaring([hourly({ catchUp: "all" })]);
      await queue.drain();
      for (let n = 1; n <= 5; n++) {
        advance();
        const drained = context.queue([note]).drain({ queues: ["none"] });
        const edits = Promise.all([
          queue.schedules.update("hourly", { priority: n }),
          queue.schedules.update("hourly", { maxRetries: n }),
        ]);
        await Promise.all([drained, edits]);
      }
      await queue.drain({ queues: ["none"] });
      expect(await queue.schedules.get("hourly")).toMatchObject({ options: { priority: 5, maxRetries: 5 } });
      const moments = fired().flatMap(({ firedFor }) => firedFor);
      expect(moments).toEqual([1, 2, 3, 4, 5].map((n) => NOW + n * HOUR));
    });
  });
}
