import { classify, type ErrorTable } from "./classify.ts";
import type { Driver, Row } from "./driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "./sqlite.ts";
import type { Statement } from "./statements/statement.ts";

/** What we use of a prepared statement; Cloudflare's own type fits it, from whichever package you have it. */
export interface D1Prepared<Self> {
  bind(...values: unknown[]): Self;
  all(): Promise<{ results: unknown[] }>;
}

/** What we use of a session. */
export interface D1Session<Prepared> {
  prepare(sql: string): Prepared;
  batch(statements: Prepared[]): Promise<{ results: unknown[] }[]>;
  getBookmark(): string | null;
}

/** What we use of a D1 binding. */
export interface D1Binding<Prepared> extends Omit<D1Session<Prepared>, "getBookmark"> {
  withSession(constraintOrBookmark?: string): D1Session<Prepared>;
}

/**
 * D1 retries reads by itself and never writes: a write whose reply was lost may have taken effect.
 *
 * Sources: https://developers.cloudflare.com/d1/observability/debug-d1/ and
 * https://developers.cloudflare.com/d1/best-practices/retry-queries/
 */
export const D1_ERRORS: ErrorTable = [
  [/D1 DB is overloaded|Too many requests queued/i, "overloaded"],
  [/exceeded timeout which caused object to be reset/i, "overloaded"],
  [/exceeded its (memory|CPU time) limit|memory limit.*reset|CPU time limit.*reset/i, "overloaded"],
  [/Too many (API requests|subrequests) by single worker invocation/i, "query-limit"],
  [/Network connection lost/i, "unavailable"],
  [/reset because its code was updated/i, "unavailable"],
  [/storage caused object to be reset/i, "unavailable"],
  [/Cannot resolve D1 DB due to transient issue/i, "unavailable"],
  [/Can't read from request stream because client disconnected/i, "unavailable"],
  [/internal error; reference|Failed to parse body as JSON/i, "unavailable"],
  [/SQLITE_BUSY|database is locked/i, "unavailable"],
];

const MIGRATE = "`wrangler d1 migrations apply DB --remote` (`--local` for development)";

class D1Driver<Prepared extends D1Prepared<Prepared>> implements Driver<Prepared> {
  /** D1 is migrated by wrangler, never from inside a Worker. */
  readonly migrateCommand = MIGRATE;
  readonly #binding: D1Binding<Prepared>;
  readonly #connection: Omit<D1Session<Prepared>, "getBookmark">;

  constructor(binding: D1Binding<Prepared>, connection: Omit<D1Session<Prepared>, "getBookmark"> = binding) {
    this.#binding = binding;
    this.#connection = connection;
  }

  all(statement: Statement): Promise<readonly Row[]> {
    return this.#classified(async () => (await this.native(statement).all()).results as Row[]);
  }

  batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return this.#classified(async () => {
      const answers = await this.#connection.batch(statements.map((statement) => this.native(statement)));
      return answers.map((answer) => answer.results as Row[]);
    });
  }

  decide(reads: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return this.batch(reads);
  }

  native({ sql, parameters }: Statement): Prepared {
    return this.#connection.prepare(sql).bind(...parameters);
  }

  session(bookmark = "first-primary") {
    const session = this.#binding.withSession(bookmark);
    return { driver: new D1Driver(this.#binding, session), bookmark: () => session.getBookmark() };
  }

  async #classified<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw classify(error, D1_ERRORS, MIGRATE);
    }
  }
}

/**
 * Storage on Cloudflare D1.
 *
 * @param db the binding, such as `env.DB`
 * @param options `tablePrefix`, and `results` for a second database that takes the results
 * @example const storage = d1Storage(env.DB)
 */
export function d1Storage<Prepared extends D1Prepared<Prepared>>(
  db: D1Binding<Prepared>,
  options: SqliteStorageOptions = {},
): SqliteStorage<Prepared> {
  return new SqliteStorage(d1Driver(db), options);
}

/** The driver alone: for `results` of another storage. */
export function d1Driver<Prepared extends D1Prepared<Prepared>>(db: D1Binding<Prepared>): Driver<Prepared> {
  return new D1Driver(db);
}
