import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./libsql.ts";

/** The command, as a user's shell would run it. */
export const CLI = fileURLToPath(new URL("../../src/cli/omniq.ts", import.meta.url));

/** The schema of an app that has a `tasks` table of its own. */
const APP_SQL = `
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0);
CREATE INDEX tasks_due_idx ON tasks (done);
CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL CHECK (total > 0));
`;

/** A folder with the app's migration and ours beside it, copied in by the command with the prefix `omniq_`. */
export async function appMigrations(): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, "0000_app.sql"), APP_SQL);
  const argv = [CLI, "migrations", "--out", folder.path, "--prefix", "omniq_"];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`omniq migrations ended with ${status}: ${stderr}`);
  return folder;
}
