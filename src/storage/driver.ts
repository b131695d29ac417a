/** A value that both databases bind. Lists travel as one JSON text. */
export type Parameter = string | number | null;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * What an adapter provides: how statements are sent, and which of our errors the database's own mean.
 *
 * @typeParam Native the database's own form of a statement, for batches that a caller composes
 */
export interface Driver<Native = unknown> {
  /** Sends one read that decides nothing: it may be served by a replica. */
  all(statement: Statement): Promise<readonly Row[]>;
  /** Sends statements as one transaction on the primary: all take effect or none. One list of rows for each. */
  batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]>;
  /** The statement, ready for the database's own `batch`. */
  native(statement: Statement): Native;
  /** A driver whose reads see at least what the bookmark has seen; the driver itself where that has no meaning. */
  session(bookmark?: string): { readonly driver: Driver<Native>; bookmark(): string | null };
  /** The command that brings the schema, for messages. */
  readonly migrateCommand: string;
  /** Applies the migrations; absent where others do. */
  migrate?(tablePrefix: string): Promise<void>;
  /** True where a batch that only reads may be served by a replica: see {@link batchReads}. */
  readonly mayBeReplica?: boolean;
  /** A number that changes when another connection commits; absent where the database has none that costs nothing. */
  dataVersion?(): Promise<number>;
}

/**
 * Sends reads that something is decided by as one transaction, which the primary serves. Behind the address of a libSQL server
 * may be a replica: it serves a batch of reads by itself, and was stale in 1 to 4 of 100; with a write it passes the batch on.
 *
 * @param writeNothing a statement that the database takes for a write
 */
export async function batchReads(
  driver: Driver,
  writeNothing: string,
  reads: readonly Statement[],
): Promise<readonly (readonly Row[])[]> {
  if (driver.mayBeReplica !== true) return driver.batch(reads);
  const [, ...rows] = await driver.batch([{ sql: writeNothing, parameters: [] }, ...reads]);
  return rows;
}
