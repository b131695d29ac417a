import { createClient } from "@libsql/client";
import { Hono } from "hono";
import { afterAll, describe, expect, it } from "vitest";
import { SILENT } from "../../src/core/log.ts";
import { createQueue } from "../../src/core/queue.ts";
import { createApi, parseKeys } from "../../src/http/index.ts";
import { createRunner } from "../../src/node/index.ts";
import { LibsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { add } from "../../src/tasks.ts";
import { caller } from "../support/http.ts";
import { temporaryFolder } from "../support/libsql.ts";

const folder = await temporaryFolder();
const storage = libsqlStorage({ url: `file:${folder.path}/queue.db` });
await storage.initialize();
const runner = createRunner({ storage, tasks: [add], signals: false, log: SILENT });
const running = runner.run();
afterAll(async () => {
  await runner.stop();
  await running;
  await folder.remove();
});

// The digest is that of the key "secret".
const keys = parseKeys("ci:admin:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
const app = new Hono();
app.get("/", (context) => context.text("the app's own"));
for (const path of ["/queue", "/of/:tenant"]) {
  app.route(
    path,
    createApi(() => ({ queue: runner.queue, keys })),
  );
}
const call = caller((request) => app.fetch(request), { authorization: "Bearer secret" });

describe("the API over a libSQL file that is full", () => {
  it("answers 507 to a task, and stores one when there is room again", async () => {
    const url = `file:${folder.path}/full.db`;
    const client = createClient({ url, concurrency: 1, intMode: "number" });
    const storage = new SqliteStorage(new LibsqlDriver(() => client, { url }));
    await storage.initialize();
    const queue = createQueue({ storage, tasks: [add] });
    const call = caller((request) => createApi(() => ({ queue, keys: null })).fetch(request));
    const post = () =>
      call("POST", "/v1/tasks/batch", {
        json: {
          tasks: Array.from({ length: 100 }, () => ({ funcPath: "sample.add", kwargs: { a: 1, b: 2 } })),
        },
      });
    await client.execute("PRAGMA max_page_count = 1");
    expect(await post()).toMatchObject({ status: 507, body: { code: "storage_full" } });
    await client.execute("PRAGMA max_page_count = 100000");
    expect((await post()).status).toBe(201);
  });
});

describe("the API under a path of another app, over a runner's queue", () => {
  it("runs what is posted, and says where it is", async () => {
    const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 } };
    const { status, body, headers } = await call("POST", "/queue/v1/tasks", { json });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe(`/queue/v1/tasks/${body.id}`);
    const result = await call("GET", `${headers.get("location")}/result?wait=20s`);
    expect(result).toMatchObject({ status: 200, body: { result: { sum: 3 } } });
  });

  it.each(["%E4%B8%AD", "%0A", "%C3%A9", "a%25"])(
    "says where a task is under a path that is encoded: %s",
    async (tenant) => {
      const json = { funcPath: "sample.add", kwargs: { a: 1, b: 2 } };
      const { status, body, headers } = await call("POST", `/of/${tenant}/v1/tasks`, { json });
      expect(status).toBe(201);
      const location = headers.get("location") ?? "";
      expect(location).toBe(`/of/${tenant}/v1/tasks/${body.id}`);
      expect((await call("GET", location)).body.id).toBe(body.id);
    },
  );

  it("refuses what is nested deep, with an Idempotency-Key too", async () => {
    const task = `{"funcPath": "sample.add", "args": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    for (const [path, raw] of [
      ["/queue/v1/tasks", task],
      ["/queue/v1/tasks/batch", `{"tasks": [${task}]}`],
    ] as const) {
      const { status, body } = await call("POST", path, { raw, headers: { "idempotency-key": "order-7" } });
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "not_serializable", expected: "nested at most 100 deep" });
    }
  });

  it("keeps names with an escape, which V8 takes for others that it has read before", async () => {
    for (const name of ["\\", "\n", '"', "\u0000"]) {
      const kwargs = { a: 1, b: 2, [name]: name };
      const { body } = await call("POST", "/queue/v1/tasks", { json: { funcPath: "sample.add", kwargs } });
      expect(body.kwargs).toEqual(kwargs);
      expect((await call("GET", `/queue/v1/tasks/${body.id}`)).body.kwargs).toEqual(kwargs);
    }
  });

  it("answers its own errors, and leaves the app its own routes", async () => {
    const missing = await call("GET", "/queue/v1/nothing");
    expect(missing).toMatchObject({ status: 404, body: { code: "not_found", got: '"/queue/v1/nothing"' } });
    const anonymous = caller((request) => app.fetch(request));
    expect(await anonymous("GET", "/queue/v1/tasks")).toMatchObject({ status: 401 });
    expect(await anonymous("GET", "/queue/v1/nothing")).toMatchObject({ status: 401 });
    expect(await anonymous("GET", "/queue/healthz")).toMatchObject({ status: 200 });
    expect(await anonymous("GET", "/")).toMatchObject({ status: 200, text: "the app's own" });
    expect(await anonymous("GET", "/else")).toMatchObject({ status: 404, text: "404 Not Found" });
  });
});
