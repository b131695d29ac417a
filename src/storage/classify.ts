import {
  ConfigError,
  OmniqError,
  QueryLimitReached,
  type Rejection,
  SchemaMissing,
  StorageRejected,
  StorageUnavailable,
} from "../core/errors.ts";

/** What one of the database's own messages means for us. */
type ErrorKind =
  | "unavailable"
  | "overloaded"
  | "query-limit"
  | "schema"
  | "token"
  | "address"
  | Exclude<Rejection, "other">;

/**
 * Message patterns of one database, the first that fits decides. What fits none was refused, nobody knows why: trying it again
 * at once is no use, and the values are not to blame.
 */
export type ErrorTable = readonly (readonly [pattern: RegExp, kind: ErrorKind])[];

/**
 * Common to both, and looked at first, since a replica wraps them in its own words: the statement named a table, a column or an
 * index that is not there.
 */
export const SCHEMA_ERRORS: ErrorTable = [
  [/no such (table|column|index)|has no column named|no query solution/i, "schema"],
];

/**
 * What was refused, and would be again: SQLite's own words, which both databases pass on, and what a proxy or a replica says of
 * too much at once. A statement asserts by making JSON of a text that is none. A database that is full, or read-only, or of an
 * account at the end of what its plan has of room or of rows, takes no values at all.
 */
export const REJECTIONS: ErrorTable = [
  [/UNIQUE constraint/i, "unique"],
  [/malformed JSON/i, "assertion"],
  [
    /constraint failed|SQLITE_CONSTRAINT|cannot store \w+ value in|SQLITE_MISMATCH|datatype mismatch/i,
    "value",
  ],
  [/SQLITE_TOOBIG|string or blob too big|HTTP status 413|message length too large/i, "value"],
  [/SQLITE_FULL|disk is full|SQLITE_READONLY|readonly database/i, "full"],
  [
    /maximum (DB size|account storage limit)|daily row (read|write) limit|SQL \w+ operations are forbidden/i,
    "full",
  ],
];

/**
 * Turns an error of the database into ours; what is ours already stays as it is.
 *
 * @param migrate the command that brings the schema, for the message
 */
export function classify(error: unknown, table: ErrorTable, migrate: string): OmniqError {
  if (error instanceof OmniqError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const said = [...everythingSaid(error)].join("\n");
  const kind = [...SCHEMA_ERRORS, ...REJECTIONS, ...table].find(([pattern]) => pattern.test(said))?.[1];
  const cause = { cause: error };
  switch (kind) {
    case "unavailable":
    case "overloaded":
      return new StorageUnavailable(kind, { ...cause, detail });
    case "query-limit":
      return new QueryLimitReached(cause);
    case "schema":
      return new SchemaMissing(`it answers "${detail}"`, migrate, cause);
    case "token":
      return new ConfigError("OMNIQ_DB_TOKEN", "a token that the database accepts", refusal(detail), cause);
    case "address":
      return new ConfigError("OMNIQ_DB_URL", "the address of a database", refusal(detail), cause);
    default:
      return new StorageRejected(detail, { ...cause, reason: kind });
  }
}

/** Of two databases, one for the results, it is not known here which it was. */
function refusal(detail: string): string {
  return `one that it answers with "${detail}" (where results have a database of their own, it may be OMNIQ_RESULTS_DB_*)`;
}

/** The error's code and message, and those of its causes: a lost reply is told by the socket's own error at times. */
function* everythingSaid(error: unknown, depth = 5): Generator<string> {
  if (!(error instanceof Error)) return yield String(error);
  if ("code" in error) yield String(error.code);
  yield error.message;
  if (error.cause !== undefined && depth > 0) yield* everythingSaid(error.cause, depth - 1);
}
