/**
 * The floor: what the database itself takes for the statements that the engine sent.
 *
 * While the engine works, a recording keeps every round trip. Replayed on a database in the same state, without anything of
 * ours between, it does the same work in the same batches, and nothing else.
 */
import type { Driver, Row } from "../src/storage/driver.ts";
import type { Statement } from "../src/storage/statements/statement.ts";

/** A database without our driver. */
export type Bare = Pick<Driver, "all" | "batch">;

/** One round trip: what was sent, and how many rows each statement returned. */
interface Exchange {
  readonly batch: boolean;
  readonly statements: readonly Statement[];
  readonly rowCounts: readonly number[];
}

/** A driver that remembers what went through it. */
export class Recording implements Driver {
  readonly migrateCommand: string;
  readonly #driver: Driver;
  #exchanges: Exchange[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
    this.migrateCommand = driver.migrateCommand;
  }

  async all(statement: Statement): Promise<readonly Row[]> {
    const rows = await this.#driver.all(statement);
    this.#exchanges.push({ batch: false, statements: [statement], rowCounts: [rows.length] });
    return rows;
  }

  async batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return this.#note(statements, await this.#driver.batch(statements));
  }

  async decide(reads: readonly Statement[], tablePrefix: string): Promise<readonly (readonly Row[])[]> {
    return this.#note(reads, await this.#driver.decide(reads, tablePrefix));
  }

  #note(statements: readonly Statement[], answers: readonly (readonly Row[])[]) {
    this.#exchanges.push({ batch: true, statements, rowCounts: answers.map((rows) => rows.length) });
    return answers;
  }

  native(statement: Statement): unknown {
    return this.#driver.native(statement);
  }

  session() {
    return { driver: this, bookmark: () => null };
  }

  forget(): void {
    this.#exchanges = [];
  }

  /**
   * Sends the same round trips again.
   *
   * @returns how many there were
   * @throws where a statement returns another number of rows than before: it did not do the same work
   */
  async replay(bare: Bare): Promise<number> {
    for (const { batch, statements, rowCounts } of this.#exchanges) {
      const [only] = statements;
      const answers = batch || only === undefined ? await bare.batch(statements) : [await bare.all(only)];
      const counts = answers.map((rows) => rows.length);
      if (counts.join() !== rowCounts.join()) {
        throw new Error(`the floor returned ${counts} rows where the engine got ${rowCounts}`);
      }
    }
    return this.#exchanges.length;
  }
}
