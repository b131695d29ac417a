import { describe, expect, it } from "vitest";
import type { Settlement } from "../../../src/core/transitions.ts";
import { lostReply } from "../../support/faulty.ts";
import { json, NOW, taskError } from "../../support/tasks.ts";
import { type Context, DAY, HOUR, LATER, MINUTE } from "./context.ts";

const ALL = { from: 0, to: NOW + DAY, queue: null, after: null };

export function describeHistory(context: Context): void {
  /** Enqueues and claims one task for each way to end, and says how each ended. */
  const endSome = async (queue = "mail"): Promise<Settlement[]> => {
    for (let n = 0; n < 4; n++) await context.enqueue({ queue });
    const [a, b, c, d] = await context.claim({ queues: [queue] });
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("too few");
    return [
      { id: a.id, attempts: 1, duration: 7, kind: "done", result: json(1) },
      { id: b.id, attempts: 1, duration: 70, kind: "fail", error: taskError() },
      { id: c.id, attempts: 1, duration: 700_000, kind: "retry", error: taskError(), retryAt: LATER },
      { id: d.id, attempts: 1, duration: 1, kind: "release", until: LATER },
    ];
  };
  const COUNTS = {
    queue: "mail",
    started: 4,
    succeeded: 1,
    failed: 1,
    retried: 1,
    duration: 700_077,
    durations: [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3],
  };

  describe("history", () => {
    it("counts by queue and minute how attempts ended and how long they took, and a total", async () => {
      await context.storage().settleMany(await endSome(), NOW, true);
      const { history } = await context.reader();
      expect(await history.read(ALL)).toEqual([{ ...COUNTS, minute: NOW }]);
      expect(await history.totals()).toEqual([COUNTS]);
    });

    it("adds what ends later: to its own minute, and to the total", async () => {
      await context.storage().settleMany(await endSome(), NOW, true);
      await context.storage().settleMany(await endSome(), NOW + 59_999, true);
      await context.storage().settleMany(await endSome(), NOW + MINUTE, true);
      const { history } = await context.reader();
      const points = await history.read(ALL);
      expect(points.map(({ minute, succeeded }) => [minute, succeeded])).toEqual([
        [NOW, 2],
        [NOW + MINUTE, 1],
      ]);
      expect(points[0]?.durations).toEqual(COUNTS.durations.map((count) => 2 * count));
      expect((await history.totals())[0]).toMatchObject({ succeeded: 3, failed: 3, duration: 3 * 700_077 });
    });

    it("counts nothing where it is not asked for", async () => {
      await context.storage().settleMany(await endSome(), NOW);
      expect(await (await context.reader()).history.totals()).toEqual([]);
    });

    it("counts nothing of an attempt whose lease is lost", async () => {
      const settlements = await endSome();
      await context.storage().cancel(settlements[0]?.id ?? "", NOW);
      await context.storage().settleMany(settlements, NOW, true);
      expect((await (await context.reader()).history.totals())[0]).toMatchObject({ succeeded: 0, failed: 1 });
    });

    it("counts nothing twice where the reply is lost and the batch is sent again", async () => {
      const settlements = await endSome();
      await context.faulty(lostReply).settleMany(settlements, NOW, true);
      await context.storage().settleMany(settlements, NOW, true);
      expect(await (await context.reader()).history.totals()).toEqual([COUNTS]);
    });

    it("counts a rescued task by what becomes of it, with no duration", async () => {
      await context.start({ queue: "mail" });
      await context.storage().rescueMany(LATER, () => 0, true);
      const [counts] = await (await context.reader()).history.totals();
      expect(counts).toMatchObject({ queue: "mail", failed: 0, retried: 1, duration: 0 });
      expect(counts?.durations).toEqual(COUNTS.durations.map(() => 0));
    });

    it("reads a range, a queue, and on from a point", async () => {
      for (const [queue, at] of [
        ["a", 0],
        ["a", HOUR],
        ["b", 0],
        ["b", HOUR],
      ] as const) {
        await context.storage().settleMany(await endSome(queue), NOW + at, true);
      }
      const { history } = await context.reader();
      const read = async (range: Partial<Parameters<typeof history.read>[0]>) =>
        (await history.read({ ...ALL, ...range })).map(({ queue, minute }) => [queue, minute - NOW]);
      expect(await read({})).toEqual([
        ["a", 0],
        ["a", HOUR],
        ["b", 0],
        ["b", HOUR],
      ]);
      expect(await read({ to: NOW + HOUR })).toEqual([
        ["a", 0],
        ["b", 0],
      ]);
      expect(await read({ from: NOW + 1, queue: "b" })).toEqual([["b", HOUR]]);
      expect(await read({ after: { queue: "a", minute: NOW } })).toEqual([
        ["a", HOUR],
        ["b", 0],
        ["b", HOUR],
      ]);
      expect(await read({ queue: "b", after: { queue: "b", minute: NOW } })).toEqual([["b", HOUR]]);
    });

    it("forgets old minutes, never the total", async () => {
      await context.storage().settleMany(await endSome(), NOW, true);
      await context.storage().settleMany(await endSome(), NOW + HOUR, true);
      await context.storage().history.purge(NOW + MINUTE);
      const { history } = await context.reader();
      expect((await history.read(ALL)).map(({ minute }) => minute)).toEqual([NOW + HOUR]);
      expect((await history.totals())[0]).toMatchObject({ succeeded: 2 });
    });
    it("keeps what waits and how long the most overdue was due, once a minute", async () => {
      await context.enqueue({ eta: NOW - HOUR, queue: "late" });
      await context.enqueue({ eta: NOW - MINUTE, queue: "mail", priority: 0 });
      await context.enqueue({ eta: LATER });
      await context.storage().history.recordBacklog(NOW + 1);
      await context.enqueue();
      await context.faulty(lostReply).history.recordBacklog(NOW + 59_999);
      await context.storage().history.recordBacklog(NOW + MINUTE);
      const { explorer } = await context.reader();
      const points = await explorer.backlogAt([NOW - MINUTE, NOW, NOW + MINUTE]);
      expect(points.toSorted((a, b) => a.minute - b.minute)).toEqual([
        { minute: NOW, waiting: 3, oldestAge: HOUR + 1 },
        { minute: NOW + MINUTE, waiting: 4, oldestAge: HOUR + MINUTE },
      ]);
    });

    it("keeps that nothing waits, and counts to 1,000", async () => {
      await context.storage().history.recordBacklog(NOW);
      await context.enqueueMany(1_001, { eta: LATER });
      await context.storage().history.recordBacklog(NOW + MINUTE);
      const { explorer } = await context.reader();
      expect(await explorer.backlogAt([NOW])).toEqual([{ minute: NOW, waiting: 0, oldestAge: null }]);
      expect(await explorer.backlogAt([NOW + MINUTE])).toMatchObject([{ waiting: 1_000, oldestAge: null }]);
    });

    it("forgets what waited in old minutes too", async () => {
      for (const at of [NOW, NOW + HOUR]) await context.storage().history.recordBacklog(at);
      await context.storage().history.purge(NOW + MINUTE);
      const { explorer } = await context.reader();
      expect(await explorer.backlogAt([NOW, NOW + HOUR])).toMatchObject([{ minute: NOW + HOUR }]);
    });
  });
}
