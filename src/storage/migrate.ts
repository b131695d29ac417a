import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { SCHEMA_NAMES } from "./verify.ts";

/** Where the numbered SQL is, in the repository and in the published package alike. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../drizzle", import.meta.url));

const TABLES = SCHEMA_NAMES.filter((name) => !name.endsWith("_idx")).join("|");

/** Puts a prefix before the name of each of our tables, indexes and constraints in a migration. */
export function prefixMigration(sql: string, prefix: string): string {
  return sql.replaceAll(
    new RegExp(`([\`"])((?:${TABLES})(?:_\\w+)?)\\1`, "g"),
    (match, quote: string, name: string) => (isColumn(name) ? match : `${quote}${prefix}${name}${quote}`),
  );
}

// `task_ids` and the like do not begin with a table's name; this one guards against a column that would.
function isColumn(name: string): boolean {
  return !TABLES.split("|").includes(name) && !/_(idx|check|pk)$/.test(name);
}

/**
 * Applies the migrations that are missing, with Drizzle's migrator, which keeps its own table.
 *
 * @param tablePrefix also names the migrator's table, so that an app's own Drizzle migrations are left alone
 * @param ownFile whether the database is a local file, whose journal is ours to choose
 */
export async function migrateLibsql(client: Client, tablePrefix: string, ownFile: boolean): Promise<void> {
  // Readers and the one writer do not wait for each other; commits stay durable.
  if (ownFile) await client.execute("PRAGMA journal_mode = WAL");
  const folder = await mkdtemp(join(tmpdir(), "omniq-migrations-"));
  try {
    await copyMigrations(folder, tablePrefix);
    await cp(join(MIGRATIONS_FOLDER, "meta"), join(folder, "meta"), { recursive: true });
    await migrate(drizzle(client), {
      migrationsFolder: folder,
      migrationsTable: `${tablePrefix}omniq_migrations`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes the numbered migrations into `folder`, for an app that applies them with its own.
 *
 * @returns the names of the files written
 */
export async function copyMigrations(folder: string, tablePrefix: string): Promise<string[]> {
  const names = (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith(".sql")).sort();
  for (const name of names) {
    const sql = await readFile(join(MIGRATIONS_FOLDER, name), "utf8");
    await writeFile(join(folder, name), prefixMigration(sql, tablePrefix));
  }
  return names;
}
