import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/libsql.ts";
import { type Manifest, packPackage, ROOT } from "../support/package.ts";
import { describeConsumers } from "./consumers.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let packed: { readonly tarball: string; readonly manifest: Manifest };

beforeAll(async () => {
  folder = await temporaryFolder();
  packed = await packPackage(folder.path);
}, 120_000);
afterAll(() => folder.remove());

/**
 * The package is ESM alone. The resolution `node10` knows no `exports`, and finds no subpath; CommonJS finds ESM, which each Node that
 * the package supports can `require`.
 */
const isEsmAlone = (problem: { readonly kind: string; readonly resolutionKind?: string }) =>
  problem.kind === "CJSResolvesToESM" || problem.resolutionKind === "node10";

describe("the package that would be published", () => {
  it("has nothing that publint suggests, warns of or refuses", async () => {
    const tarball = new Uint8Array(await readFile(packed.tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types at every subpath that are right for what is there", async () => {
    const result = await checkPackage(createPackageFromTarballData(await readFile(packed.tarball)));
    if (result.types === false) throw new Error("expected types, got none");
    expect(Object.keys(result.entrypoints)).toEqual(Object.keys(packed.manifest.exports));
    expect(result.problems.filter((problem) => !isEsmAlone(problem))).toEqual([]);
  });

  it("holds the library, the migrations and what tells of them, and nothing else", async () => {
    const dist = join(folder.path, "dist");
    const files = [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "docs",
      "drizzle",
      "examples",
      "lib",
      "package.json",
    ];
    expect((await readdir(dist)).sort()).toEqual(files.sort());
    const library = await readdir(join(dist, "lib"), { recursive: true });
    expect(library.filter((file) => /\.\w+$/.test(file) && !/\.(js|d\.ts|js\.map)$/.test(file))).toEqual([]);
    expect(library.filter((file) => /\.test\.|^(main|tasks)\./.test(file))).toEqual([]);
  });

  it("leads from its README to nowhere that is not in it", async () => {
    const readme = await readFile(join(folder.path, "dist/README.md"), "utf8");
    const links = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = ""]) => link);
    const own = links.filter((link) => !link.startsWith("http"));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((link) => !existsSync(join(folder.path, "dist", link)))).toEqual([]);
  });

  it("has source maps that hold their sources, and tell nothing of the machine that built it", async () => {
    const dist = join(folder.path, "dist");
    const files = await readdir(join(dist, "lib"), { recursive: true });
    const maps = files.filter((file) => file.endsWith(".js.map"));
    expect(maps.length).toBe(files.filter((file) => file.endsWith(".js")).length);
    for (const file of maps) {
      const path = join(dist, "lib", file);
      const { sources, sourcesContent } = JSON.parse(await readFile(path, "utf8"));
      const [source = ""] = sources.map((each: string) => relative(dist, resolve(dirname(path), each)));
      expect(source).toMatch(/^src\/.+\.tsx?$/);
      expect(sourcesContent).toEqual([await readFile(join(ROOT, source), "utf8")]);
    }
  });

  it("has a manifest that may be published, and brings no tool along", async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    const fields = Object.keys(packed.manifest);
    for (const field of ["private", "scripts", "devDependencies", "optionalDependencies"]) {
      expect(fields).not.toContain(field);
    }
    const tools = Object.keys(devDependencies);
    expect(Object.keys(packed.manifest.dependencies).filter((name) => tools.includes(name))).toEqual([]);
  });
});

describeConsumers(() => ({ ...packed, folder: folder.path }));
