import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client, InStatement } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { ConfigError, MigrationFailed, type OmniqError, StorageUnavailable } from "../core/errors.ts";
import { parsePrefix } from "./statements/names.ts";
import { TABLE_NAMES } from "./verify.ts";

/** Where the numbered SQL is, in the repository and in the published package alike. */
export const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../drizzle", import.meta.url));

/** The quoted names of our tables, and those that begin with one: indexes, constraints and triggers, for no column does. */
const OURS = new RegExp(`([\`"])((?:${TABLE_NAMES.join("|")})(?:_\\w+)?)\\1`, "g");

/** Puts a prefix before the name of each of our tables, indexes and constraints in a migration. */
function prefixMigration(sql: string, given: string): string {
  return sql.replaceAll(OURS, `$1${parsePrefix(given)}$2$1`);
}

/**
 * Applies the migrations that are missing, and notes them in the table that Drizzle's migrator keeps.
 *
 * Drizzle reads the files; the rest of its migrator would load its query builder, which takes 150 MB and most of a second
 * when a process starts.
 *
 * @param tablePrefix also names the migrator's table, so that an app's own Drizzle migrations are left alone
 * @param ownFile whether the database is a local file, whose journal is ours to choose
 * @param toKnown tells what an error of the database means
 * @throws {MigrationFailed} naming the one that the database refuses: none is applied then, for all are one transaction
 */
export async function migrateLibsql(
  client: Client,
  tablePrefix: string,
  ownFile: boolean,
  toKnown: (error: unknown) => OmniqError,
): Promise<void> {
  // Readers and the one writer do not wait for each other; commits stay durable.
  if (ownFile) await client.execute("PRAGMA journal_mode = WAL");
  const journal = `\`${tablePrefix}omniq_migrations\``;
  const missing = async () => migrationsAfter(await openJournal(client, journal), tablePrefix, journal);
  const steps = await missing();
  if (steps.length === 0) return;
  try {
    await client.batch(
      steps.map(({ statement }) => statement),
      "write",
    );
  } catch (error) {
    // Another process that started at the same moment may have applied them.
    if ((await missing()).length > 0) throw blame(steps, error, toKnown(error));
  }
}

/** The client says which statement failed; it is to blame only where the database has answered. */
function blame(steps: readonly Step[], error: unknown, known: OmniqError): OmniqError {
  if (!(error instanceof Error && "statementIndex" in error) || known instanceof StorageUnavailable)
    return known;
  const step = steps[Number(error.statementIndex)];
  return step === undefined ? known : new MigrationFailed(step.migration, error.message, { cause: error });
}

/** Makes the migrator's table where there is none. @returns the time of the last migration in it, 0 where there is none */
async function openJournal(client: Client, journal: string): Promise<number> {
  // In one batch: with a write the primary answers, not a replica that lags behind.
  const [, answer] = await client.batch(
    [
      `CREATE TABLE IF NOT EXISTS ${journal} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)`,
      `SELECT max(created_at) AS latest FROM ${journal}`,
    ],
    "write",
  );
  return Number(answer?.rows[0]?.latest ?? 0);
}

/** A statement, and the name of the migration that it is of. */
interface Step {
  readonly migration: string;
  readonly statement: InStatement;
}

/** The statements that apply and note the migrations after that time. */
async function migrationsAfter(latest: number, tablePrefix: string, journal: string): Promise<Step[]> {
  const names = await listMigrations();
  return readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER })
    .map((file, index) => ({ ...file, migration: names[index] ?? "" }))
    .filter(({ folderMillis }) => folderMillis > latest)
    .flatMap(({ migration, sql, hash, folderMillis }) => {
      const note = `INSERT INTO ${journal} (hash, created_at) VALUES (?, ?)`;
      const statements = [
        ...sql.map((statement) => prefixMigration(statement, tablePrefix)),
        { sql: note, args: [hash, folderMillis] },
      ];
      return statements.map((statement) => ({ migration, statement }));
    });
}

/** The names of the numbered files, in their order. */
async function listMigrations(): Promise<string[]> {
  return (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith(".sql")).sort();
}

/**
 * Writes the numbered migrations into `folder`, for an app that applies them with its own.
 *
 * @returns the names of the files written
 * @throws {ConfigError} where a file of the app's own has one of these names: nothing is written then
 */
export async function copyMigrations(folder: string, tablePrefix: string): Promise<string[]> {
  const names = await listMigrations();
  const copies = names.map(async (name) => {
    const sql = prefixMigration(await readFile(join(MIGRATIONS_FOLDER, name), "utf8"), tablePrefix);
    const path = join(folder, name);
    const present = await readFile(path, "utf8").catch(() => sql);
    if (present === sql) return { path, sql };
    throw new ConfigError(path, "absent, or this migration as it was written before", "another file");
  });
  // All are looked at before one is written.
  for (const { path, sql } of await Promise.all(copies)) await writeFile(path, sql);
  return names;
}
