import { firstIdAt, idTime, LIMITS } from "../core/options.ts";
import type { PurgeRequest } from "../core/storage.ts";
import type { Connection } from "./connection.ts";
import { typed } from "./rows.ts";
import type { SettleTarget } from "./settle.ts";

/**
 * Removes the finished tasks of one page of at most 1,000, with their results.
 *
 * Ids are UUIDv7: a task that ended before a moment was not created after it, so a purge ends there.
 */
export async function purgePage(
  target: SettleTarget,
  { olderThan, failedOlderThan, cursor }: PurgeRequest,
): Promise<{ purged: number; cursor: string | null }> {
  const { tasks, results, sql } = target;
  const latest = Math.max(olderThan, failedOlderThan);
  const end = firstIdAt(latest + LIMITS.idAhead);
  const [examined = [], purgeable = []] = await tasks.decideMany([
    { sql: sql.examinePage, parameters: [cursor ?? "", end] },
    { sql: sql.findPurgeable, parameters: [cursor ?? "", end, olderThan, failedOlderThan] },
  ]);
  const [page] = typed<{ last_id: string | null; examined: number }>(examined);
  const ids = JSON.stringify(typed<{ id: string }>(purgeable).map(({ id }) => id));
  let purged = 0;
  if (purgeable.length > 0) {
    // First, so that a crash in between leaves no result behind that nothing refers to.
    await results?.write(() => [{ sql: sql.deleteResults, parameters: [ids, latest] }]);
    const { rows, resent } = await tasks.write(() => [
      { sql: sql.purgeTasks, parameters: [ids, olderThan, failedOlderThan] },
      { sql: sql.purgeResults, parameters: [ids] },
      { sql: sql.recordPurge, parameters: [latest] },
    ]);
    purged = resent ? purgeable.length : (rows[0]?.length ?? 0);
  }
  return { purged, cursor: page?.examined === 1_000 ? page.last_id : null };
}

/** True where a task with this id may have been purged: it is no younger than the last purge reached. */
export async function mayBePurged(
  connection: Connection,
  sql: SettleTarget["sql"],
  id: string,
): Promise<boolean> {
  const [row] = typed<{ done_before: number }>(await connection.read(sql.readPurge));
  return row !== undefined && idTime(id) < row.done_before + LIMITS.idAhead;
}
