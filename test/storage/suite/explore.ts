import { describe, expect, it } from "vitest";
import {
  parseSearch,
  type SearchPage,
  type SearchQuery,
  type TaskSummary,
} from "../../../src/core/explorer.ts";
import { firstIdAt } from "../../../src/core/id.ts";
import { NO_EXTRAS } from "../../../src/core/task.ts";
import { json, NOW, newTask, newTasks, taskError } from "../../support/tasks.ts";
import { type Context, found, HOUR, ids, LATER, MINUTE } from "./context.ts";

export function describeExplore(context: Context): void {
  const storage = () => context.storage();

  /** Every page of a search, by its cursors. */
  async function pages(query: SearchQuery, hidden: readonly string[] = []): Promise<SearchPage[]> {
    const { explorer } = await context.reader();
    const all: SearchPage[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await explorer.search({ ...parseSearch({ ...query, cursor }), hidden });
      all.push(page);
      if (page.cursor === null) return all;
      cursor = page.cursor;
    }
  }

  async function search(query: SearchQuery, hidden?: readonly string[]): Promise<TaskSummary[]> {
    return (await pages(query, hidden)).flatMap(({ items }) => items);
  }

  describe("explorer.search", () => {
    it("tells of a task what a list shows, newest first", async () => {
      const task = newTask({ args: json([1]), kwargs: json({ to: "é" }), queue: "mail" });
      await storage().enqueueMany([task, newTask({ queue: "other" })], NOW);
      for (const query of [{}, { queue: "mail" }]) {
        expect((await search(query)).at(-1)).toEqual({
          id: task.id,
          queue: "mail",
          funcPath: "test.noop",
          status: "PENDING",
          priority: 5,
          eta: NOW,
          attempts: 0,
          maxRetries: 3,
          quarantined: false,
          awaits: 0,
          leaseExpiresAt: null,
          lastAttemptAt: null,
          createdAt: NOW,
          updatedAt: NOW,
          schedule: null,
          progress: null,
          payload: { args: [1], kwargs: { to: "é" } },
          payloadBytes: 14,
          lastError: null,
        });
      }
    });

    it("leaves out a payload of more than 4 KB, and tells its size", async () => {
      await context.enqueue({ args: json(["x".repeat(4_092)]) });
      expect(await search({})).toMatchObject([{ payload: null, payloadBytes: 4_098 }]);
    });

    it("finds by status, queue and handler, and by all of them together", async () => {
      const [a, b, c] = [
        newTask({ queue: "x" }),
        newTask({ queue: "x", funcPath: "f" }),
        newTask({ funcPath: "f" }),
      ];
      await storage().enqueueMany([a, b, c], NOW);
      const failed = await context.dequeue();
      await storage().markFailed(failed, taskError(), "final", NOW);
      expect(ids(await search({ queue: "x" }))).toEqual(ids([b, a]));
      expect(ids(await search({ funcPath: "f" }))).toEqual(ids([c, b]));
      expect(await search({ status: "FAILED" })).toMatchObject([{ id: failed.id, lastError: taskError() }]);
      expect(ids(await search({ queue: "x", funcPath: "f", status: "PENDING" }))).toEqual(
        ids([b].filter(({ id }) => id !== failed.id)),
      );
    });

    it("finds text in args, kwargs and errors, whatever the case of ASCII letters", async () => {
      const [a, b, c] = [
        newTask({ args: json(["Alpha"]) }),
        newTask({ kwargs: json({ to: "beta@example.com", note: 'say "hi"\n' }) }),
        newTask({ queue: "fails" }),
      ];
      await storage().enqueueMany([a, b, c], NOW);
      const [claimed] = await context.claim({ queues: ["fails"] });
      await storage().markFailed(
        found(claimed),
        taskError({ message: "Gamma rays" }),
        { retryAt: LATER },
        NOW,
      );
      expect(ids(await search({ text: "alpha" }))).toEqual([a.id]);
      expect(ids(await search({ text: "BETA@" }))).toEqual([b.id]);
      expect(ids(await search({ text: '"to":"beta' }))).toEqual([b.id]);
      expect(ids(await search({ text: 'say "hi"' }))).toEqual([b.id]);
      expect(ids(await search({ text: "gamma" }))).toEqual([c.id]);
      expect(await search({ text: "100%_" })).toEqual([]);
    });

    it("looks into the first 16 KB of args and of kwargs, and the last 16 KB of errors: what is large costs no more", async () => {
      const [early, late] = [`x${" ".repeat(16_370)}y`, `${" ".repeat(16_384)}x`];
      const [a, b] = [newTask({ args: json([early]) }), newTask({ args: json([late]) })];
      const [c, d] = [newTask({ kwargs: json({ early }) }), newTask({ kwargs: json({ late }) })];
      await storage().enqueueMany([a, b, c, d], NOW);
      expect(ids(await search({ text: "x " }))).toEqual([c.id, a.id]);
      expect(await search({ text: " x" })).toEqual([]);
      const failing = newTask({ queue: "fails" });
      await storage().enqueueMany([failing], NOW);
      const filler = " ".repeat(8_000);
      for (const message of ["first failure", filler, filler, filler, "last failure"]) {
        const [claimed] = await context.claim({ queues: ["fails"] });
        await storage().markFailed(found(claimed), taskError({ message }), { retryAt: NOW }, NOW);
      }
      expect(ids(await search({ text: "last failure" }))).toEqual([failing.id]);
      expect(await search({ text: "first failure" })).toEqual([]);
    });

    it("does not look into the payload of handlers that hide it, but into their errors", async () => {
      const task = await context.start({ kwargs: json({ pin: "1234" }) });
      await storage().markFailed(task, taskError({ message: "no such pin" }), "final", NOW);
      expect(await search({ text: "1234" }, ["test.noop"])).toEqual([]);
      expect(await search({ text: "1234" }, ["other"])).toHaveLength(1);
      expect(await search({ text: "such" }, ["test.noop"])).toHaveLength(1);
    });

    it("finds between two moments, by the time in the ids", async () => {
      const at = (moment: number) => newTask({ id: firstIdAt(moment), eta: NOW });
      const tasks = [at(NOW - HOUR), at(NOW), at(NOW + MINUTE)];
      await storage().enqueueMany(tasks, NOW);
      const times = async (query: SearchQuery) =>
        (await search(query)).map(({ id }) => tasks.findIndex((task) => task.id === id));
      for (const queue of [undefined, "default"]) {
        expect(await times({ queue, from: NOW })).toEqual([2, 1]);
        expect(await times({ queue, to: NOW })).toEqual([0]);
        expect(await times({ queue, from: NOW, to: NOW + 1 })).toEqual([1]);
        expect(await times({ queue, from: NOW + HOUR })).toEqual([]);
      }
    });

    it("pages follow each other without a gap or a repetition", async () => {
      const tasks = await context.enqueueMany(10);
      for (const query of [{}, { queue: "default" }]) {
        const found = await pages({ ...query, limit: 3 });
        expect(found.map(({ items }) => items.length)).toEqual([3, 3, 3, 1]);
        expect(ids(found.flatMap(({ items }) => items))).toEqual(ids(tasks).reverse());
      }
    });

    it("looks at 1,000 tasks a page, and tells where it stopped", async () => {
      const [oldest] = await context.enqueueMany(1, { queue: "rare" });
      const tasks = newTasks(1_200);
      await storage().enqueueMany(tasks, NOW);
      const found = await pages({ queue: "rare" });
      expect(found.map(({ items, examined }) => [items.length, examined])).toEqual([
        [0, 1_000],
        [1, 201],
      ]);
      expect(found[0]?.cursor).toBe(tasks[200]?.id);
      expect(found[1]?.items[0]?.id).toBe(oldest?.id);
    });

    it("finds what runs and what waits at once among many that have ended, newest first", async () => {
      await context.quarantine({ queue: "held" });
      const [first, second] = [await context.start({ queue: "runs" }, LATER), await context.start({}, LATER)];
      const waiting = await context.enqueueMany(3, { eta: LATER + HOUR });
      await storage().enqueueMany(newTasks(1_200, { queue: "ended", funcPath: "test.ended" }), NOW);
      await context.database.sql("UPDATE tasks SET status = 'SUCCESS' WHERE queue = 'ended'");
      const once = async (query: SearchQuery) => {
        const [page, ...others] = await pages(query);
        expect(others).toEqual([]);
        return ids(found(page).items);
      };
      expect(await once({ status: "RUNNING" })).toEqual(ids([second, first]));
      expect(await once({ status: "RUNNING", queue: "runs" })).toEqual([first.id]);
      expect(await once({ status: "PENDING" })).toEqual(ids(waiting).reverse());
      expect(await once({ status: "RETRYING" })).toHaveLength(1);
      const [page] = await pages({ status: "PENDING", limit: 2 });
      expect(page?.cursor).toBe(waiting[1]?.id);
      expect((await pages({ status: "PENDING", limit: 2 })).flatMap(({ items }) => ids(items))).toEqual(
        ids(waiting).reverse(),
      );
    });

    it("finds them among all tasks where they are many", async () => {
      const tasks = newTasks(300);
      await storage().enqueueMany(tasks, NOW);
      const found = await pages({ status: "PENDING", limit: 100 });
      expect(found.flatMap(({ items }) => ids(items))).toEqual(ids(tasks).reverse());
    });

    it("finds failed ones at once among many others", async () => {
      const task = await context.start();
      await storage().markFailed(task, taskError(), "final", NOW);
      await storage().enqueueMany(newTasks(1_200), NOW);
      expect((await pages({ status: "FAILED" })).map(({ examined }) => examined)).toEqual([1]);
    });
  });

  describe("explorer.relations", () => {
    const relations = async (id: string, awaits = 0) =>
      (await context.reader()).explorer.relations({ id, awaits });

    it("tells what a task has enqueued, newest first, and up to 20 of it", async () => {
      const parent = await context.enqueue();
      const extras = { ...NO_EXTRAS, parentId: parent.id };
      const children = await context.enqueueMany(25, { extras, queue: "children" });
      const found = await relations(parent.id);
      expect(ids(found.children)).toEqual(ids(children).reverse().slice(0, 20));
      expect(found).toMatchObject({ awaits: [], awaitedBy: [] });
      expect(found.children[0]).toEqual({ id: children[24]?.id, funcPath: "test.noop", status: "PENDING" });
    });

    it("tells what a task waits for, and what waits for it, until they have ended", async () => {
      const first = await context.enqueue({ queue: "first" });
      const second = newTask({ extras: { ...NO_EXTRAS, after: [first.id] } });
      await storage().enqueueMany([second], NOW);
      expect(ids((await relations(second.id, 1)).awaits)).toEqual([first.id]);
      expect(ids((await relations(first.id)).awaitedBy)).toEqual([second.id]);
      await storage().markDone(await context.dequeue(), json(1), NOW);
      expect(await relations(second.id, 1)).toEqual({ children: [], awaits: [], awaitedBy: [] });
      expect((await relations(first.id)).awaitedBy).toEqual([]);
    });
  });

  describe("explorer.backlog", () => {
    it("counts what waits, runs, is held and failed, and names the queue that is most overdue", async () => {
      await context.quarantine({ queue: "held" });
      const failed = await context.start({ queue: "failed" });
      await storage().markFailed(failed, taskError(), "final", NOW);
      await context.start({ queue: "runs" });
      await context.enqueue({ queue: "late", eta: NOW - MINUTE, priority: 9 });
      await context.enqueue({ queue: "later", eta: NOW - 2 * MINUTE, priority: 0 });
      await context.enqueue({ queue: "future", eta: LATER });
      const { explorer } = await context.reader();
      const one = { depth: 1, more: false };
      expect(await explorer.backlog(NOW)).toEqual({
        waiting: { depth: 3, more: false },
        running: one,
        held: one,
        failed: one,
        oldest: { queue: "later", age: 2 * MINUTE },
      });
    });

    it("counts to its bounds, and tells of nothing where nothing is overdue", async () => {
      const none = { depth: 0, more: false };
      const empty = { waiting: none, running: none, held: none, failed: none, oldest: null };
      const before = await context.reader();
      expect(await before.explorer.backlog(NOW)).toEqual(empty);
      await storage().enqueueMany(newTasks(1_001, { eta: LATER }), NOW);
      const { explorer } = await context.reader();
      expect(await explorer.backlog(NOW)).toEqual({ ...empty, waiting: { depth: 1_000, more: true } });
    });
  });

  describe("explorer's history", () => {
    it("is read at the minutes that are asked for, or between two moments, of the queues that are", async () => {
      await context.database.sql(`INSERT INTO history (queue, minute, succeeded) SELECT q.value, m.value * 60000, m.value
        FROM json_each('["a", "b", "c"]') q CROSS JOIN json_each('[0, 1, 2, 3]') m`);
      const { explorer } = await context.reader();
      expect(await explorer.historyNames()).toEqual(["a", "b", "c"]);
      const between = await explorer.historyBetween(["b", "c"], 2 * MINUTE, 3 * MINUTE, 9);
      expect(between.map(({ queue, succeeded }) => [queue, succeeded])).toEqual([
        ["b", 2],
        ["c", 2],
      ]);
      const points = await explorer.historyAt(["a", "c"], [MINUTE, 3 * MINUTE, 9 * MINUTE]);
      expect(points.map(({ queue, minute, succeeded }) => [queue, minute / MINUTE, succeeded])).toEqual([
        ["a", 1, 1],
        ["a", 3, 3],
        ["c", 1, 1],
        ["c", 3, 3],
      ]);
    });
  });

  describe("explorer.queueNames", () => {
    it("names the queues that have something to do, or settings", async () => {
      await context.quarantine({ queue: "held" });
      await context.start({ queue: "runs" });
      await context.enqueue({ queue: "waits", eta: LATER });
      await storage().configureQueue("settings", { paused: true });
      const { explorer } = await context.reader();
      expect(await explorer.queueNames()).toEqual(["held", "runs", "settings", "waits"]);
    });

    it("there are none in an empty database", async () => {
      const { explorer } = await context.reader();
      expect(await explorer.queueNames()).toEqual([]);
    });
  });
}
