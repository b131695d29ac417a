/**
 * `npm start`: serves the Worker with a local D1, and ticks its cron every minute, which `wrangler dev` does not do.
 * Everything is local: no account, no network.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import type { Problem } from "../src/http/problem.ts";

const HOST = "127.0.0.1";
const port = Number(process.env.PORT ?? 8787);
const origin = `http://${HOST}:${port}`;
const root = fileURLToPath(new URL("..", import.meta.url));
const wrangler = fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const env = {
  ...process.env,
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  CI: "true",
};
const MINUTE = 60_000;
/** Where the local D1 is kept. Defaults to `.wrangler/state`. */
const { OMNIQ_STATE_DIR: stateFolder } = process.env;
const persist = stateFolder === undefined ? [] : ["--persist-to", stateFolder];

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** Where another server has the port, wrangler would take the next one, and that server would be asked whether it is well. */
async function checkPort(): Promise<void> {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    fail(`expected PORT to be an integer from 1 to 65535, got ${JSON.stringify(process.env.PORT)}`);
  }
  const server = createServer();
  const listening = once(server, "listening");
  server.listen(port, HOST);
  await listening.catch((error) =>
    fail(`expected PORT to be one that is free, got ${port}: ${error.message}`),
  );
  await new Promise((resolve) => server.close(resolve));
}

function migrate(): void {
  const argv = [wrangler, "d1", "migrations", "apply", "DB", "--local", ...persist];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** What the Worker is given besides its `.dev.vars`: the shell's variables, which go before those, and defaults, which do not. */
function variables(): string[] {
  const file = `${root}.dev.vars`;
  const own = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const defaults = Object.entries({ OMNIQ_AUTH: "none", OMNIQ_QUERY_BUDGET: "900" });
  const shell = Object.entries(process.env).filter(
    ([name]) => name.startsWith("OMNIQ_") && name !== "OMNIQ_STATE_DIR",
  );
  const given = new Map([...defaults.filter(([name]) => own[name] === undefined), ...shell]);
  return [...given].flatMap(([name, value]) => ["--var", `${name}:${value}`]);
}

function serve(): ChildProcessByStdio<null, null, Readable> {
  const flags = ["--ip", HOST, "--port", String(port), "--show-interactive-dev-session=false"];
  const argv = [wrangler, "dev", ...flags, ...persist, ...variables()];
  const child = spawn(process.execPath, argv, { cwd: root, env, stdio: ["ignore", "inherit", "pipe"] });
  child.stderr.pipe(process.stderr);
  return child;
}

/** What keeps the Worker from answering that it is well is told once; a variable that cannot be used will not mend itself. */
async function untilHealthy(): Promise<void> {
  for (let told = ""; ; ) {
    const response = await fetch(`${origin}/healthz`).catch(() => null);
    if (response?.ok) return;
    const { code, detail = told } = await readProblem(response);
    if (detail !== told) console.error(detail);
    told = detail;
    // What the Worker has logged comes by another way than its answer.
    await new Promise((resolve) => setTimeout(resolve, 250));
    if (code === "invalid_config") return end(1);
  }
}

async function readProblem(response: Response | null): Promise<Partial<Problem>> {
  try {
    return JSON.parse((await response?.text()) ?? "{}");
  } catch {
    return {};
  }
}

/** Asks for one tick by the documented local address; the Worker answers when its drain has ended, which may take 14 minutes. */
function tick(): void {
  const address = `${origin}/cdn-cgi/local/scheduled?cron=${encodeURIComponent("* * * * *")}&time=${Date.now()}`;
  // `fetch` would give up after 5 minutes.
  const request = get(address, (response) => response.resume());
  request.on("error", (error) => {
    // One that a stop cuts off has not failed.
    if (!ending) console.error(`the cron tick failed: ${error}`);
  });
}

function explain(): void {
  const json = "-H 'content-type: application/json'";
  console.log(`
OmniQ is ready on ${origin}. Try:

  curl -s ${origin}/v1/tasks ${json} -d '{"funcPath": "sample.add", "kwargs": {"a": 1, "b": 2}}'
  curl -s ${origin}/v1/tasks ${json} -d '{"funcPath": "sample.flaky", "kwargs": {"failures": 2}}'
  curl -s "${origin}/v1/tasks/ID/result?wait=30s"   # with an id from above
`);
}

await checkPort();
migrate();
const worker = serve();
let exitCode: number | undefined;
let ending = false;
worker.on("exit", (code) => process.exit(exitCode ?? code ?? 0));

/** Exits once the Worker has. */
async function end(code?: number, signal?: NodeJS.Signals): Promise<void> {
  exitCode = code;
  ending = true;
  worker.kill(signal);
  await once(worker, "exit");
}

/** Wrangler ends without a word to its esbuild, which ends with a stack trace where it was in the middle of a build. */
function stop(signal: NodeJS.Signals): Promise<void> {
  worker.stderr.unpipe().resume();
  return end(undefined, signal);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(signal));
await untilHealthy();
explain();
tick();
setInterval(tick, MINUTE);
