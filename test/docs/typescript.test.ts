import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/libsql.ts";
import { type Block, nameOf, readBlocks } from "./blocks.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = join(ROOT, "node_modules");
const PATH = [join(MODULES, ".bin"), process.env.PATH].join(delimiter);
const blocks = (await readBlocks(ROOT)).filter(({ language }) => language === "ts" || language === "tsx");

/** After this a block that works on, as a runner does, is told to stop. */
const PATIENCE = 8_000;

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
  compilerOptions: { typeRoots: [join(MODULES, "@types")], noUnusedLocals: false, noUnusedParameters: false },
  include: ["*"],
  exclude: [],
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const fileOf = ({ page, place, language }: Block) =>
  join(folder.path, `${page.replaceAll(/[^a-z0-9]+/gi, "-")}-${place}.${language}`);

/** An app that has installed the built package, with each block as a module of its own. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const installed = join(folder.path, "node_modules");
  await mkdir(installed);
  for (const name of INSTALLED) await symlink(join(MODULES, name), join(installed, name));
  const argv = [join(ROOT, "scripts/build.ts"), join(folder.path, "built")];
  const { status, stdout } = spawnSync(process.execPath, argv, {
    encoding: "utf8",
    env: { ...process.env, PATH },
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  await cp(join(folder.path, "built"), join(installed, "omniq"), { recursive: true });
  await symlink(MODULES, join(installed, "omniq/node_modules"));
  await writeFile(join(folder.path, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(join(folder.path, "tsconfig.json"), JSON.stringify(CONFIG));
  await writeFile(join(folder.path, "wrangler.toml"), WRANGLER);
  for (const name of ["setting.ts", "run.ts"])
    await cp(join(ROOT, "test/docs", name), join(folder.path, name));
  for (const block of blocks)
    await writeFile(fileOf(block), [...block.earlier, block.code, "export {};"].join("\n"));
}, 120_000);
afterAll(() => folder.remove());

/** Runs blocks in one process; one that works until it is told to stop is told so in a moment. */
async function run(some: readonly Block[], signal?: NodeJS.Signals): Promise<Map<string, string | null>> {
  const argv = [join(folder.path, "run.ts"), ...some.map(fileOf)];
  const child = spawn(process.execPath, argv, { cwd: folder.path, stdio: ["ignore", "pipe", "pipe"] });
  if (signal !== undefined) setTimeout(() => child.kill(signal), PATIENCE);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  const reports = stdout.split("\n").filter((line) => line.startsWith('{"file"'));
  const errors = new Map(reports.map((line) => JSON.parse(line)).map(({ file, error }) => [file, error]));
  // The setting's own runtime ends the process at the signal, at times before the runner has stopped by itself.
  if (signal !== undefined && [0, 143].includes(status))
    for (const block of some) errors.set(fileOf(block), null);
  for (const block of some)
    if (!errors.has(fileOf(block))) errors.set(fileOf(block), `ended with ${status}: ${stderr}`);
  return errors;
}

describe("the TypeScript of the docs", () => {
  it("has the types that it says", () => {
    const { stdout } = spawnSync("tsc", ["-p", folder.path], {
      encoding: "utf8",
      env: { ...process.env, PATH },
    });
    expect(stdout).toBe("");
  }, 60_000);

  describe("runs", () => {
    const worksOn = ({ code }: Block) => code.includes("runner.run()");
    const errors = new Map<string, string | null>();
    beforeAll(async () => {
      const rest = run(blocks.filter((block) => !worksOn(block)));
      const runners = blocks.filter(worksOn).map((block) => run([block], "SIGTERM"));
      for (const some of await Promise.all([rest, ...runners]))
        for (const entry of some) errors.set(...entry);
    }, 120_000);

    it.each(blocks.map((block) => [nameOf(block), block] as const))("%s", (_name, block) => {
      expect(errors.get(fileOf(block))).toBe(null);
    });
  });
});
