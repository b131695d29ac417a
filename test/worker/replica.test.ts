import { afterAll, beforeAll, describe, expect, it } from "vitest";
import main from "../../src/main.ts";
import { type Call, caller } from "../support/http.ts";
import { openLibsql } from "../support/libsql.ts";
import { type SqldServer, startSqld } from "../support/sqld.ts";

let primary: SqldServer;
let replica: SqldServer;
let call: Call;
beforeAll(async () => {
  primary = await startSqld();
  replica = await startSqld(primary);
  await openLibsql({ url: primary.url });
  const env = { OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none", OMNIQ_DB_URL: replica.url };
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  call = caller((request) => main.fetch(request, env, context));
  for (let tries = 0; tries < 200 && (await call("GET", "/healthz")).status !== 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
afterAll(() => Promise.all([replica.close(), primary.close()]));

// Reads through a replica are stale now and then, in about one of ten tries: enough rounds to meet it.
const ROUNDS = 80;

describe("a Worker whose libSQL server is a read replica", () => {
  it("finds the task that it has just stored, and the one that a duplicate met", async () => {
    const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
    for (let round = 0; round < ROUNDS; round++) {
      const options = { json: { ...json, uniqueKey: `round ${round}` } };
      const posted = await call("POST", "/v1/tasks", options);
      const read = await call("GET", `/v1/tasks/${posted.body.id}`);
      expect(read.status, read.text).toBe(200);
      const next = await call("POST", "/v1/tasks", { json: { ...json, uniqueKey: `other ${round}` } });
      const again = await call("POST", "/v1/tasks", { json: { ...json, uniqueKey: `other ${round}` } });
      expect(again.status, again.text).toBe(200);
      expect(again.body).toEqual({ ...next.body, duplicate: true });
      expect((await call("GET", `/v1/tasks/${next.body.id}/result`)).status).toBe(202);
    }
  }, 60_000);

  it("answers with a queue as it has just been set", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const settings = { paused: round % 2 === 0, concurrency: round + 1 };
      const { status, body } = await call("PUT", `/v1/queues/queue-${round % 40}`, { json: settings });
      expect(status).toBe(200);
      expect(body).toMatchObject({ name: `queue-${round % 40}`, depth: 0, running: 0, ...settings });
    }
  }, 60_000);
});
