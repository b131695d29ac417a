import type { Driver } from "../../src/storage/driver.ts";
import type { Statement } from "../../src/storage/statements/statement.ts";
import { statementsFor } from "../../src/storage/statements.ts";
import { type Fault, none } from "./faulty.ts";

/** What a call to the database is for, as far as the engine's tests tell them apart. */
export type CallKind = "claim" | "settle" | "renew" | "rescue" | "peek" | "other";

const sql = statementsFor("");

const KINDS: ReadonlyMap<string, CallKind> = new Map([
  [sql.claimAny.sql, "claim"],
  [sql.claimListed.sql, "claim"],
  [sql.claimQuarantined.sql, "claim"],
  [sql.findClaimed.sql, "claim"],
  [sql.settleTasks.sql, "settle"],
  [sql.renew.sql, "renew"],
  [sql.findExpired.sql, "rescue"],
  [sql.rescueTasks.sql, "rescue"],
  [sql.findNextEta.sql, "peek"],
]);

/** A driver over a real one, that tells what was asked of the database and lets faults befall calls of one kind. */
export class TappedDriver implements Driver {
  readonly calls: CallKind[] = [];
  /** Befalls every call, until it is set to another. */
  always: Fault = none;
  readonly #driver: Driver;
  readonly #faults: { readonly kind: CallKind; readonly fault: Fault }[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  get migrateCommand(): string {
    return this.#driver.migrateCommand;
  }

  /** The next calls of this kind meet these faults in turn, one each. */
  disturb(kind: CallKind, ...faults: readonly Fault[]): void {
    this.#faults.push(...faults.map((fault) => ({ kind, fault })));
  }

  count(kind: CallKind): number {
    return this.calls.filter((call) => call === kind).length;
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
    const kinds = statements.map((statement) => KINDS.get(statement.sql) ?? "other");
    const kind = kinds.find((known) => known !== "other") ?? "other";
    this.calls.push(kind);
    const index = this.#faults.findIndex((planned) => planned.kind === kind);
    const [planned] = index < 0 ? [] : this.#faults.splice(index, 1);
    return planned?.fault ?? this.always;
  }
}
