import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call } from "../support/http.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { ServerProcess } from "../support/server.ts";
import { freePort, type SqldServer, startSqld } from "../support/sqld.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

let servers: SqldServer[] = [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let worker: ServerProcess;
let call: Call;

beforeAll(async () => {
  folder = await temporaryFolder();
  servers = [await startSqld(), await startSqld()];
  for (const { url } of servers) await openLibsql({ url });
  const [port, tasks, results] = [await freePort(), servers[0]?.url, servers[1]?.url];
  const variables = ["OMNIQ_AUTH:none", `OMNIQ_DB_URL:${tasks}`, `OMNIQ_RESULTS_DB_URL:${results}`];
  const argv = [
    WRANGLER,
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--persist-to",
    folder.path,
    "--show-interactive-dev-session=false",
    ...variables.flatMap((text) => ["--var", text]),
  ];
  const env = {
    ...process.env,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  worker = new ServerProcess(argv, port, { cwd: ROOT, env });
  call = worker.call;
  await worker.healthy();
}, 90_000);

afterAll(async () => {
  await worker.end("SIGTERM");
  for (const server of servers) await server.close();
  await folder.remove();
}, 30_000);

describe("the bundle that wrangler makes, in workerd, on two libSQL servers", () => {
  it("runs a task, and keeps its result in the second", async () => {
    const posted = await call("POST", "/v1/tasks", {
      json: { funcPath: "sample.add", kwargs: { a: 1, b: 2 } },
    });
    expect(posted.status, posted.text).toBe(201);
    const { status, body } = await call("GET", `/v1/tasks/${posted.body.id}/result?wait=20s`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "SUCCESS", result: { sum: 3 } });
    const [tasks, results] = await Promise.all(servers.map(({ url }) => openLibsql({ url, migrate: false })));
    const sql = "SELECT task_id FROM results";
    expect(await tasks?.sql(sql)).toEqual([]);
    expect(await results?.sql(sql)).toEqual([{ task_id: posted.body.id }]);
  });

  it("answers 503 while the database is down, and recovers by itself", async () => {
    await servers[0]?.kill();
    expect(await call("GET", "/healthz")).toMatchObject({
      status: 503,
      body: { code: "storage_unavailable" },
    });
    await servers[0]?.start();
    expect((await call("GET", "/healthz")).status).toBe(200);
  });
});
