import { execFile } from "node:child_process";
import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { temporaryFolder } from "./libsql.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const PARTS = ["src", "drizzle", "package.json", "test/node/worker.ts"];

/** A release of this package that came after the one at hand: the same code, with further migrations. */
export interface Release {
  /** Its worker, for a process of its own. */
  readonly worker: string;
  /** Its command. */
  readonly cli: string;
  /** Applies its migrations as a user would, by its command. */
  migrate(url: string): Promise<{ readonly ok: boolean; readonly output: string }>;
  remove(): Promise<void>;
}

/** @param migrations the SQL of each, in Drizzle's own form */
export async function laterRelease(...migrations: readonly string[]): Promise<Release> {
  const folder = await temporaryFolder();
  for (const part of PARTS) await cp(join(REPOSITORY, part), join(folder.path, part), { recursive: true });
  await symlink(join(REPOSITORY, "node_modules"), join(folder.path, "node_modules"));
  await addMigrations(join(folder.path, "drizzle"), migrations);
  const cli = join(folder.path, "src/cli/omniq.ts");
  return {
    worker: join(folder.path, "test/node/worker.ts"),
    cli,
    migrate: (url) =>
      promisify(execFile)(process.execPath, [cli, "migrate", "--url", url]).then(
        ({ stdout }) => ({ ok: true, output: stdout }),
        ({ stderr }) => ({ ok: false, output: String(stderr) }),
      ),
    remove: folder.remove,
  };
}

async function addMigrations(folder: string, migrations: readonly string[]): Promise<void> {
  const path = join(folder, "meta/_journal.json");
  const journal = JSON.parse(await readFile(path, "utf8"));
  for (const [index, sql] of migrations.entries()) {
    const last = journal.entries.at(-1);
    const tag = `${String(last.idx + 1).padStart(4, "0")}_later_${index}`;
    journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag });
    await writeFile(join(folder, `${tag}.sql`), sql);
  }
  await writeFile(path, JSON.stringify(journal));
}
