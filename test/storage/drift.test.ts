import { spawnSync } from "node:child_process";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MIGRATIONS_FOLDER } from "../../src/storage/migrate.ts";
import { temporaryFolder } from "../support/libsql.ts";

const KIT = fileURLToPath(new URL("../../node_modules/drizzle-kit/bin.cjs", import.meta.url));
const SCHEMA = fileURLToPath(new URL("../../src/storage/schema.ts", import.meta.url));

/** drizzle-kit writes what it generates: it works on a copy of the migrations. */
describe("drizzle-kit", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
    await cp(MIGRATIONS_FOLDER, join(folder.path, "drizzle"), { recursive: true });
  });
  afterEach(() => folder.remove());

  const kit = (...argv: string[]) => {
    const all = [KIT, ...argv, "--dialect", "sqlite", "--out", "drizzle"];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      cwd: folder.path,
      encoding: "utf8",
      timeout: 60_000,
    });
    expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: "" });
    return stdout;
  };
  const generate = () => kit("generate", "--schema", SCHEMA);
  const migrations = async () =>
    (await readdir(join(folder.path, "drizzle"))).filter((name) => name.endsWith(".sql"));

  it("finds no drift between the Drizzle tables and the migrations", async () => {
    const before = await migrations();
    expect(generate()).toContain("No schema changes");
    expect(await migrations()).toEqual(before);
  }, 60_000);

  it("would find a column that the migrations lack", async () => {
    const before = await migrations();
    const meta = join(folder.path, "drizzle/meta");
    const path = join(
      meta,
      (await readdir(meta))
        .filter((name) => /snapshot/.test(name))
        .sort()
        .at(-1) ?? "",
    );
    const snapshot = JSON.parse(await readFile(path, "utf8"));
    delete snapshot.tables.tasks.columns.unique_key;
    await writeFile(path, JSON.stringify(snapshot));
    expect(generate()).not.toContain("No schema changes");
    expect(await migrations()).toHaveLength(before.length + 1);
  }, 60_000);

  it("finds the migrations consistent", () => {
    expect(kit("check")).toContain("Everything's fine");
  }, 60_000);
});
