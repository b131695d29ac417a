import { describe, expect, it } from "vitest";
import type { EditedSchedule, Firing, NewSchedule } from "../../../src/core/schedule-storage.ts";
import { lostReply } from "../../support/faulty.ts";
import { json, NOW, newTask } from "../../support/tasks.ts";
import { type Context, found, HOUR, MINUTE } from "./context.ts";

const REMOVED = "removed from the code";

export function newSchedule(overrides: Partial<NewSchedule> = {}): NewSchedule {
  return {
    name: "digest",
    funcPath: "test.noop",
    args: json([1]),
    kwargs: json({ to: "team" }),
    options: {
      ...{ queue: "mail", priority: 2, maxRetries: 7, timeout: 9_000, uniqueKey: null, uniqueWhile: null },
      ...{ expiresIn: HOUR, resultTtl: MINUTE, onSuccess: "forget" },
    },
    cron: "* * * * *",
    every: null,
    timezone: "UTC",
    catchUp: "last",
    catchUpLimit: 100,
    jitter: 0,
    app: null,
    declared: null,
    nextAt: NOW,
    ...overrides,
  };
}

export function firingOf(overrides: Partial<Firing> = {}): Firing {
  const tasks = [{ id: newTask().id, eta: NOW + 5, scheduledFor: NOW }];
  const read = { name: "digest", dueAt: NOW, updatedAt: NOW, uniqueKey: "k" };
  return { ...read, nextAt: NOW + MINUTE, tasks, ...overrides };
}

