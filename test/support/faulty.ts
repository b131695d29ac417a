import { StorageRejected, StorageUnavailable } from "../../src/core/errors.ts";
import type { Driver } from "../../src/storage/driver.ts";
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

/** The database can write nothing at all, and says so in words that we do not know. */
export const full: Fault = async () => {
  throw new StorageRejected("database or disk is full");
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

  all(statement: Statement) {
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
