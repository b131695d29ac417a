/**
 * `npm start`: serves the Worker with a local D1, and ticks its cron every minute, which `wrangler dev` does not do.
 * Everything is local: no account, no network.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseInteger } from "../src/core/duration.ts";

const HOST = "127.0.0.1";
const port = parseInteger(Number(process.env.PORT ?? 8787), "PORT", { min: 1, max: 65_535 });
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
const stateFolder = process.env.OMNIQ_STATE_DIR;
const persist = stateFolder === undefined ? [] : ["--persist-to", stateFolder];

function migrate(): void {
  const argv = [wrangler, "d1", "migrations", "apply", "DB", "--local", ...persist];
  const { status } = spawnSync(process.execPath, argv, { cwd: root, env, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function serve(): ChildProcess {
  const variables = { OMNIQ_AUTH: "none", OMNIQ_QUERY_BUDGET: "900" };
  const flags = Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const argv = [
    wrangler,
    "dev",
    "--ip",
    HOST,
    "--port",
    String(port),
    "--show-interactive-dev-session=false",
    ...persist,
    ...flags,
  ];
  return spawn(process.execPath, argv, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
}

async function untilHealthy(): Promise<void> {
  for (;;) {
    const response = await fetch(`${origin}/healthz`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Asks for one tick by the documented local address; the Worker answers when its drain has ended, a minute later. */
function tick(): void {
  const address = `${origin}/cdn-cgi/local/scheduled?cron=${encodeURIComponent("* * * * *")}&time=${Date.now()}`;
  fetch(address).catch((error) => console.error(`the cron tick failed: ${error}`));
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

migrate();
const worker = serve();
worker.on("exit", (code) => process.exit(code ?? 0));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => worker.kill(signal));
await untilHealthy();
explain();
tick();
setInterval(tick, MINUTE);