export function describeSchedules(context: Context): void {
  const schedules = () => context.storage().schedules;
  const insert = (overrides: Partial<NewSchedule> = {}) => schedules().insert(newSchedule(overrides), NOW);
  const get = async (name = "digest") => found(await schedules().get(name));
  const tasks = async () => (await (await context.reader()).listTasks({ limit: 100 })).items;
  const declare = (changed: readonly NewSchedule[], names = changed.map(({ name }) => name), now = NOW) =>
    schedules().declareMany("app", changed, names, REMOVED, now);
  const findDue = async (now = NOW) => (await context.reader()).schedules.findDue(now);

  describe("schedules", () => {
    it("come back as they were written, each name once", async () => {
      expect(await insert()).toBe(true);
      expect(await insert({ funcPath: "test.other" })).toBe(false);
      const { app, options, ...head } = await get();
      expect({ app, options }).toEqual({ app: null, options: newSchedule().options });
      expect(head).toMatchObject({
        args: [1],
        kwargs: { to: "team" },
        enabled: true,
        nextAt: NOW,
        createdAt: NOW,
      });
      expect(await schedules().get("other")).toBeNull();
    });

    it("are listed by name, a page at a time", async () => {
      for (const name of ["c", "a", "b"]) await insert({ name });
      const reader = (await context.reader()).schedules;
      const first = await reader.list(null, 2);
      expect(first.items.map(({ name }) => name)).toEqual(["a", "b"]);
      expect((await reader.list(first.cursor, 2)).items.map(({ name }) => name)).toEqual(["c"]);
    });

    it("an insert and a delete whose reply is lost answer as they did", async () => {
      expect(await context.faulty(lostReply).schedules.insert(newSchedule(), NOW)).toBe(true);
      expect(await context.faulty(lostReply).schedules.insert(newSchedule(), NOW + 1)).toBe(false);
      expect(await context.faulty(lostReply).schedules.delete("digest")).toBe(true);
      expect(await schedules().delete("digest")).toBe(false);
    });

    it("that are due are found, the longest due first, and when the next one is", async () => {
      await insert({ name: "late", nextAt: NOW - 5 });
      await insert({ name: "due", nextAt: NOW });
      await insert({ name: "soon", nextAt: NOW + 7 });
      await insert({ name: "later", nextAt: NOW + 9 });
      await insert({ name: "never", nextAt: null });
      const { due, upcoming } = await findDue();
      expect(due.map(({ name }) => name)).toEqual(["late", "due"]);
      expect(upcoming).toBe(NOW + 7);
      expect(await findDue(NOW - 6)).toMatchObject({ due: [], upcoming: NOW - 5 });
      await context.database.clear();
      expect(await findDue()).toEqual({ due: [], upcoming: null });
    });

    it("are found due at most 100 at a time", async () => {
      await declare(
        Array.from({ length: 101 }, (_, n) => newSchedule({ name: `s${n}`, app: "app", declared: "1" })),
      );
      expect((await findDue()).due).toHaveLength(100);
    });
  });

  describe("a firing", () => {
    it("inserts a task with what its schedule says, and moves the schedule on", async () => {
      await insert();
      const firing = firingOf();
      const report = await schedules().fireMany([firing], NOW + 3);
      const [id] = firing.tasks.map((task) => task.id);
      expect([[...report.fired], [...report.inserted]]).toEqual([["digest"], [id]]);
      expect(await tasks()).toMatchObject([
        {
          ...{ id, queue: "mail", priority: 2, funcPath: "test.noop", args: [1], kwargs: { to: "team" } },
          ...{ eta: NOW + 5, maxRetries: 7, timeout: 9_000, interval: null, createdAt: NOW + 3 },
          ...{ expiresAt: NOW + 5 + HOUR, resultTtl: MINUTE, onSuccess: "forget" },
          ...{ schedule: "digest", scheduledFor: NOW },
        },
      ]);
      expect(await get()).toMatchObject({ nextAt: NOW + MINUTE, lastAt: NOW, lastTaskId: id });
    });

    it("is made once, however often and by whomever it is sent", async () => {
      await insert();
      const reports = await Promise.all([1, 2, 3].map(() => schedules().fireMany([firingOf()], NOW)));
      expect(reports.map(({ fired }) => fired.size).sort()).toEqual([0, 0, 1]);
      expect(await tasks()).toHaveLength(1);
    });

    it("is made once though its task is deleted before it is sent again", async () => {
      await insert();
      const firing = firingOf();
      await schedules().fireMany([firing], NOW);
      await context.database.sql("DELETE FROM tasks");
      expect((await schedules().fireMany([firing], NOW)).fired.size).toBe(0);
      expect(await tasks()).toEqual([]);
    });

    it("whose reply is lost answers as it did", async () => {
      await insert();
      const firing = firingOf();
      const report = await context.faulty(lostReply).schedules.fireMany([firing], NOW);
      expect([report.fired.size, report.inserted.size]).toEqual([1, 1]);
      expect(await tasks()).toHaveLength(1);
    });

    it.each([
      ["was edited", { updatedAt: NOW - 1 }],
      ["has another next firing", { dueAt: NOW - 1 }],
      ["is gone", { name: "gone" }],
    ])("is not made where the schedule %s", async (_, read) => {
      await insert();
      expect((await schedules().fireMany([firingOf(read)], NOW)).fired.size).toBe(0);
      expect(await tasks()).toEqual([]);
      expect(await get()).toMatchObject({ nextAt: NOW, lastAt: null });
    });

    it("is not made where the schedule is disabled", async () => {
      await insert();
      await context.database.sql("UPDATE schedules SET enabled = 0");
      expect((await schedules().fireMany([firingOf()], NOW)).fired.size).toBe(0);
      expect(await tasks()).toEqual([]);
    });

    it("whose unique key another task holds inserts none, and moves the schedule on", async () => {
      await insert({ options: { ...newSchedule().options, uniqueKey: "k" } });
      const first = firingOf();
      await schedules().fireMany([first], NOW);
      const report = await schedules().fireMany([firingOf({ dueAt: NOW + MINUTE, nextAt: NOW + HOUR })], NOW);
      expect([report.fired.size, report.inserted.size]).toEqual([1, 0]);
      expect(await get()).toMatchObject({ nextAt: NOW + HOUR, lastTaskId: first.tasks[0]?.id });
    });

    it("of a row that was broken by hand keeps no other from being made", async () => {
      await insert({ name: "broken", options: { ...newSchedule().options, priority: 99 } });
      await insert({ name: "bare" });
      await context.database.sql("UPDATE schedules SET options = '{}' WHERE name = 'bare'");
      const report = await schedules().fireMany(
        [firingOf({ name: "broken" }), firingOf({ name: "bare" })],
        NOW,
      );
      expect([...report.fired].sort()).toEqual(["bare", "broken"]);
      expect(await tasks()).toMatchObject([{ schedule: "bare", queue: "default", priority: 5 }]);
    });
  });

  describe("an edit of a schedule", () => {
    const edited = (overrides: Partial<EditedSchedule> = {}): EditedSchedule => {
      const { app: _, declared: __, ...rest } = newSchedule();
      return { ...rest, enabled: true, disabledReason: null, ...overrides };
    };

    it("takes the place of what was read, and has a time of its own", async () => {
      await insert();
      const change = edited({ cron: null, every: 5_000, nextAt: NOW + 1, kwargs: json({ a: 1 }) });
      expect(await schedules().update(change, { updatedAt: NOW, nextAt: NOW }, NOW)).toBe(true);
      expect(await get()).toMatchObject({ cron: null, every: 5_000, kwargs: { a: 1 }, updatedAt: NOW + 1 });
    });

    it("is refused where the schedule was edited or fired meanwhile", async () => {
      await insert();
      expect(await schedules().update(edited(), { updatedAt: NOW - 1, nextAt: NOW }, NOW)).toBe(false);
      await schedules().fireMany([firingOf()], NOW);
      expect(await schedules().update(edited(), { updatedAt: NOW, nextAt: NOW }, NOW)).toBe(false);
    });

    it("whose reply is lost answers as it did", async () => {
      await insert();
      const read = { updatedAt: NOW, nextAt: NOW };
      expect(await context.faulty(lostReply).schedules.update(edited(), read, NOW + 9)).toBe(true);
    });
  });

  describe("what code declares", () => {
    const declared = (overrides: Partial<NewSchedule> = {}) =>
      newSchedule({ app: "app", declared: "1", ...overrides });

    it("is inserted, and what is on file already stays as it is", async () => {
      await declare([declared()]);
      expect(await get()).toMatchObject({ app: "app", nextAt: NOW, enabled: true });
      await context.database.sql("UPDATE schedules SET timezone = 'Europe/Paris'");
      await declare([declared()], undefined, NOW + 5);
      expect(await get()).toMatchObject({ timezone: "Europe/Paris", updatedAt: NOW });
    });

    it("takes effect where the code has changed, and keeps the next firing where the timing is the same", async () => {
      await declare([declared()]);
      await declare(
        [declared({ declared: "2", nextAt: NOW + HOUR, kwargs: json({ v: 2 }) })],
        undefined,
        NOW + 5,
      );
      expect(await get()).toMatchObject({ kwargs: { v: 2 }, nextAt: NOW, updatedAt: NOW + 5 });
      await declare([declared({ declared: "3", nextAt: NOW + HOUR, cron: "0 * * * *" })]);
      expect(await get()).toMatchObject({ cron: "0 * * * *", nextAt: NOW + HOUR });
    });

    it("is disabled when it is removed, and enabled when it is declared again", async () => {
      await declare([declared(), declared({ name: "other" })]);
      await declare([], ["other"], NOW + 5);
      expect(await get()).toMatchObject({ enabled: false, disabledReason: REMOVED, nextAt: null });
      expect(await get("other")).toMatchObject({ enabled: true });
      await declare([declared({ nextAt: NOW + HOUR })], ["digest", "other"]);
      expect(await get()).toMatchObject({ enabled: true, disabledReason: null, nextAt: NOW + HOUR });
    });

    it("stays disabled where somebody disabled it, though the code has changed", async () => {
      await declare([declared()]);
      await context.database.sql(
        "UPDATE schedules SET enabled = 0, disabled_reason = 'holidays', next_at = NULL",
      );
      await declare([declared({ declared: "2", kwargs: json({ v: 2 }) })]);
      expect(await get()).toMatchObject({
        ...{ enabled: false, disabledReason: "holidays", nextAt: null, kwargs: { v: 2 } },
      });
    });

    it("by another app is left alone, and what was made at run time is taken over", async () => {
      await insert({ name: "theirs", app: "their app", declared: "1" });
      await insert({ name: "nobody's" });
      await declare([declared({ name: "theirs", cron: "0 * * * *" }), declared({ name: "nobody's" })]);
      expect(await get("theirs")).toMatchObject({ app: "their app", cron: "* * * * *", enabled: true });
      expect(await get("nobody's")).toMatchObject({ app: "app" });
      await declare([], []);
      expect(await get("theirs")).toMatchObject({ enabled: true });
    });

    it("is found by app and by name", async () => {
      await declare([declared(), declared({ name: "b" })]);
      await insert({ name: "c" });
      await insert({ name: "d" });
      const known = await schedules().findKnown("app", ["c", "gone"]);
      expect(known.map(({ name }) => name).sort()).toEqual(["b", "c", "digest"]);
      expect(known.find(({ name }) => name === "b")).toEqual({
        ...{ name: "b", app: "app", declared: "1", enabled: true, disabledReason: null },
      });
    });
  });
}
