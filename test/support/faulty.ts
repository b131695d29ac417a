import { StorageRejected, StorageUnavailable } from "../../src/core/errors.ts";
import type { Driver, Row } from "../../src/storage/driver.ts";
import type { Statement } from "../../src/storage/statements/statement.ts";

/** What happens to one call on its way to the database. */
export type Fault = <T>(send: () => Promise<T>) => Promise<T>;

export const none: Fault = (send) => send();

/** The call never reaches the database. */
export const unsent: Fault = async () => {
  throw new StorageUnavailable("unavailable", { detail: "connection refused" });
};

/** The database is too busy to take the call. */
export const overloaded: Fault = async () => {
  throw new StorageUnavailable("overloaded", { detail: "too many requests queued" });
};

/** The database can write nothing at all. */
export const full: Fault = async () => {
  throw new StorageRejected("database or disk is full", { reason: "full" });
};

/** The same, in words that we do not know. */
export const broken: Fault = async () => {
  throw new StorageRejected("disk I/O error");
};

/** The call takes effect, and its reply is lost. */
export const lostReply: Fault = async (send) => {
  await send();
  throw new StorageUnavailable("unavailable", { detail: "connection lost" });
};

/** Something else happens just before the call. */
export function after(event: () => Promise<unknown>): Fault {
  return async (send) => {
    await event();
    return send();
  };
}

/** A driver over a real one: the faults befall its calls in turn, one each; the calls after them pass. */
export class FaultyDriver implements Driver {
  readonly #driver: Driver;
  readonly #faults: Fault[];
  /** Calls that were made, whatever befell them. */
  calls = 0;
  /** The most characters that a text parameter had. */
  longestText = 0;

  constructor(driver: Driver, faults: readonly Fault[]) {
    this.#driver = driver;
    this.#faults = [...faults];
  }

  get migrateCommand(): string {
    return this.#driver.migrateCommand;
  }

  all(statement: Statement): Promise<readonly Row[]> {
    return this.#next([statement])(() => this.#driver.all(statement));
  }

  batch(statements: readonly Statement[]) {
    return this.#next(statements)(() => this.#driver.batch(statements));
  }

  decide(reads: readonly Statement[], tablePrefix: string) {
    return this.#next(reads)(() => this.#driver.decide(reads, tablePrefix));
  }

  native(statement: Statement): unknown {
    return this.#driver.native(statement);
  }

  session(bookmark?: string) {
    return this.#driver.session(bookmark);
  }

  #next(statements: readonly Statement[]): Fault {
    this.calls += 1;
    for (const parameter of statements.flatMap(({ parameters }) => parameters)) {
      if (typeof parameter === "string") this.longestText = Math.max(this.longestText, parameter.length);
    }
    return this.#faults.shift() ?? none;
  }
}

/** A driver over a real one, as a replica that knows nothing: what may be asked of one finds no rows. */
export class StaleDriver extends FaultyDriver {
  override async all(): Promise<readonly Row[]> {
    return [];
  }
}

/** A driver over a real one, whose rows are altered on their way, as if somebody had edited them in the database. */
export class AlteredDriver extends FaultyDriver {
  readonly #alter: (row: Row) => Row;

  constructor(driver: Driver, alter: (row: Row) => Row) {
    super(driver, []);
    this.#alter = alter;
  }

  override async all(statement: Statement): Promise<readonly Row[]> {
    return (await super.all(statement)).map(this.#alter);
  }

  override async batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return (await super.batch(statements)).map((rows) => rows.map(this.#alter));
  }
}
