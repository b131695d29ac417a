import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NewApp, newApp } from "../support/new-app.ts";
import { ROOT, run, SHELL } from "../support/package.ts";
import { type Block, nameOf, readBlocks } from "./blocks.ts";

const all = (await readBlocks(ROOT)).filter(({ language }) => language === "ts" || language === "tsx");
const blocks = all.filter(({ file }) => file === null);
const isTest = ({ marks }: Block) => marks.includes("vitest");

/** After this a block that works on, as a runner does, is told to stop. */
const PATIENCE = 3_000;

const INSTALLED = [
  "@cloudflare",
  "@libsql",
  "@opentelemetry",
  "@types",
  "hono",
  "valibot",
  "vitest",
  "wrangler",
];

const WRANGLER = `
name = "docs"
compatibility_date = "2026-10-01"
d1_databases = [
  { binding = "DB", database_name = "db", database_id = "db" },
  { binding = "RESULTS", database_name = "results", database_id = "results" },
]
`;

const CONFIG = {
  extends: join(ROOT, "tsconfig.json"),
  compilerOptions: {
    typeRoots: [join(ROOT, "node_modules/@types")],
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ["*"],
  exclude: [],
};

let app: NewApp;

function fileOf(block: Block): string {
  const { page, place, language } = block;
  return join(
    app.path,
    `${page.replaceAll(/[^a-z0-9]+/gi, "-")}-${place}${isTest(block) ? ".test" : ""}.${language}`,
  );
}

/** An app that has installed the built package, with each block as a module of its own. */
beforeAll(async () => {
  app = await newApp(INSTALLED);
  await writeFile(join(app.path, "tsconfig.json"), JSON.stringify(CONFIG));
  await writeFile(join(app.path, "wrangler.toml"), WRANGLER);
  const vitest = { test: { setupFiles: ["./setting.ts"] } };
  await writeFile(join(app.path, "vitest.config.js"), `export default ${JSON.stringify(vitest)};`);
  for (const name of ["setting.ts", "run.ts"]) await cp(join(ROOT, "test/docs", name), join(app.path, name));
  for (const block of blocks)
    await writeFile(fileOf(block), [...block.earlier, block.code, "export {};"].join("\n"));
}, 120_000);
afterAll(() => app.remove());

/** Runs blocks in one process; one that works until it is told to stop is told so in a moment. */
async function runBlocks(
  some: readonly Block[],
  signal?: NodeJS.Signals,
): Promise<Map<string, string | null>> {
  const argv = [join(app.path, "run.ts"), ...some.map(fileOf)];
  const child = spawn(process.execPath, argv, { cwd: app.path, stdio: ["ignore", "pipe", "pipe"] });
  if (signal !== undefined) child.stdout.once("data", () => setTimeout(() => child.kill(signal), PATIENCE));
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  const reports = stdout.split("\n").filter((line) => line.startsWith('{"file"'));
  const errors = new Map(reports.map((line) => JSON.parse(line)).map(({ file, error }) => [file, error]));
  // The setting's own runtime ends the process at the signal, at times before the runner has stopped by itself.
  if (signal !== undefined && (status === 0 || status === 143))
    for (const block of some) errors.set(fileOf(block), null);
  for (const block of some)
    if (!errors.has(fileOf(block))) errors.set(fileOf(block), `ended with ${status}: ${stderr}`);
  return errors;
}

describe("the TypeScript of the docs", () => {
  it("has the types that it says", () => {
    const { stdout } = spawnSync("tsc", ["-p", app.path], {
      encoding: "utf8",
      env: SHELL,
    });
    expect(stdout).toBe("");
  }, 60_000);

  describe("runs", () => {
    const some = blocks.filter((block) => !isTest(block));
    const worksOn = ({ code }: Block) => code.includes("runner.run()");
    const errors = new Map<string, string | null>();
    beforeAll(async () => {
      const rest = runBlocks(some.filter((block) => !worksOn(block)));
      const runners = some.filter(worksOn).map((block) => runBlocks([block], "SIGTERM"));
      for (const some of await Promise.all([rest, ...runners]))
        for (const entry of some) errors.set(...entry);
    }, 120_000);

    it.each(some.map((block) => [nameOf(block), block] as const))("%s", (_name, block) => {
      expect(errors.get(fileOf(block))).toBe(null);
    });
  });

  it("has tests that pass", () => {
    const argv = ["run", ...blocks.filter(isTest).map(fileOf)];
    const { status, stdout, stderr } = run("vitest", argv, app.path);
    expect(status, `${stdout}${stderr}`).toBe(0);
  }, 120_000);

  for (const block of all.filter(({ file }) => file !== null))
    it.skip(
      `${nameOf(block)}: not run here, since tests of the tutorials, of the client, of the testing kit and of the package make an app of such files`,
    );
});
