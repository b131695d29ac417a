import {
  type OmniqError,
  QueryLimitReached,
  type Rejection,
  SchemaMissing,
  StorageRejected,
  StorageUnavailable,
} from "../core/errors.ts";

/** What one of the database's own messages means for us. */
type ErrorKind = "unavailable" | "overloaded" | "query-limit" | "schema";

/** Message patterns of one database, the first that fits decides. What fits none was refused, and would be again. */
export type ErrorTable = readonly (readonly [pattern: RegExp, kind: ErrorKind])[];

/**
 * Common to both, and looked at first, since a replica wraps them in its own words: the statement named a table, a column or an
 * index that is not there.
 */
export const SCHEMA_ERRORS: ErrorTable = [
  [/no such (table|column|index)|has no column named|no query solution/i, "schema"],
];

/** SQLite's own words, which both databases pass on. A statement asserts by making JSON of a text that is none. */
const REJECTIONS: readonly (readonly [pattern: RegExp, reason: Rejection])[] = [
  [/UNIQUE constraint/i, "unique"],
  [/malformed JSON/i, "assertion"],
];

/**
 * Turns an error of the database into ours.
 *
 * @param migrate the command that brings the schema, for the message
 */
export function classify(error: unknown, table: ErrorTable, migrate: string): OmniqError {
  const detail = error instanceof Error ? error.message : String(error);
  const kind = [...SCHEMA_ERRORS, ...table].find(([pattern]) => pattern.test(detail))?.[1];
  switch (kind) {
    case "unavailable":
    case "overloaded":
      return new StorageUnavailable(kind, { cause: error, detail });
    case "query-limit":
      return new QueryLimitReached({ cause: error });
    case "schema":
      return new SchemaMissing(`it answers "${detail}"`, migrate, { cause: error });
    case undefined: {
      const reason = REJECTIONS.find(([pattern]) => pattern.test(detail))?.[1];
      return new StorageRejected(detail, { cause: error, reason });
    }
  }
}
