import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyTemplate } from "../../src/cli/template.ts";
import { TEMPLATES } from "../../src/cli/templates.ts";
import { version } from "../../src/cli/version.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { omniqWith } from "./context.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
const omniq = omniqWith({});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe("a template", () => {
  it("is copied with the folder's name in each package, and this version; what a run left behind is not", async () => {
    const from = join(folder.path, "pair");
    for (const own of ["app", "node_modules/x", ".wrangler"])
      await mkdir(join(from, own), { recursive: true });
    await writeFile(
      join(from, "package.json"),
      '{ "name": "pair", "dependencies": { "omniq": "^0.0.1", "pairs": "1" } }',
    );
    await writeFile(join(from, "app/package.json"), '{ "name": "pair-app" }');
    await writeFile(join(from, "app/wrangler.toml"), 'name = "pair-app"\nservice = "pair"\n');
    await writeFile(join(from, "app/index.ts"), 'const text = "pair";\n');
    for (const own of ["jobs.db", "node_modules/x/index.js", ".wrangler/state"])
      await writeFile(join(from, own), "");
    const to = join(folder.path, "mine");
    const files = await copyTemplate({ from, to, template: "pair", name: "mine", version: "1.2.3" });
    expect(files).toEqual([
      ".gitignore",
      "app/index.ts",
      "app/package.json",
      "app/wrangler.toml",
      "package.json",
    ]);
    const read = (name: string) => readFile(join(to, name), "utf8");
    expect(await read("package.json")).toBe(
      '{ "name": "mine", "dependencies": { "omniq": "1.2.3", "pairs": "1" } }',
    );
    expect(await read("app/wrangler.toml")).toBe('name = "mine-app"\nservice = "mine"\n');
    expect(await read("app/index.ts")).toBe('const text = "pair";\n');
    expect(await read(".gitignore")).toContain(".dev.vars");
  });
});

describe("init", () => {
  it("says which templates there are, and never writes over files", async () => {
    expect(await omniq("init", join(folder.path, "a"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(TEMPLATES.join(", ")),
    });
    expect((await omniq("init", join(folder.path, "a"), "--template", "worker-d2")).code).toBe(2);
    await writeFile(join(folder.path, "mine"), "");
    const { code, stderr } = await omniq("init", folder.path, "--template", "worker-d1");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("to be empty or not there"),
    });
    expect(await readdir(folder.path)).toEqual(["mine"]);
  });

  // The examples are a part of the repository of their own.
  it.skipIf(!existsSync(EXAMPLES)).each(TEMPLATES)("makes a project from %s", async (template) => {
    const path = join(folder.path, "My Jobs");
    const { code, json } = await omniq("init", path, "--template", template, "--json");
    expect({ code, ...json[0] }).toEqual({
      code: 0,
      folder: path,
      template,
      name: "my-jobs",
      files: expect.arrayContaining(["README.md"]),
    });
    for (const file of json[0].files.filter((name: string) => name.endsWith("package.json"))) {
      const manifest = JSON.parse(await readFile(join(path, file), "utf8"));
      expect(manifest.name).toMatch(/^my-jobs/);
      if (manifest.dependencies?.omniq !== undefined) expect(manifest.dependencies.omniq).toBe(version);
    }
    // Two projects deployed to one account must not overwrite each other.
    for (const file of json[0].files.filter((name: string) => name.endsWith("wrangler.toml"))) {
      const names = [...(await readFile(join(path, file), "utf8")).matchAll(/^(?:name|service) = "(.*)"$/gm)];
      expect(names.map(([, name]) => name)).toEqual(names.map(() => expect.stringMatching(/^my-jobs/)));
    }
  });
});
