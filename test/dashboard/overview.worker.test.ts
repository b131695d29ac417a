import { beforeEach, describe, expect, it } from "vitest";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { refresh, visit } from "./browser.ts";

const MINUTE = 60_000;
const database = await openD1();
beforeEach(() => database.clear());
const { call } = startWorker([]);

/** Minutes of history, the last of them now. */
async function fillHistory(queues: number, minutes: number): Promise<void> {
  const now = Math.floor(Date.now() / MINUTE) * MINUTE;
  await database.sql(
    `INSERT INTO history (queue, minute, started, succeeded, failed, durations)
    SELECT 'queue ' || q.value, ?3 - m.value * 60000, 3, 2, 1, json_array(0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3)
    FROM json_each(?1) q CROSS JOIN json_each(?2) m`,
    JSON.stringify(Array.from({ length: queues }, (_, index) => index)),
    JSON.stringify(Array.from({ length: minutes }, (_, index) => index)),
    now,
  );
}

describe("the overview", () => {
  it("says how to have a history where there is none", async () => {
    const { status, text } = await visit(call, "/overview");
    expect(status).toBe(200);
    expect(text).toContain("OMNIQ_HISTORY=on");
    expect(text).toContain('data-charts=""');
    const charts = [...text.matchAll(/data-chart="(\w+)"/g)].map(([, name]) => name);
    // These need none: the page draws them while it is open.
    expect(charts).toEqual(["depth", "age"]);
  });

  it("has charts where there is one, and offers its queues", async () => {
    await fillHistory(2, 1);
    const { text } = await visit(call, "/overview?range=day&queue=queue+1");
    for (const name of ["throughput", "failures", "duration", "depth", "age"]) {
      expect(text).toContain(`data-chart="${name}"`);
      expect(text).toContain(`data-table="${name}"`);
    }
    expect(text).toContain('data-charts="overview/data?range=day&amp;queue=queue+1"');
    expect(text).toMatch(/<option value="queue 1" selected=""/);
  });

  it("tells how things stand, and is refreshed by that alone", async () => {
    await database.sql(
      "INSERT INTO tasks (id, func_path, eta, created_at, updated_at) VALUES ('a', 'f', 1, 1, 1)",
    );
    const { text } = await refresh(call, "/overview");
    expect(text).toMatch(/^<div id="standing" class="live"/);
    expect(text).toMatch(/Waiting<\/a><\/dt><dd><strong>1</);
    expect(text).toContain("in default");
    expect(text).toContain('href="tasks?status=PENDING&amp;queue=default"');
  });

  it("gives the charts an hour, minute by minute", async () => {
    await fillHistory(2, 3);
    const { body } = await call("GET", "/overview/data");
    expect(body).toMatchObject({ every: 1 });
    expect(body.succeeded).toHaveLength(60);
    expect((body.succeeded as number[]).reduce((sum, count) => sum + count)).toBe(12);
    const one = (await call("GET", "/overview/data?queue=queue+1")).body;
    expect((one.failed as number[]).reduce((sum, count) => sum + count)).toBe(3);
    expect((one.p50 as number[]).at(-1)).toBe(30);
  });

  it("gives them a day of one queue minute by minute, and of many from some of its minutes", async () => {
    await fillHistory(3, 400);
    const total = async (search: string) => {
      const { body } = await call("GET", `/overview/data?range=day&${search}`);
      const attempts = (body.succeeded as number[]).reduce((sum, count) => sum + count * 15, 0);
      return [body.every, (body.times as number[]).length, attempts];
    };
    expect(await total("queue=queue+1")).toEqual([1, 96, 800]);
    const [every, points, attempts] = await total("");
    expect([every, points]).toEqual([15, 96]);
    expect(Math.abs(Number(attempts) - 2_400)).toBeLessThanOrEqual(240);
  });

  it("gives them a day of many queues minute by minute where few minutes have anything", async () => {
    await fillHistory(5, 7);
    const { body } = await call("GET", "/overview/data?range=day");
    expect(body.every).toBe(1);
    expect((body.succeeded as number[]).reduce((sum, count) => sum + count * 15, 0)).toBe(70);
  });

  it("gives them what waited as each point began, and nothing where nobody kept it", async () => {
    await fillHistory(1, 2);
    const now = Math.floor(Date.now() / (15 * MINUTE)) * 15 * MINUTE;
    await database.sql(
      "INSERT INTO backlog (minute, waiting, oldest_age) VALUES (?1, 7, 90500), (?2, 0, NULL)",
      now,
      now - 15 * MINUTE,
    );
    const { body } = await call("GET", "/overview/data?range=day&queue=queue+0");
    const [depth, age] = [body.depth as (number | null)[], body.age as (number | null)[]];
    expect(depth).toHaveLength(96);
    expect([depth.slice(-2), age.slice(-2)]).toEqual([
      [0, 7],
      [0, 90.5],
    ]);
    expect(depth.slice(0, -2).every((value) => value === null)).toBe(true);
  });

  it("shows no data to who has not signed in", async () => {
    const { call } = startWorker([], {}, { OMNIQ_AUTH: "keys" });
    expect((await call("GET", "/overview/data")).status).toBe(303);
  });
});
