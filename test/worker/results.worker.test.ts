import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { d1Driver, d1Storage } from "../../src/storage/d1.ts";
import { add, flaky } from "../../src/tasks.ts";
import { counted, openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { describeResultsElsewhere } from "./results/suite.ts";

const open = async () => ({ tasks: await openD1(env.DB), results: await openD1(env.RESULTS_DB) });

describeResultsElsewhere("D1 beside D1", open);

describe("a Worker with its results in a second D1 database", async () => {
  const { tasks, results } = await open();
  const [first, second] = [counted(env.DB), counted(env.RESULTS_DB)];
  const { call, settled, tick } = startWorker(
    [add, flaky],
    {
      cronDeadline: 300,
      storage: ({ DB, RESULTS_DB }) => d1Storage(DB, { results: RESULTS_DB && d1Driver(RESULTS_DB) }),
    },
    { DB: first.binding, RESULTS_DB: second.binding },
  );
  beforeEach(async () => {
    await tasks.clear();
    await results.clear();
  });

  it("runs tasks, serves their results, and keeps them there", async () => {
    const good = await call("POST", "/v1/tasks", {
      json: { funcPath: "sample.add", kwargs: { a: 1, b: 2 } },
    });
    const bad = { funcPath: "sample.flaky", kwargs: { failures: 9 }, maxRetries: 0 };
    const failed = await call("POST", "/v1/tasks", { json: bad });
    await settled();
    const read = async (id: unknown) => (await call("GET", `/v1/tasks/${id}/result`)).body;
    expect(await read(good.body.id)).toMatchObject({ status: "SUCCESS", result: { sum: 3 } });
    expect(await read(failed.body.id)).toMatchObject({
      status: "FAILED",
      error: { message: "failure 1 of 9, as told" },
    });
    expect(await tasks.sql("SELECT * FROM results")).toEqual([]);
    expect(await results.sql("SELECT status FROM results ORDER BY status")).toEqual([
      { status: "FAILED" },
      { status: "SUCCESS" },
    ]);
    const retried = await call("POST", `/v1/tasks/${failed.body.id}/retry`);
    expect(retried.status).toBe(200);
    await settled();
    await tick();
    expect(await read(failed.body.id)).toMatchObject({ status: "FAILED", attempts: 2 });
  });

  it("waits for a result with at most 12 queries to both", async () => {
    const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h", interval: "1h" };
    const { body } = await call("POST", "/v1/tasks", { json });
    first.reset();
    second.reset();
    expect((await call("GET", `/v1/tasks/${body.id}/result?wait=2s`)).status).toBe(202);
    expect(first.rows.queries).toBeGreaterThan(1);
    expect(first.rows.queries + second.rows.queries).toBeLessThanOrEqual(12);
  });

  it("answers 503 where the second database is not migrated, and says what it lacks", async () => {
    await env.RESULTS_DB.exec("ALTER TABLE results RENAME TO results_gone");
    const { status, body } = await call("GET", "/healthz");
    await env.RESULTS_DB.exec("ALTER TABLE results_gone RENAME TO results");
    expect(status).toBe(503);
    expect(body.detail).toContain("it lacks results");
  });
});
