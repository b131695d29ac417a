import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LibsqlOptions, libsqlDriver } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { TestDatabase } from "./database.ts";

/** A migrated libSQL database by its address. */
export async function openLibsql(options: LibsqlOptions): Promise<TestDatabase> {
  const driver = libsqlDriver(options);
  await new SqliteStorage(driver, options).initialize();
  return new TestDatabase(driver);
}

/** A folder for the files of one test; remove it when done. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "omniq-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
