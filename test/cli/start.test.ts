import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Call } from "../support/http.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { ServerProcess } from "../support/server.ts";
import { freePort } from "../support/sqld.ts";
import { spawnOmniq } from "./context.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let script: ServerProcess;
let call: Call;
let origin: string;

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");

/** The processes that the script started, by the state folder that each of them is given. */
async function processes(): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map((pid) => read(pid, "environ")));
  return pids.filter((_, index) => lines[index]?.includes(folder.path));
}

/** That one of them whose command has this in it. */
async function processOf(command: string): Promise<number> {
  for (const pid of await processes()) if ((await read(pid, "cmdline")).includes(command)) return pid;
  throw new Error(`expected a process of ${command}, and there was none`);
}

beforeAll(async () => {
  folder = await temporaryFolder();
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const env = { ...process.env, PORT: String(port), OMNIQ_STATE_DIR: folder.path };
  script = new ServerProcess([SCRIPT], port, { env });
  call = script.call;
  await script.until(() => script.output.includes("OmniQ is ready on") || script.ended);
}, 130_000);

afterAll(async () => {
  await script.end("SIGKILL");
  await folder.remove();
});

describe("npm start", () => {
  it("migrates, serves, and prints three curl lines to try", async () => {
    expect(script.output.match(/^ {2}curl /gm)).toHaveLength(3);
    expect(await call("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  it("runs a task that is posted", async () => {
    const posted = await call("POST", "/v1/tasks", {
      json: { funcPath: "sample.add", kwargs: { a: 1, b: 2 } },
    });
    expect(posted.status).toBe(201);
    const { status, body } = await call("GET", `/v1/tasks/${posted.body.id}/result?wait=30s`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: "SUCCESS", result: { sum: 3 } });
  }, 60_000);

  it("is reached by the command, whose doctor finds it well", async () => {
    const { end } = spawnOmniq(["doctor", "--json"], { OMNIQ_URL: origin });
    const { code, json } = await end;
    expect({ code, ok: json[0]?.ok }).toEqual({ code: 0, ok: true });
    const argv = ["enqueue", "sample.add", '{"a": 1, "b": 2}', "--wait=60s", "--json"];
    const waited = await spawnOmniq(argv, { OMNIQ_URL: origin }).end;
    expect(waited).toMatchObject({ code: 0, json: [{ status: "SUCCESS", result: { sum: 3 } }] });
  }, 120_000);

  it("watches a task fail, retry and succeed, with its cron ticking", async () => {
    const json = { funcPath: "sample.flaky", kwargs: { failures: 1 } };
    const { body } = await call("POST", "/v1/tasks", { json });
    await script.until(
      async () => (await call("GET", `/v1/tasks/${body.id}/result?wait=10s`)).status === 200,
    );
    expect((await call("GET", `/v1/tasks/${body.id}/result`)).body).toMatchObject({
      status: "SUCCESS",
      result: { attempts: 2 },
    });
    expect((await call("GET", `/v1/tasks/${body.id}`)).body).toMatchObject({
      errors: [{ message: "failure 1 of 1, as told" }],
    });
  }, 130_000);

  // Elsewhere there is no /proc to look through.
  it.skipIf(process.platform !== "linux")(
    "stops on SIGTERM, leaves no process behind, and has nothing to tell of what it cut off: a tick, a build",
    async () => {
      const [wrangler, esbuild] = [await processOf("wrangler-dist"), await processOf("esbuild")];
      const told = script.output;
      const untilStatus = (form: RegExp) =>
        script.until(async () => form.test(await read(wrangler, "status")));
      process.kill(wrangler, "SIGSTOP");
      await untilStatus(/^State:\s*T/m);
      const ended = script.end("SIGTERM");
      // The signal waits for wrangler to go on.
      await untilStatus(/^ShdPnd:.*[1-9a-f]/m);
      // It writes the same stack trace as where wrangler leaves it in the middle of a build.
      process.kill(esbuild, "SIGQUIT");
      await script.until(async () => !(await processes()).includes(esbuild));
      process.kill(wrangler, "SIGCONT");
      await ended;
      await script.until(async () => (await processes()).length === 0);
      await expect(call("GET", "/healthz")).rejects.toThrow();
      expect(script.output.slice(told.length)).not.toMatch(/tick|error|fail|goroutine/i);
    },
    130_000,
  );
});

describe("npm start refuses", () => {
  const run = async (port: string, variables: Record<string, string> = {}) => {
    const state = await temporaryFolder();
    const env = { ...process.env, PORT: port, OMNIQ_STATE_DIR: state.path, ...variables };
    const refused = new ServerProcess([SCRIPT], Number(port), { env });
    await refused.until(() => refused.ended);
    await state.remove();
    return { code: refused.child.exitCode, output: refused.output };
  };

  it.each(["abc", "0", "70000"])("PORT=%s, without a stack trace", async (port) => {
    const { code, output } = await run(port);
    expect(code).toBe(1);
    expect(output).toBe(`expected PORT to be an integer from 1 to 65535, got "${port}"\n`);
  });

  it("a port that another server has", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const port = typeof address === "object" ? `${address?.port}` : "";
    const { code, output } = await run(port);
    await new Promise((resolve) => other.close(resolve));
    expect(code).toBe(1);
    expect(output).toContain(`expected PORT to be one that is free, got ${port}`);
    expect(output).not.toMatch(/\n\s+at |OmniQ is ready/);
  });

  it("a variable of the shell that the Worker cannot use, which it names", async () => {
    const { code, output } = await run(`${await freePort()}`, { OMNIQ_RESULT_TTL: "a week" });
    expect(code).toBe(1);
    expect(output).toMatch(
      /^expected OMNIQ_RESULT_TTL to be a duration .*: the server's log has what it is$/m,
    );
    expect(output).toContain("a week");
    expect(output).not.toContain("OmniQ is ready");
  }, 130_000);
});
