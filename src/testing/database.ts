import type { Storage } from "../core/storage.ts";
import { type D1Binding, type D1Prepared, d1Driver } from "../storage/d1.ts";
import { SqliteStorage, type SqliteStorageOptions } from "../storage/sqlite.ts";
import { statementsFor } from "../storage/statements.ts";
import { TABLE_NAMES } from "../storage/verify.ts";

/**
 * Empties the tables of a queue on D1, for the next test: whatever is in them is gone.
 *
 * @param db the binding, such as `env.DB`, with the migrations applied
 * @param options as those of `d1Storage`
 * @returns the storage over it
 * @throws {SchemaMissing} where the migrations were not applied
 * @example const test = await createTestQueue({ storage: emptyD1(env.DB), tasks: [sendEmail] });
 */
export async function emptyD1<Prepared extends D1Prepared<Prepared>>(
  db: D1Binding<Prepared>,
  options: SqliteStorageOptions = {},
): Promise<Storage<Prepared>> {
  const { tablePrefix = "", results } = options;
  // It refuses a prefix that must not get into SQL.
  statementsFor(tablePrefix);
  const driver = d1Driver(db);
  const storage = new SqliteStorage(driver, options);
  await storage.verify();
  const deletions = TABLE_NAMES.map((table) => ({
    sql: `DELETE FROM ${tablePrefix}${table}`,
    parameters: [],
  }));
  await driver.batch(deletions);
  await results?.batch(deletions);
  return storage;
}

/** The storage, ready to use; without one a database in memory. */
export async function openStorage(given: Storage | Promise<Storage> | undefined): Promise<Storage> {
  const storage = await (given ?? openMemory());
  await storage.initialize();
  return storage;
}

async function openMemory(): Promise<Storage> {
  // In a bundle for a Worker this is another module: `@libsql/client` must not get into it.
  const memory = await import("#memory");
  return memory.openMemory();
}
