import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Call, caller } from "../support/http.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { freePort, type SqldServer, startSqld } from "../support/sqld.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

let servers: SqldServer[] = [];
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let child: ChildProcess;
let output = "";
let call: Call;

beforeAll(async () => {
  folder = await temporaryFolder();
  servers = [await startSqld(), await startSqld()];
  for (const { url } of servers) await openLibsql({ url });
  const [port, tasks, results] = [await freePort(), servers[0]?.url, servers[1]?.url];
  const variables = ["OMNIQ_AUTH:none", `OMNIQ_DB_URL:${tasks}`, `OMNIQ_RESULTS_DB_URL:${results}`];
  const argv = [
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    `${port}`,
    "--persist-to",
    folder.path,
    "--show-interactive-dev-session=false",
  ];
  const env = {
    ...process.env,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  child = spawn(process.execPath, [WRANGLER, ...argv, ...variables.flatMap((text) => ["--var", text])], {
    cwd: ROOT,
    env,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (data) => {
      output += data;
    });
  }
  call = caller((request) => {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(`http://127.0.0.1:${port}${pathname}${search}`, request));
  });
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const health = await call("GET", "/healthz").catch(() => null);
    if (health?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`expected the Worker to answer, and it did not:\n${output}`);
}, 90_000);

afterAll(async () => {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
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
