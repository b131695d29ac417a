import type { Connection } from "./connection.ts";
import type { Statements } from "./statements.ts";

/** What the verbs work with. */
export interface Databases {
  readonly tasks: Connection;
  /** A database of their own for the results; null where they are beside the tasks. */
  readonly results: Connection | null;
  readonly sql: Statements;
}
