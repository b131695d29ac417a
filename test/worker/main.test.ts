import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import main from "../../src/main.ts";
import { caller } from "../support/http.ts";
import { openLibsql } from "../support/libsql.ts";
import { type SqldServer, startSqld } from "../support/sqld.ts";

let server: SqldServer;
beforeAll(async () => {
  server = await startSqld();
  await openLibsql({ url: server.url });
});
afterAll(() => server.close());

const waiting: Promise<unknown>[] = [];
const context = {
  waitUntil: (promise: Promise<unknown>) => void waiting.push(promise),
  passThroughOnException: () => {},
  props: {},
};
const open = (variables: object) => {
  const env = { OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none", ...variables };
  return { env, call: caller((request) => main.fetch(request, env, context)) };
};

describe("the Worker that we deploy, on libSQL", () => {
  it("is chosen by OMNIQ_BACKEND or by OMNIQ_DB_URL alone, and runs what is enqueued", async () => {
    for (const variables of [
      { OMNIQ_BACKEND: "libsql", OMNIQ_DB_URL: server.url },
      { OMNIQ_DB_URL: server.url },
    ]) {
      const { call } = open(variables);
      expect((await call("GET", "/healthz")).status).toBe(200);
      const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 } };
      const { status, headers, body } = await call("POST", "/v1/tasks", { json });
      expect(status).toBe(201);
      expect(headers.get("x-d1-bookmark")).toBeNull();
      expect((await call("GET", `/v1/tasks/${body.id}/result?wait=10s`)).body).toMatchObject({
        result: { sum: 3 },
      });
      await Promise.all(waiting.splice(0));
    }
  });

  it("answers 503 while the server is down, and recovers by itself when it is back", async () => {
    const { call } = open({ OMNIQ_DB_URL: server.url });
    await server.kill();
    const down = await call("GET", "/healthz");
    expect(down.status).toBe(503);
    expect(down.body).toMatchObject({
      code: "storage_unavailable",
      detail: expect.stringContaining("unavailable"),
    });
    const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
    expect((await call("POST", "/v1/tasks", { json })).status).toBe(503);
    await server.start();
    expect((await call("GET", "/healthz")).status).toBe(200);
    expect((await call("POST", "/v1/tasks", { json })).status).toBe(201);
  });

  it("answers 503 where the server is not migrated, and says what to run", async () => {
    const empty = await startSqld();
    const { status, body } = await open({ OMNIQ_DB_URL: empty.url }).call("GET", "/healthz");
    await empty.close();
    expect(status).toBe(503);
    expect(body).toMatchObject({
      code: "schema_missing",
      detail: expect.stringContaining("npx omniq migrate"),
    });
  });

  it.each([
    ["OMNIQ_DB_URL", { OMNIQ_DB_URL: "libsql://" }],
    ["OMNIQ_DB_URL", { OMNIQ_DB_URL: "libsql://host:port?authToken=secret" }],
    [
      "OMNIQ_RESULTS_DB_URL",
      { OMNIQ_DB_URL: "http://127.0.0.1:1", OMNIQ_RESULTS_DB_URL: "libsql://h?what=secret" },
    ],
    ["OMNIQ_DB_URL", { OMNIQ_DB_URL: "postgres://secret@host" }],
    ["DB", {}],
  ])("says that %s cannot be used: %j", async (variable, variables) => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const { status, text, body } = await open(variables).call("GET", "/healthz");
    const logged = error.mock.calls.flat().join();
    error.mockRestore();
    expect(status).toBe(503);
    expect(body).toMatchObject({
      code: "invalid_config",
      detail: expect.stringContaining(`expected ${variable} to be`),
    });
    expect(logged).toContain(variable);
    expect(text + logged).not.toContain("secret");
  });
});
