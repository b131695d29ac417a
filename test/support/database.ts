import type { Driver, Parameter, Row } from "../../src/storage/driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "../../src/storage/sqlite.ts";
import { SCHEMA_NAMES } from "../../src/storage/verify.ts";

/** A real database, as a test uses it: through the product's driver, and by SQL of its own. */
export class TestDatabase {
  readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
  }

  /** The product's storage over it; `wrap` may put a fault between the two. */
  storage(
    options: SqliteStorageOptions = {},
    wrap: (driver: Driver) => Driver = (driver) => driver,
  ): SqliteStorage {
    return new SqliteStorage(wrap(this.driver), { sleep: async () => {}, ...options });
  }

  /** Runs one statement on the primary. */
  async sql(sql: string, ...parameters: Parameter[]): Promise<readonly Row[]> {
    const [rows = []] = await this.driver.batch([{ sql, parameters }]);
    return rows;
  }

  /** Empties every table. */
  async clear(): Promise<void> {
    const tables = SCHEMA_NAMES.filter((name) => !name.endsWith("_idx"));
    await this.driver.batch(tables.map((table) => ({ sql: `DELETE FROM ${table}`, parameters: [] })));
  }
}
