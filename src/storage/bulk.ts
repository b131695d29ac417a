import type { BulkReport, BulkStorage, CountReport } from "../core/bulk.ts";
import type { BulkChange, BulkFilter } from "../core/bulk-options.ts";
import { firstIdAt } from "../core/id.ts";
import { LIMITS } from "../core/options.ts";
import { OPERATIONS } from "../core/transitions.ts";
import type { Databases } from "./databases.ts";
import { BULK_PAGE } from "./statements/bulk.ts";
import type { Statement } from "./statements/statement.ts";

/** Sorts after every UUID. */
const AFTER_ALL = "g";

/** What a page found: how many tasks it looked at, and those of them that meet the filter. */
interface Found {
  readonly examined: number;
  readonly matching: number;
  /** Whether one of those that it looked at has a unique key. */
  readonly isKeyed: boolean;
  /** A list of `{id, attempts}` as JSON: what of them may be changed. */
  readonly picked: string;
  readonly cursor: string | null;
}

export function makeBulk(databases: Databases): BulkStorage {
  return {
    changePage: (filter, change, cursor, now) => changePage(databases, filter, change, cursor, now),
    countPage: (filter, cursor) => countPage(databases, filter, cursor),
  };
}

async function countPage(
  databases: Databases,
  filter: BulkFilter,
  cursor: string | null,
): Promise<CountReport> {
  const { matching, examined, cursor: next } = await findPage(databases, filter, [], cursor);
  return { count: matching, examined, cursor: next };
}

/** Two steps, so that a write that is sent again meets the same tasks: the first send may have taken them off the index that was read. */
async function changePage(
  databases: Databases,
  filter: BulkFilter,
  change: BulkChange,
  cursor: string | null,
  now: number,
): Promise<BulkReport> {
  const { from } = OPERATIONS[change.action];
  const { matching, picked, isKeyed, ...page } = await findPage(databases, filter, from, cursor);
  const changed = picked === "[]" ? 0 : await changePicked(databases, change, picked, isKeyed, now);
  return { changed, skipped: matching - changed, ...page };
}

async function findPage(
  { tasks, sql }: Databases,
  filter: BulkFilter,
  allowed: readonly string[],
  cursor: string | null,
): Promise<Found> {
  const { status = null, queue = null, funcPath = null, errorType = null } = filter;
  const { createdBefore = null, createdAfter = null, schedule = null, parentId = null } = filter;
  // Ids are UUIDv7, and none is much older than its task.
  const end = createdBefore === null ? AFTER_ALL : firstIdAt(createdBefore + LIMITS.idAhead);
  const values = { status, queue, funcPath, errorType, createdBefore, createdAfter, schedule, parentId };
  const find =
    parentId !== null ? sql.bulkFindChildren : status === "FAILED" ? sql.bulkFindFailed : sql.bulkFind;
  const [row] = await tasks.decide(
    find({ ...values, after: cursor ?? "", end, allowed: JSON.stringify(allowed) }),
  );
  if (row === undefined) return { examined: 0, matching: 0, isKeyed: false, picked: "[]", cursor: null };
  const { examined, matching, picked, keyed } = row;
  return {
    examined,
    matching,
    isKeyed: keyed === 1,
    picked,
    cursor: examined === BULK_PAGE ? row.last_id : null,
  };
}

/** @returns how many it changed, by whichever send */
async function changePicked(
  { tasks, results, sql }: Databases,
  change: BulkChange,
  picked: string,
  isKeyed: boolean,
  now: number,
): Promise<number> {
  const isRetry = change.action === "retry";
  if (isRetry || change.action === "delete") await results?.write(sql.bulkDeleteResultsElsewhere({ picked }));
  const { rows, resent } = await tasks.writeMany((resent) => ({
    over: isRetry && isKeyed ? [sql.bulkCancelOver({ picked, now })] : [],
    changed: [updateOf(sql, change, picked, now)],
    results: resultsOf(sql, change, picked, now),
    left: resent && isRetry ? [sql.bulkCountLeft({ picked })] : [],
  }));
  if (!resent) return rows.changed.length;
  // The first send may have changed them: then the second meets none.
  const members: unknown = JSON.parse(picked);
  return (Array.isArray(members) ? members.length : 0) - (rows.left[0]?.count ?? 0);
}

type Sql = Databases["sql"];

function updateOf(
  sql: Sql,
  change: BulkChange,
  picked: string,
  now: number,
): Statement<{ readonly id: string }> {
  switch (change.action) {
    case "retry":
      return sql.bulkRetry({ picked, now });
    case "delete":
      return sql.bulkDelete({ picked });
    case "cancel":
      return sql.bulkCancel({ picked, now });
    case "runNow":
      return sql.bulkRunNow({ picked, now });
    case "reschedule":
      return sql.bulkReschedule({ picked, eta: change.eta, now });
    case "change":
      return sql.bulkChange({ picked, priority: change.priority ?? null, queue: change.queue ?? null, now });
  }
}

/** The results that go with it. */
function resultsOf(
  sql: Sql,
  { action }: BulkChange,
  picked: string,
  now: number,
): readonly Statement<never>[] {
  if (action === "retry") return [sql.bulkDeleteOldResults({ picked, now })];
  return action === "delete" ? [sql.bulkDeleteResults({ picked })] : [];
}
