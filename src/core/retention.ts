import { RETENTION_DEFAULTS } from "./options.ts";
import type { Storage } from "./storage.ts";

/** How long finished tasks are kept, with their results. In milliseconds since they ended. */
export interface Retention {
  /** SUCCESS and CANCELLED. Defaults to 7 days. */
  readonly result: number;
  /** FAILED. Defaults to 30 days, or to `result` where that is more. */
  readonly failed: number;
}

export const RETENTION: Retention = { result: RETENTION_DEFAULTS.result, failed: RETENTION_DEFAULTS.failed };

/**
 * Purges what is past its time, if that is due: hourly over all workers, at once again where the last purge did not reach its
 * end.
 *
 * @param pages at most so many pages of 1,000 tasks, of about 6 queries each
 * @returns how many tasks were removed
 */
export async function purgeDue(
  storage: Storage,
  retention: Retention,
  now: number,
  pages: number,
): Promise<number> {
  const turn = await storage.startPurge(now, now + RETENTION_DEFAULTS.purgeInterval);
  if (turn === null) return 0;
  let { cursor } = turn;
  let purged = 0;
  for (let page = 0; page < pages; page++) {
    const done = await storage.purgeResults({
      olderThan: now - retention.result,
      failedOlderThan: now - retention.failed,
      cursor,
    });
    purged += done.purged;
    cursor = done.cursor;
    if (cursor === null) break;
  }
  await storage.purgeIdempotencyKeys(now - RETENTION_DEFAULTS.idempotencyKey);
  await storage.finishPurge(cursor, now);
  return purged;
}
