/** D1 with a count of the rows that it bills, by its own `meta`. */
import type { D1Database, D1PreparedStatement, D1Result } from "@cloudflare/workers-types";
import type { D1Binding, D1Prepared } from "../src/storage/d1.ts";
import type { Rows } from "./target.ts";

export class CountedD1 implements D1Binding<CountedStatement> {
  rows: Rows = { read: 0, written: 0 };
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  prepare(sql: string): CountedStatement {
    return new CountedStatement(this.#db.prepare(sql), (result) => this.#note(result));
  }

  async batch(statements: CountedStatement[]): Promise<{ results: unknown[] }[]> {
    const results = await this.#db.batch(statements.map(({ native }) => native));
    for (const result of results) this.#note(result);
    return results;
  }

  withSession() {
    return {
      prepare: (sql: string) => this.prepare(sql),
      batch: (statements: CountedStatement[]) => this.batch(statements),
      getBookmark: () => null,
    };
  }

  #note({ meta }: D1Result): void {
    this.rows.read += meta.rows_read;
    this.rows.written += meta.rows_written;
  }
}

class CountedStatement implements D1Prepared<CountedStatement> {
  readonly native: D1PreparedStatement;
  readonly #note: (result: D1Result) => void;

  constructor(native: D1PreparedStatement, note: (result: D1Result) => void) {
    this.native = native;
    this.#note = note;
  }

  bind(...values: unknown[]): CountedStatement {
    return new CountedStatement(this.native.bind(...values), this.#note);
  }

  async all(): Promise<{ results: unknown[] }> {
    const result = await this.native.all();
    this.#note(result);
    return result;
  }
}
