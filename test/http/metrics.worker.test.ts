import { beforeEach, describe, expect, it } from "vitest";
import { Metrics } from "../../src/core/metrics.ts";
import { defineTask } from "../../src/core/registry.ts";
import { renderMetrics } from "../../src/http/metrics.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const work = defineTask<{ fails?: boolean }>("mail.send", {
  queue: "mail",
  maxRetries: 0,
  run: ({ fails }) => {
    if (fails) throw new Error("no");
  },
});

const database = await openD1();
beforeEach(() => database.clear());

/** Runs one task that succeeds and one that fails, by the kick of their enqueue. */
async function start(variables: { readonly OMNIQ_HISTORY?: string } = {}) {
  const worker = startWorker([work], {}, variables);
  const tasks = [{ funcPath: "mail.send" }, { funcPath: "mail.send", kwargs: { fails: true } }];
  await worker.call("POST", "/v1/tasks/batch", { json: { tasks } });
  await worker.settled();
  return worker;
}

describe("GET /metrics", () => {
  it("tells in Prometheus' text what the isolate has counted, and how the queues are", async () => {
    const { call } = await start();
    await call("POST", "/v1/tasks", { json: { funcPath: "mail.send", delay: "1h" } });
    await call("PUT", "/v1/queues/mail", { json: { paused: true } });
    const { status, headers, text } = await call("GET", "/metrics");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of [
      "# TYPE omniq_queue_depth gauge",
      'omniq_queue_depth{queue="mail"} 1',
      'omniq_queue_running{queue="mail"} 0',
      'omniq_queue_paused{queue="mail"} 1',
      "# TYPE omniq_tasks_started_total counter",
      'omniq_tasks_started_total{queue="mail"} 2',
      'omniq_tasks_succeeded_total{queue="mail"} 1',
      'omniq_tasks_failed_total{queue="mail"} 1',
      'omniq_tasks_retried_total{queue="mail"} 0',
      "# TYPE omniq_task_duration_seconds histogram",
      'omniq_task_duration_seconds_bucket{queue="mail",le="+Inf"} 2',
      'omniq_task_duration_seconds_count{queue="mail"} 2',
    ]) {
      expect(text.split("\n")).toContain(line);
    }
  });

  it("tells the totals of the history where that is on, whichever isolate ran the tasks", async () => {
    await start({ OMNIQ_HISTORY: "on" });
    const { call } = await start({ OMNIQ_HISTORY: "on" });
    const { text } = await call("GET", "/metrics");
    expect(text).toContain('omniq_tasks_succeeded_total{queue="mail"} 2\n');
    expect(text).toContain('omniq_tasks_failed_total{queue="mail"} 2\n');
    expect(text).toContain('omniq_task_duration_seconds_count{queue="mail"} 4\n');
    expect(text).toContain('omniq_tasks_started_total{queue="mail"} 4\n');
  });

  it("escapes what a label may not hold", () => {
    const metrics = new Metrics();
    const task = { id: "a", attempts: 1, funcPath: "f", queue: 'a "b"\\c' };
    metrics.note({ type: "task.started", task });
    expect(renderMetrics([], metrics.counts)).toContain(
      String.raw`omniq_tasks_started_total{queue="a \"b\"\\c"} 1`,
    );
  });
});

describe("GET /v1/history", () => {
  it("answers how attempts ended, by minute", async () => {
    const { call } = await start({ OMNIQ_HISTORY: "on" });
    const { status, body } = await call("GET", "/v1/history?queue=mail");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      points: [{ queue: "mail", succeeded: 1, failed: 1, retried: 0 }],
      cursor: null,
    });
    expect((await call("GET", "/v1/history?to=2020-01-01T00:00:00Z")).body).toEqual({
      points: [],
      cursor: null,
    });
  });

  it("is bounded to 1,500 points a page, with a cursor", async () => {
    const { call } = startWorker([work]);
    const list = JSON.stringify(minutes(2_000));
    await database.sql(
      "INSERT INTO history (queue, minute) SELECT 'mail', value * 60000 FROM json_each(?1)",
      list,
    );
    const range = "/v1/history?from=1&to=1000000000";
    const first = await call("GET", range);
    expect(first.body.points).toHaveLength(1_500);
    const rest = await call("GET", `${range}&cursor=${first.body.cursor}`);
    expect(rest.body).toMatchObject({ cursor: null });
    expect(rest.body.points).toHaveLength(500);
  });

  it.each(["from=soon", "from=2&to=1", "queue=", "cursor=x", "minutes=5"])("refuses ?%s", async (query) => {
    const { call } = startWorker([work]);
    expect((await call("GET", `/v1/history?${query}`)).status).toBe(400);
  });
});

function minutes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
