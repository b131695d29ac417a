import { backlogSql } from "./statements/backlog.ts";
import { bulkSql } from "./statements/bulk.ts";
import { claimSql } from "./statements/claim.ts";
import { dependenciesSql } from "./statements/dependencies.ts";
import { enqueueSql } from "./statements/enqueue.ts";
import { exploreSql } from "./statements/explore.ts";
import { historySql } from "./statements/history.ts";
import { inspectSql } from "./statements/inspect.ts";
import { namesFor } from "./statements/names.ts";
import { operateSql } from "./statements/operate.ts";
import { purgeSql } from "./statements/purge.ts";
import { readSql } from "./statements/read.ts";
import { schedulesSql } from "./statements/schedules.ts";
import { settleSql } from "./statements/settle.ts";
import { uniqueSql } from "./statements/unique.ts";

/**
 * The statements of the queue, by name; `sql` of each is its text. Costs are rows as D1's `meta` counts them; `W` of them are
 * billed as written.
 *
 * Parameters that are lists are one JSON text, read by `json_each`: D1 binds at most 100 values, and a number bound from
 * JavaScript becomes REAL there, while one inside JSON stays INTEGER.
 */
export type Statements = ReturnType<typeof buildStatements>;

const cache = new Map<string, Statements>();

/** The statements for a table prefix, built once. */
export function statementsFor(prefix: string): Statements {
  const known = cache.get(prefix) ?? buildStatements(prefix);
  cache.set(prefix, known);
  return known;
}

function buildStatements(prefix: string) {
  const names = namesFor(prefix);
  return {
    ...enqueueSql(names),
    ...dependenciesSql(names),
    ...claimSql(names),
    ...settleSql(names),
    ...operateSql(names),
    ...bulkSql(names),
    ...readSql(names),
    ...exploreSql(names),
    ...backlogSql(names),
    ...inspectSql(names),
    ...purgeSql(names),
    ...historySql(names),
    ...uniqueSql(names),
    ...schedulesSql(names),
  };
}
