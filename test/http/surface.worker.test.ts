import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { StorageRejected } from "../../src/core/errors.ts";
import { d1Driver, d1Storage } from "../../src/storage/d1.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { add } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { type Fault, FaultyDriver } from "../support/faulty.ts";
import { caller } from "../support/http.ts";
import { intercepted } from "../support/intercept.ts";
import { startWorker } from "../support/worker.ts";

const refused: Fault = async () => {
  throw new StorageRejected("not authorized");
};

const secret: Fault = async () => {
  throw new StorageRejected("SQL logic error near secret");
};

/** Its sessions meet the faults too. */
class RefusingDriver extends FaultyDriver {
  override session() {
    return { driver: this, bookmark: () => null };
  }
}

/** The Worker that we deploy, as the platform itself calls it. */
const call = caller((request) => exports.default.fetch(request));
await openD1();
afterEach(() => vi.restoreAllMocks());

describe("GET /healthz", () => {
  it("answers 200 when the database answers with the right schema", async () => {
    expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it("answers 503 where the database is not migrated, and says what to run", async () => {
    const { call } = startWorker([], {}, { DB: env.RESULTS_DB });
    const { status, body } = await call("GET", "/healthz");
    expect(status).toBe(503);
    expect(body).toMatchObject({
      code: "schema_missing",
      detail: expect.stringContaining("wrangler d1 migrations apply"),
    });
    expect(body.detail).toContain("it lacks tasks, results");
  });

  it("answers 503 where a single index is missing, and names it", async () => {
    await env.DB.exec("DROP INDEX tasks_held_idx");
    const { status, body } = await call("GET", "/healthz");
    await env.DB.exec(
      "CREATE INDEX tasks_held_idx ON tasks (held, queue, eta) WHERE status IN ('PENDING', 'RETRYING') AND held > 0",
    );
    expect(status).toBe(503);
    expect(body.detail).toContain("it lacks tasks_held_idx");
    expect((await call("GET", "/healthz")).status).toBe(200);
  });

  it("answers 503 where the database refuses to answer, and says why", async () => {
    const { call } = startWorker([], {
      storage: ({ DB }) => new SqliteStorage(new RefusingDriver(d1Driver(DB), [refused])),
    });
    const { status, body } = await call("GET", "/healthz");
    expect(status).toBe(503);
    expect(body.detail).toContain("not authorized");
  });

  it("answers 503 with the variable at fault where the configuration is bad", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const { call } = startWorker([], {}, { OMNIQ_QUERY_BUDGET: "a secret" });
    const { status, body, text } = await call("GET", "/healthz");
    expect(status).toBe(503);
    expect(body).toMatchObject({
      code: "invalid_config",
      field: "OMNIQ_QUERY_BUDGET",
      detail: expect.stringContaining("expected OMNIQ_QUERY_BUDGET to be an integer from 20 to 1000000"),
    });
    expect(text).not.toContain("a secret");
    expect(error.mock.calls.flat().join()).toContain("OMNIQ_QUERY_BUDGET");
  });
});

describe("a database that is not migrated", () => {
  it.each([
    ["POST", "/v1/tasks", { funcPath: "sample.add", kwargs: { a: 1, b: 2 } }],
    ["GET", "/v1/tasks", undefined],
    ["GET", "/v1/tasks/018f0000-06bb-7e37-a6ed-ea59e3b6fd64/result", undefined],
    ["GET", "/v1/queues", undefined],
    ["DELETE", "/v1/results?olderThan=1d", undefined],
  ])("answers 503 to %s %s and says what to run", async (method, path, json) => {
    const { call } = startWorker([add], {}, { DB: env.RESULTS_DB });
    const { status, headers, body } = await call(method, path, { json });
    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(body).toMatchObject({
      code: "schema_missing",
      detail: expect.stringContaining("wrangler d1 migrations apply"),
    });
  });
});

describe("everything else", () => {
  it.each([
    ["GET", "/"],
    ["GET", "/v1"],
    ["GET", "/v1/task"],
    ["GET", "/v1/tasks/"],
    ["POST", "/v1"],
    ["OPTIONS", "/"],
    ["GET", "/v1/../v1/nothing"],
    ["GET", "/favicon.ico"],
  ])("answers 404 as problem+json to %s %s", async (method, path) => {
    const { status, headers, body } = await call(method, path);
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      type: "urn:omniq:problem:not_found",
      title: "not found",
      status: 404,
      code: "not_found",
    });
  });

  it("answers 415 to a body without a content type", async () => {
    const { status, body } = await call("POST", "/v1/tasks", { raw: "{}", headers: { "content-type": "" } });
    expect({ status, ...body }).toMatchObject({ status: 415, field: "Content-Type", got: '"none"' });
  });

  it("answers HEAD as GET, without the body", async () => {
    const head = await call("HEAD", "/v1/tasks");
    expect(head).toMatchObject({ status: 200, text: "" });
    expect((await call("HEAD", "/v1/tasks/018f0000-06bb-7e37-a6ed-ea59e3b6fd64")).status).toBe(404);
  });
});

describe("a database that takes no more", () => {
  it.each([
    "D1_ERROR: database or disk is full: SQLITE_FULL",
    "D1_ERROR: Exceeded maximum DB size",
    "D1_ERROR: Your account has exceeded D1's free tier daily row write limit.",
  ])("answers 507 to what it would have to store, and serves what it has: %s", async (message) => {
    const DB = intercepted(env.DB, (statements, send) => {
      if (statements.some(({ sql }) => /INSERT|UPDATE|DELETE/.test(sql))) throw new Error(message);
      return send();
    });
    const { call } = startWorker([add], {}, { DB });
    const task = { funcPath: "sample.add", kwargs: { a: 1, b: 2 } };
    for (const [method, path, json] of [
      ["POST", "/v1/tasks", task],
      ["POST", "/v1/tasks/batch", { tasks: [task] }],
      ["PUT", "/v1/queues/mail", { paused: true }],
    ] as const) {
      const { status, body } = await call(method, path, { json });
      expect({ status, ...body }).toMatchObject({ status: 507, code: "storage_full" });
      expect(body.detail).toContain("full, read-only or at a limit of its plan");
    }
    expect((await call("GET", "/v1/tasks")).body).toEqual({ tasks: [], cursor: null });
    expect((await call("GET", "/healthz")).status).toBe(200);
  });
});

describe("an error that is not the caller's", () => {
  it.each([
    [
      "one of the code",
      () => {
        throw new Error("secret in /srv/app.ts");
      },
    ],
    ["a binding that is no D1", () => d1Storage(JSON.parse('{"secret": 1}'))],
    [
      "one of the database",
      ({ DB }: { DB: D1Database }) => new SqliteStorage(new RefusingDriver(d1Driver(DB), [secret])),
    ],
  ])("answers 500 without inside information, and is logged: %s", async (_, storage) => {
    const error = vi.spyOn(console, "error").mockImplementation(() => {});
    const { call } = startWorker([], { storage }, { OMNIQ_LOG_LEVEL: "error" });
    const { status, text, body } = await call("GET", "/v1/tasks");
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: "internal_error" });
    expect(text).not.toMatch(/secret|srv|app\.ts|SQL| at /);
    expect(error.mock.calls.flat().join()).toMatch(/secret|withSession is not a function/);
  });
});
