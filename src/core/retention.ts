import { type Duration, type Instant, parseDuration, parseInstant, parseInteger } from "./duration.ts";
import { LIMITS, parseId, RETENTION_DEFAULTS, within } from "./options.ts";
import type { PurgeRequest, Storage } from "./storage.ts";

/** How long finished tasks are kept, with their results. In milliseconds since they ended. */
export interface Retention {
  /** SUCCESS and CANCELLED. Defaults to 7 days. */
  readonly result: number;
  /** FAILED. Defaults to 30 days, or to `result` where that is more. */
  readonly failed: number;
}

/** The same as it is written: integer milliseconds, or a text such as `"7d"`; 0 to 10 years. */
export interface RetentionOptions {
  /** SUCCESS and CANCELLED. Defaults to 7 days. */
  readonly result?: Duration;
  /** FAILED. Defaults to 30 days, or to `result` where that is more. */
  readonly failed?: Duration;
}

/** Checks how long finished tasks are kept. @throws {ValidationError} naming the field, as `retention.result` */
export function parseRetention(given: RetentionOptions = {}): Retention {
  const read = (name: keyof RetentionOptions, fallback: number) =>
    within("retention", () => parseDuration(given[name] ?? fallback, name, LIMITS.timeToLive));
  const result = read("result", RETENTION_DEFAULTS.result);
  return { result, failed: read("failed", Math.max(result, RETENTION_DEFAULTS.failed)) };
}

/** What an operator purges. */
export interface PurgeOptions {
  /** What ended so long ago, or `{ before }` a moment. One in the future counts as now. */
  readonly olderThan: Duration | { readonly before: Instant };
  /** From the purge before. Defaults to the beginning. */
  readonly cursor?: string | null;
  /** At most so many pages of 1,000 tasks, of about 5 queries each: 1 to 1,000. Defaults to 5. */
  readonly pages?: number;
}

/** Nothing finished in the future: ids from there stay unknown, not purged. */
export function parsePurge({ olderThan, cursor = null, pages = 5 }: PurgeOptions, now: number) {
  const limit =
    typeof olderThan === "object"
      ? Math.min(now, parseInstant(olderThan.before, "olderThan"))
      : now - parseDuration(olderThan, "olderThan", LIMITS.timeToLive);
  const request: PurgeRequest = {
    olderThan: limit,
    failedOlderThan: limit,
    cursor: cursor === null ? null : parseId(cursor, "cursor"),
  };
  return { request, pages: parseInteger(pages, "pages", LIMITS.purgePages) };
}

/**
 * Purges what is past its time, if that is due: hourly over all workers, at once again where the last purge did not reach its
 * end.
 *
 * @param pages at most so many pages of 1,000 tasks, of about 6 queries each
 * @param keepHistory how long the minutes of the history are kept, in milliseconds. Defaults to leaving it alone
 * @returns how many tasks were removed
 */
export async function purgeDue(
  storage: Storage,
  retention: Retention,
  now: number,
  pages: number,
  keepHistory: number | null = null,
): Promise<number> {
  const turn = await storage.startPurge(now, now + RETENTION_DEFAULTS.purgeInterval);
  if (turn === null) return 0;
  const limits = { olderThan: now - retention.result, failedOlderThan: now - retention.failed };
  const begins = turn.cursor === null || turn.cursor === FROM_START;
  const timed = begins ? await purgeOutlived(storage, now, pages) : NOTHING_PURGED;
  const request = { ...limits, ...turn, leavesTimed: true };
  const aged =
    turn.cursor === BESIDE ? NOTHING_PURGED : await purgePages(storage, request, pages - timed.pages);
  const left = pages - timed.pages - aged.pages;
  if (aged.cursor === null && left > 0) await purgeBeside(storage, now, left, keepHistory);
  await storage.finishPurge(nextCursor(aged.cursor, timed.pages === pages, left), now);
  return purged(timed, aged);
}

/** Where the next turn goes on; null where this one has come to its end. */
function nextCursor(cursor: string | null, hasBegun: boolean, left: number): string | null {
  if (cursor !== null || left > 0) return cursor;
  return hasBegun ? FROM_START : BESIDE;
}

function purged(...all: readonly { readonly purged: number }[]): number {
  return all.reduce((sum, one) => sum + one.purged, 0);
}

/** What is kept beside the tasks: it takes a page's turn, so that the least query budget has room for both. */
async function purgeBeside(storage: Storage, now: number, pages: number, keepHistory: number | null) {
  await storage.purgeIdempotencyKeys(now - RETENTION_DEFAULTS.idempotencyKey);
  if (keepHistory !== null) await storage.history.purge(now - keepHistory);
  for (let page = 0; page < pages; page++) if (!(await storage.uniques.purgeWindows(now)).more) break;
}

// Cursors that are no task's id: before all of them, and after.
const FROM_START = "";
const BESIDE = "beside";

const NOTHING_PURGED = { purged: 0, pages: 0, cursor: null } as const;

/** Purges those whose own `resultTtl` is over; a look that finds none is no page. */
async function purgeOutlived({ lifetimes }: Storage, now: number, limit: number) {
  let [pages, purged, more] = [0, 0, true];
  while (more && pages < limit) {
    const done = await lifetimes.purgeOutlived(now);
    purged += done.purged;
    more = done.more;
    if (done.purged > 0) pages += 1;
  }
  return { purged, pages };
}

/** Purges page by page: `cursor` is null where it reached the end. `pages` are those that took their queries: an empty one did not. */
export async function purgePages(
  storage: Pick<Storage, "purgeResults">,
  request: PurgeRequest,
  limit: number,
): Promise<{ readonly purged: number; readonly pages: number; readonly cursor: string | null }> {
  let { cursor } = request;
  let [pages, purged] = [0, 0];
  for (let page = 0; page < limit; page++) {
    const done = await storage.purgeResults({ ...request, cursor });
    purged += done.purged;
    cursor = done.cursor;
    if (done.purged > 0 || cursor !== null) pages += 1;
    if (cursor === null) break;
  }
  return { purged, pages, cursor };
}
