import { AMBIENT } from "../core/ambient.ts";
import { fullJitterDelay } from "../core/backoff.ts";
import { StorageUnavailable } from "../core/errors.ts";
import type { Driver, Row } from "./driver.ts";
import type { Statement } from "./statements/statement.ts";

/** How often one write is sent before its caller hears of the failure. */
const MAX_TRIES = 5;

export interface RetryOptions {
  /** A number from 0 to 1, exclusive. Defaults to `Math.random`. */
  readonly random?: () => number;
  /** Waits so many milliseconds. Defaults to `setTimeout`. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** Counts the statements of one invocation, over all the connections that it uses. */
export interface Meter {
  queries: number;
}

/** Statements by what their rows are for. They are sent together, in this order. */
type Groups = Readonly<Record<string, readonly Statement[]>>;

/** The rows of each group, those of its statements one after the other. */
type RowsOf<G extends Groups> = {
  readonly [Name in keyof G]: readonly RowOf<G[Name][number]>[];
};
type RowOf<S> = S extends Statement<infer R> ? R : never;

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
  async read<R>(statement: Statement<R>): Promise<readonly R[]> {
    const send = async () => [await this.#driver.all(statement)];
    return (await this.retry(() => this.#send({ only: [statement] }, send))).only;
  }

  /** A read that something is decided by: the primary serves it, not a replica. */
  async decide<R>(statement: Statement<R>): Promise<readonly R[]> {
    return (await this.decideMany({ only: [statement] })).only;
  }

  /** Several such reads, of one instant. */
  decideMany<G extends Groups>(groups: G): Promise<RowsOf<G>> {
    return this.retry(() => this.decideOnce(groups));
  }

  /** One write, which answers a second send as it did the first. */
  async write<R>(statement: Statement<R>): Promise<readonly R[]> {
    return (await this.writeMany(() => ({ only: [statement] }))).rows.only;
  }

  /**
   * One transaction.
   *
   * @param build the statements; for a resend they may differ, to find out what the first send did
   * @returns `resent` is true where an earlier send may have taken effect, so that these rows may be those of a repetition
   */
  writeMany<G extends Groups>(
    build: (resent: boolean) => G,
  ): Promise<{ readonly rows: RowsOf<G>; readonly resent: boolean }> {
    return this.retry(async (tries) => ({ rows: await this.writeOnce(build(tries > 1)), resent: tries > 1 }));
  }

  /** One transaction, sent once. */
  writeOnce<G extends Groups>(groups: G): Promise<RowsOf<G>> {
    return this.#send(groups, (statements) => this.#driver.batch(statements));
  }

  /** Reads that something is decided by, sent once. */
  decideOnce<G extends Groups>(groups: G): Promise<RowsOf<G>> {
    return this.#send(groups, (statements) => this.#driver.decide(statements, this.#tablePrefix));
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

  async #send<G extends Groups>(
    groups: G,
    send: (statements: readonly Statement[]) => Promise<readonly (readonly Row[])[]>,
  ): Promise<RowsOf<G>> {
    const statements = Object.values(groups).flat();
    this.#meter.queries += statements.length;
    const answers = [...(await send(statements))];
    const rows = Object.entries(groups).map(([name, { length }]) => [name, answers.splice(0, length).flat()]);
    // What the database returns gets its type here, and only here: the statement says which.
    return Object.fromEntries(rows) as RowsOf<G>;
  }
}
