import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/libsql.ts";
import { type NewApp, newApp } from "../support/new-app.ts";
import { ROOT, SHELL } from "../support/package.ts";
import { ServerProcess } from "../support/server.ts";
import { freePort } from "../support/sqld.ts";
import { type Block, nameOf, readBlocks } from "./blocks.ts";

const blocks = (await readBlocks(ROOT)).filter(({ language }) => language === "sh");

/** Why a block is not run here. A mark behind its fence says which. */
const REASONS: Readonly<Record<string, string>> = {
  account: "it needs an account",
  terminal: "it asks on a terminal, as the tests of the command line do",
  install:
    "it installs or serves: `.ci/run`, and the tests of the tutorials, of the package and of npm start, do that",
};
const reasonOf = ({ marks }: Block) =>
  marks.map((mark) => REASONS[mark]).find((reason) => reason !== undefined);

let app: NewApp;
let state: Awaited<ReturnType<typeof temporaryFolder>>;
let server: ServerProcess;
let port: number;

/** `npm start`, and an app that has installed the package. */
beforeAll(async () => {
  [app, state, port] = await Promise.all([newApp(["@libsql", "wrangler"]), temporaryFolder(), freePort()]);
  const env = { ...SHELL, PORT: String(port), OMNIQ_STATE_DIR: state.path };
  server = new ServerProcess([join(ROOT, "scripts/start.ts")], port, { env });
  await server.until(() => server.output.includes("OmniQ is ready on") || server.ended);
}, 180_000);
afterAll(async () => {
  await server?.end("SIGTERM");
  await state?.remove();
  await app?.remove();
});

/** As a reader's shell would, line by line; the first command that fails ends it. */
async function run({ code }: Block) {
  const here = code
    .replaceAll("http://127.0.0.1:8787", `http://127.0.0.1:${port}`)
    .replaceAll("--local", `--local --persist-to ${state.path}`);
  // What wrangler is asked, it is asked where its configuration is.
  const cwd = code.includes("wrangler") ? ROOT : app.path;
  const env = {
    ...SHELL,
    URL: `http://127.0.0.1:${port}`,
    KEY: "any",
    OMNIQ_URL: `http://127.0.0.1:${port}`,
  };
  const child = spawn("bash", ["-euo", "pipefail", "-c", here], { cwd, env });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { status, output: `${stdout}${stderr}` };
}

describe("the shell commands of the docs", () => {
  for (const block of blocks) {
    const reason = reasonOf(block);
    if (reason !== undefined) {
      it.skip(`${nameOf(block)}: not run, since ${reason}`);
      continue;
    }
    it(nameOf(block), async () => {
      const { status, output } = await run(block);
      expect(status, output).toBe(0);
      // A problem of the API is not an error of curl's.
      expect(output).not.toMatch(/"code": ?"/);
    }, 300_000);
  }
});
