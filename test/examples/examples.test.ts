import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SqldServer, startSqld } from "../support/sqld.ts";
import { type Example, openExample, type Running } from "./example.ts";

const MINUTES = 120_000;

/** What every project of a Worker does: its types hold, it starts, and it runs a task that is posted to it. */
function itGreets(open: () => Running) {
  it("runs a task that is posted to it", async () => {
    const { call } = open();
    const json = { funcPath: "greet", kwargs: { name: "Ada" } };
    const { status, body } = await call("POST", "/v1/tasks", { json });
    expect(status).toBe(201);
    const ended = await call("GET", `/v1/tasks/${body.id}/result?wait=30s`);
    expect(ended.body).toMatchObject({ status: "SUCCESS", result: { greeting: "Hello, Ada!" } });
  }, 60_000);
}

const isHealthy = ({ call }: Running) =>
  call("GET", "/healthz").then(
    ({ status }) => status === 200,
    () => false,
  );

describe("a Worker with D1", () => {
  let example: Example;
  let running: Running;
  beforeAll(async () => {
    example = await openExample("worker-d1");
    example.run("check");
    running = await example.start();
    await running.until(() => isHealthy(running));
  }, MINUTES);
  afterAll(async () => {
    await running?.stop();
    await example?.remove();
  });

  itGreets(() => running);
});

describe("a Worker with Turso", () => {
  let database: SqldServer;
  let example: Example;
  let running: Running;
  beforeAll(async () => {
    database = await startSqld();
    example = await openExample("worker-turso");
    example.run("check");
    example.run("migrate", { OMNIQ_DB_URL: database.url });
    await writeFile(join(example.path, ".dev.vars"), `OMNIQ_AUTH=none\nOMNIQ_DB_URL=${database.url}\n`);
    running = await example.start();
    await running.until(() => isHealthy(running));
  }, MINUTES);
  afterAll(async () => {
    await running?.stop();
    await example?.remove();
    await database?.close();
  });

  itGreets(() => running);
});

describe("Node with a file", () => {
  let example: Example;
  beforeAll(async () => {
    example = await openExample("node-file");
    example.run("check");
  }, MINUTES);
  afterAll(() => example?.remove());

  it("runs the task that it enqueues", async () => {
    const running = await example.start();
    await running.until(() => running.output().includes("Hello, Ada!")).finally(() => running.stop());
  }, 60_000);
});

describe("an app that enqueues in its own D1 batch", () => {
  let example: Example;
  let running: Running;
  beforeAll(async () => {
    example = await openExample("own-batch");
    example.run("check");
    running = await example.start();
    await running.until(() => isHealthy(running));
  }, MINUTES);
  afterAll(async () => {
    await running?.stop();
    await example?.remove();
  });

  const receipts = async () => {
    const { body } = await running.call("GET", "/v1/tasks?funcPath=receipt.send");
    return body.tasks;
  };

  it("stores the order together with its task, which sends the receipt", async () => {
    const posted = await running.call("POST", "/orders", { json: { email: "ada@example.com", total: 4200 } });
    expect(posted.status).toBe(201);
    await running.until(async () => JSON.stringify(await receipts()).includes("SUCCESS"));
    expect(await receipts()).toMatchObject([{ kwargs: { orderId: posted.body.orderId }, status: "SUCCESS" }]);
  }, 60_000);

  it("stores neither where the order is refused", async () => {
    const posted = await running.call("POST", "/orders", { json: { email: "ada@example.com", total: 0 } });
    expect(posted.status).toBe(400);
    expect(await receipts()).toHaveLength(1);
  });
});

describe("an app that enqueues through a service binding", () => {
  let example: Example;
  let running: Running;
  beforeAll(async () => {
    example = await openExample("service-binding");
    example.run("check");
    running = await example.start();
    await running.until(() => running.output().includes("Ready on"));
  }, MINUTES);
  afterAll(async () => {
    await running?.stop();
    await example?.remove();
  });

  it("gets the result of the task that it enqueued", async () => {
    const { status, body } = await running.call("GET", "/?name=Grace");
    expect({ status, body }).toMatchObject({ status: 200, body: { result: { greeting: "Hello, Grace!" } } });
  }, 60_000);
});
