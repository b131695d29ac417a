import { AMBIENT } from "../core/ambient.ts";
import { fullJitterDelay } from "../core/backoff.ts";
import { StorageUnavailable } from "../core/errors.ts";
import type { Driver, Parameter, Row, Statement } from "./driver.ts";

/** How often one write is sent before its caller hears of the failure. */
const MAX_TRIES = 5;

export interface RetryOptions {
  /** A number from 0 to 1, exclusive. Defaults to `Math.random`. */
  readonly random?: () => number;
  /** Waits so many milliseconds. Defaults to `setTimeout`. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface Answer {
  /** One list of rows for each statement. */
  readonly rows: readonly (readonly Row[])[];
  /** True where an earlier send may have taken effect, so that this answer may be that of a repetition. */
  readonly resent: boolean;
}

/** Counts the statements of one invocation, over all the connections that it uses. */
export interface Meter {
  queries: number;
}

/** Sends statements, counts them, and sends them again where the database did not answer. */
export class Connection {
  readonly #driver: Driver;
  readonly #meter: Meter;
  readonly #tablePrefix: string;
  readonly #random: () => number;
  readonly #sleep: (milliseconds: number) => Promise<void>;

  constructor(
    driver: Driver,
    meter: Meter,
    tablePrefix: string,
    { random = AMBIENT.random, sleep = AMBIENT.sleep }: RetryOptions = {},
  ) {
    this.#driver = driver;
    this.#meter = meter;
    this.#tablePrefix = tablePrefix;
    this.#random = random;
    this.#sleep = sleep;
  }

  /** A read that decides nothing: a replica may serve it. */
  read(sql: string, ...parameters: Parameter[]): Promise<readonly Row[]> {
    return this.retry(() => {
      this.#meter.queries += 1;
      return this.#driver.all({ sql, parameters });
    });
  }

  /** A read that something is decided by: the primary serves it, not a replica. */
  async decide(sql: string, ...parameters: Parameter[]): Promise<readonly Row[]> {
    const [rows = []] = await this.decideMany([{ sql, parameters }]);
    return rows;
  }

  /** Several such reads, of one instant. */
  decideMany(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return this.retry(() => this.sendReads(statements));
  }

  /**
   * One transaction.
   *
   * @param build the statements; for a resend they may differ, to find out what the first send did
   */
  write(build: (resent: boolean) => readonly Statement[]): Promise<Answer> {
    return this.retry(async (tries) => ({ rows: await this.send(build(tries > 1)), resent: tries > 1 }));
  }

  /** One transaction, sent once. */
  send(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    this.#meter.queries += statements.length;
    return this.#driver.batch(statements);
  }

  /** Reads that something is decided by, sent once. */
  sendReads(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    this.#meter.queries += statements.length;
    return this.#driver.decide(statements, this.#tablePrefix);
  }

  /** Repeats `attempt`, which is told its number from 1, for as long as the database does not answer. */
  async retry<T>(attempt: (tries: number) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(tries);
      } catch (error) {
        if (!(error instanceof StorageUnavailable) || tries === MAX_TRIES) throw error;
        // An overloaded database is given more time from the start.
        const step = error.code === "storage_overloaded" ? tries + 3 : tries;
        await this.#sleep(fullJitterDelay(step, this.#random()));
      }
    }
  }
}
