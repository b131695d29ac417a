import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SqldServer, startSqld } from "../support/sqld.ts";
import { type Example, openExample, type Running } from "./example.ts";

const isHealthy = ({ call }: Running) =>
  call("GET", "/healthz").then(
    ({ status }) => status === 200,
    () => false,
  );

/**
 * Checks the types of a project and starts it, for the tests of its `describe`.
 *
 * @param prepare what else its README has one do before the start
 * @param isReady tells that it serves. Defaults to asking the API whether it is well
 * @returns gives the project as it runs
 */
function serving(
  name: string,
  prepare: (example: Example) => Promise<void> = async () => {},
  isReady: (running: Running) => Promise<boolean> | boolean = isHealthy,
): () => Running {
  let example: Example | undefined;
  let running: Running | undefined;
  beforeAll(async () => {
    example = await openExample(name);
    example.run("check");
    await prepare(example);
    const started = await example.start();
    running = started;
    await started.until(() => isReady(started));
  }, 120_000);
  afterAll(async () => {
    await running?.stop();
    await example?.remove();
  });
  return () => {
    if (running === undefined) throw new Error("expected the project to have started");
    return running;
  };
}

/** What a project of a Worker does with its sample task. */
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

describe("a Worker with D1", () => {
  itGreets(serving("worker-d1"));
});

describe("a Worker with Turso", () => {
  let database: SqldServer | undefined;
  afterAll(() => database?.close());

  itGreets(
    serving("worker-turso", async (example) => {
      database = await startSqld();
      const { url } = database;
      example.run("migrate", { OMNIQ_DB_URL: url });
      await writeFile(join(example.path, ".dev.vars"), `OMNIQ_AUTH=none\nOMNIQ_DB_URL=${url}\n`);
    }),
  );
});

describe("Node with a file", () => {
  const open = serving(
    "node-file",
    async () => {},
    ({ output }) => output().includes("Hello, Ada!"),
  );

  it("runs the task that it enqueues, and goes on", () => {
    expect(open().output()).toContain("Hello, Ada!");
  });
});

describe("an app that enqueues in its own D1 batch", () => {
  const open = serving("own-batch");
  const receipts = async () => (await open().call("GET", "/v1/tasks?funcPath=receipt.send")).body.tasks;

  it("stores the order together with its task, which sends the receipt", async () => {
    const json = { email: "ada@example.com", total: 4200 };
    const posted = await open().call("POST", "/orders", { json });
    expect(posted.status).toBe(201);
    await open().until(async () => JSON.stringify(await receipts()).includes("SUCCESS"));
    expect(await receipts()).toMatchObject([{ kwargs: { orderId: posted.body.orderId }, status: "SUCCESS" }]);
  }, 60_000);

  it("stores neither where the order is refused", async () => {
    const posted = await open().call("POST", "/orders", { json: { email: "ada@example.com", total: 0 } });
    expect(posted.status).toBe(400);
    expect(await receipts()).toHaveLength(1);
  });
});

describe("an app that enqueues through a service binding", () => {
  const open = serving(
    "service-binding",
    async () => {},
    ({ output }) => output().includes("Ready on"),
  );

  it("gets the result of the task that it enqueued", async () => {
    const { status, body } = await open().call("GET", "/?name=Grace");
    expect({ status, body }).toMatchObject({ status: 200, body: { result: { greeting: "Hello, Grace!" } } });
  }, 60_000);
});
