import type { Driver, Row } from "../../src/storage/driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "../../src/storage/sqlite.ts";
import type { Parameter } from "../../src/storage/statements/statement.ts";
import { TABLE_NAMES } from "../../src/storage/verify.ts";

/** A real database, as a test uses it: through the product's driver, and by SQL of its own. */
export class TestDatabase {
  readonly driver: Driver;
  #marks = 0;

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
    const [rows = []] = await this.driver.decide([{ sql, parameters }], "");
    return rows;
  }

  /**
   * Waits until plain reads see all that was written: a replica may lag behind. Commits arrive in order, so a mark that is
   * read back, and then read no more, proves it.
   */
  async catchUp(): Promise<void> {
    this.#marks += 1;
    const mark = `mark ${this.#marks}`;
    const read = { sql: "SELECT 1 FROM queues WHERE name = ?1", parameters: [mark] };
    const untilSeen = async (times: number) => {
      for (let tries = 0; (await this.driver.all(read)).length !== times; tries++) {
        if (tries === 1_000) throw new Error("expected reads to catch up with the writes, and they did not");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    await this.sql("INSERT INTO queues (name) VALUES (?1)", mark);
    await untilSeen(1);
    await this.sql("DELETE FROM queues WHERE name = ?1", mark);
    await untilSeen(0);
  }

  /** Empties every table. */
  async clear(): Promise<void> {
    await this.driver.batch(TABLE_NAMES.map((table) => ({ sql: `DELETE FROM ${table}`, parameters: [] })));
  }
}
