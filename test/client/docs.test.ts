import { spawnSync } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness, type TestHarness } from "wrangler";
import { ID } from "../http/calls.ts";
import { temporaryFolder } from "../support/libsql.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = join(ROOT, "node_modules");
const env = { ...process.env, PATH: [join(MODULES, ".bin"), process.env.PATH].join(delimiter) };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let harness: TestHarness;

const run = (command: string, ...argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd: folder.path, env, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
};

const TSCONFIG = {
  compilerOptions: {
    target: "ES2024",
    module: "ESNext",
    moduleResolution: "bundler",
    types: ["@cloudflare/workers-types"],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
};

/** The files that a page shows, by the name in the first line of each. */
function filesOf(page: string): [name: string, code: string][] {
  const blocks = page.matchAll(/^```ts\n\/\/ (\S+\.ts)\n(.*?)^```$/gms);
  return [...blocks].map(([, name = "", code = ""]) => [name, code]);
}

/** A project that has installed the package and holds the files of the page. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const modules = join(folder.path, "node_modules");
  await mkdir(modules);
  const built = run(process.execPath, join(ROOT, "scripts/build.ts"), join(modules, "omniq"));
  expect(built).toEqual({ status: 0, output: "" });
  const { dependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  for (const name of [...Object.keys(dependencies), "@cloudflare/workers-types"]) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(MODULES, name), join(modules, name));
  }
  const page = await readFile(join(ROOT, "docs/client.md"), "utf8");
  for (const [name, code] of filesOf(page)) await writeFile(join(folder.path, name), code);
  await writeFile(join(folder.path, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await writeFile(join(folder.path, "package.json"), '{"type": "module"}');
  await writeFile(join(folder.path, "env.d.ts"), "interface Env { readonly DB: D1Database }");
  const platform = { compatibility_date: "2026-10-01", compatibility_flags: ["nodejs_compat"] };
  const database = { binding: "DB", database_name: "jobs", database_id: ID };
  const binding = { binding: "QUEUE", service: "jobs", entrypoint: "Jobs" };
  const jobs = {
    name: "jobs",
    main: "jobs.ts",
    d1_databases: [{ ...database, migrations_dir: "node_modules/omniq/drizzle" }],
    vars: { OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none" },
  };
  const bound = { name: "bound", main: "bound.ts", services: [binding] };
  const workers = [jobs, bound].map((config) => ({ config: { ...config, ...platform } }));
  harness = createTestHarness({ root: folder.path, workers });
  await harness.listen();
  await harness.getWorker("jobs").applyD1Migrations("DB");
}, 120_000);
afterAll(async () => {
  await harness.close();
  await folder.remove();
});

describe("the page about the client, in a project that has installed the package", () => {
  it("is compiled, and by its types refuses what is not there", async () => {
    const mistake = `import { createClient } from "omniq/client";
      import type { tasks } from "./jobs.ts";
      const client = createClient<typeof tasks>({ url: "https://jobs.test" });
      // @ts-expect-error: width is missing
      await client.enqueue("image.resize", { key: "cat" });
      export {};`;
    await writeFile(join(folder.path, "mistake.ts"), mistake);
    expect(run("tsc", "-p", ".")).toEqual({ status: 0, output: "" });
  });

  it("runs over HTTP, in a process that has no more than the client", async () => {
    const { url } = await harness.listen();
    const script = `import { makeThumbnail } from "./app.ts";
      import { replayDeadLetters } from "./operate.ts";
      console.log(await makeThumbnail(process.argv[1], "key"), await replayDeadLetters(process.argv[1], "key"));`;
    const argv = ["--input-type=module", "--eval", script, "--", `${url}`];
    expect(run(process.execPath, ...argv)).toEqual({ status: 0, output: "cat-200.webp 0\n" });
  });

  it("runs by a service binding", async () => {
    const reply = await harness.getWorker("bound").fetch("/");
    expect(JSON.parse(await reply.text())).toMatchObject({ result: { thumbnail: "dog-100.webp" } });
  });
});
