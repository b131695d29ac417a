import type { Statement } from "./statements/statement.ts";

/** A row as the database returns it. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * What an adapter provides: how statements are sent, and which of our errors the database's own mean.
 *
 * @typeParam Native the database's own form of a statement, for batches that a caller composes
 */
export interface Driver<Native = unknown> {
  /** Sends one read that decides nothing: it may be served by a replica. */
  all(statement: Statement): Promise<readonly Row[]>;
  /** Sends statements, some of which write, as one transaction on the primary: all take effect or none. One list of rows for each. */
  batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>;
  /**
   * Sends reads that something is decided by, of one instant: the primary serves them, or in a session whoever has seen all
   * that the session has. One list of rows for each.
   *
   * @param tablePrefix tells which tables are ours, for a database that must be made to ask its primary
   */
  decide(reads: readonly Statement[], tablePrefix: string): Promise<readonly (readonly Row[])[]>;
  /** The statement, ready for the database's own `batch`. */
  native(statement: Statement): Native;
  /** A driver whose reads see at least what the bookmark has seen; the driver itself where that has no meaning. */
  session(bookmark?: string): { readonly driver: Driver<Native>; bookmark(): string | null };
  /** The command that brings the schema, for messages. */
  readonly migrateCommand: string;
  /** Applies the migrations; absent where others do. */
  migrate?(tablePrefix: string): Promise<void>;
  /** A number that changes when another connection commits; absent where the database has none that costs nothing. */
  dataVersion?(): Promise<number>;
}
