import { execFile, spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appMigrations, CLI } from "../support/app.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";

const MIGRATIONS = fileURLToPath(new URL("../../drizzle", import.meta.url));
const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const omniq = (...argv: string[]) =>
  spawnSync(process.execPath, [CLI, ...argv], { encoding: "utf8", cwd: folder.path });
const sqlFiles = async (path: string) => (await readdir(path)).filter((name) => name.endsWith(".sql")).sort();

describe("omniq migrations", () => {
  it("writes the numbered SQL into a folder, which it makes, and says what it wrote", async () => {
    const { status, stdout, stderr } = omniq("migrations", "--out", "new/migrations");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const names = await sqlFiles(MIGRATIONS);
    expect(await sqlFiles(join(folder.path, "new/migrations"))).toEqual(names);
    expect(stdout).toBe(names.map((name) => `new/migrations/${name}\n`).join(""));
    for (const name of names) {
      expect(name).toMatch(/^\d{4}_.*\.sql$/);
      const written = await readFile(join(folder.path, "new/migrations", name), "utf8");
      expect(written).toBe(await readFile(join(MIGRATIONS, name), "utf8"));
      expect(written).not.toContain("\r");
    }
  });

  it("puts a prefix before every table, index and constraint", async () => {
    expect(omniq("migrations", "--out", ".", "--prefix", "app_").status).toBe(0);
    const sql = (
      await Promise.all(
        (await sqlFiles(folder.path)).map((name) => readFile(join(folder.path, name), "utf8")),
      )
    ).join("");
    const names = [...sql.matchAll(/(?:TABLE|INDEX|CONSTRAINT|ON) [`"](\w+)[`"]/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(name).toMatch(/^app_/);
    expect(sql).toContain("`task_id` text");
  });

  it("may be run again: the same files are written", () => {
    expect(omniq("migrations", "--out", ".").status).toBe(0);
    expect(omniq("migrations", "--out", ".").status).toBe(0);
  });

  it("never overwrites a file of the app's own", async () => {
    const [name = ""] = await sqlFiles(MIGRATIONS);
    await writeFile(join(folder.path, name), "CREATE TABLE mine (id);");
    const { status, stderr } = omniq("migrations", "--out", ".");
    expect(status).not.toBe(0);
    expect(stderr).toContain(name);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await readFile(join(folder.path, name), "utf8")).toBe("CREATE TABLE mine (id);");
  });

  it.each(["a-b", "1a", "a b", "a`", "ä_", "sqlite_", "x".repeat(65)])(
    "refuses the prefix %j",
    async (prefix) => {
      const { status, stderr } = omniq("migrations", "--out", ".", "--prefix", prefix);
      expect(status).not.toBe(0);
      expect(stderr).toContain("prefix");
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(await readdir(folder.path)).toEqual([]);
    },
  );

  it("says what it needs", async () => {
    expect(omniq("migrations")).toMatchObject({ status: 2, stderr: expect.stringContaining("--out <dir>") });
    await writeFile(join(folder.path, "file"), "");
    const { status, stderr } = omniq("migrations", "--out", "file");
    expect(status).not.toBe(0);
    expect(stderr).toContain("file");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("writes what wrangler applies to a local D1 beside the migrations of the app", async () => {
    const app = await appMigrations();
    const config = `
      name = "app"
      compatibility_date = "2026-10-01"
      [[d1_databases]]
      binding = "DB"
      database_name = "app"
      database_id = "00000000-0000-0000-0000-000000000003"
      migrations_dir = "${app.path}"`;
    await writeFile(join(folder.path, "wrangler.toml"), config);
    const env = { ...process.env, CI: "true", WRANGLER_SEND_METRICS: "false" };
    const run = async (...argv: string[]) =>
      (
        await promisify(execFile)(process.execPath, [WRANGLER, "d1", ...argv, "--local"], {
          cwd: folder.path,
          env,
        })
      ).stdout;
    await run("migrations", "apply", "DB");
    const [{ results }] = JSON.parse(
      await run(
        "execute",
        "DB",
        "--json",
        "--command",
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
      ),
    );
    await app.remove();
    const names = results.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["orders", "tasks", "omniq_tasks", "omniq_results", "omniq_queues"]),
    );
  }, 60_000);
});

describe("omniq migrate", () => {
  it("applies the migrations to a libSQL database, and again changes nothing", async () => {
    const url = `file:${folder.path}/queue.db`;
    for (let times = 0; times < 2; times++) {
      expect(omniq("migrate", "--url", url)).toMatchObject({
        status: 0,
        stdout: "the schema is up to date\n",
      });
    }
    const database = await openLibsql({ url, migrate: false });
    expect(await database.sql("SELECT * FROM tasks")).toEqual([]);
  });

  it("takes its database from the environment, and never prints what it found there", async () => {
    const url = `file:${folder.path}/queue.db`;
    const env = { ...process.env, OMNIQ_DB_URL: url, OMNIQ_DB_TOKEN: "secret" };
    const run = (...argv: string[]) => spawnSync(process.execPath, [CLI, ...argv], { encoding: "utf8", env });
    expect(run("migrate")).toMatchObject({ status: 0, stderr: "" });
    const { status, stdout } = run("migrate", "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("OMNIQ_DB_TOKEN");
    expect(stdout).not.toContain("secret");
    expect(stdout).not.toContain(url);
  });

  it("says what it needs, and what is wrong, without a stack trace", () => {
    const none = omniq("migrate");
    expect(none).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("OMNIQ_DB_URL"),
    });
    const down = omniq("migrate", "--url", "http://127.0.0.1:1");
    expect(down.status).toBe(1);
    expect(down.stderr).toContain("storage_unavailable");
    const wrong = omniq("migrate", "--url", "postgres://user:secret@host");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("a URL that begins with");
    for (const { stderr } of [none, down, wrong]) expect(stderr).not.toMatch(/\n\s+at |secret/);
  });
});
