import { firstIdAt, idTime } from "../core/id.ts";
import { LIMITS } from "../core/options.ts";
import type { PurgeRequest } from "../core/storage.ts";
import type { Databases } from "./databases.ts";
import { PURGE_PAGE } from "./statements/purge.ts";

/**
 * Removes the finished tasks of one page, with their results.
 *
 * Ids are UUIDv7: a task that ended before a moment was not created after it, so a purge ends there.
 */
export async function purgeResults(
  { tasks, results, sql }: Databases,
  { olderThan, failedOlderThan, cursor, leavesTimed = false }: PurgeRequest,
): Promise<{ readonly purged: number; readonly cursor: string | null }> {
  const latest = Math.max(olderThan, failedOlderThan);
  const range = { after: cursor ?? "", end: firstIdAt(latest + LIMITS.idAhead) };
  const horizon = { olderThan, failedOlderThan };
  const { pages, purgeable } = await tasks.decideMany({
    pages: [sql.examinePage(range)],
    purgeable: [sql.findPurgeable({ ...range, ...horizon, withTimed: Number(!leavesTimed) })],
  });
  const ids = JSON.stringify(purgeable.map(({ id }) => id));
  let purged = 0;
  if (purgeable.length > 0) {
    // First, so that a crash in between leaves no result behind that nothing refers to.
    await results?.write(sql.deleteResults({ ids, finishedBefore: latest }));
    const { rows, resent } = await tasks.writeMany(() => ({
      tasks: [sql.purgeTasks({ ids, ...horizon })],
      results: [sql.purgeResults({ ids })],
      mark: [sql.recordPurge({ doneBefore: latest })],
    }));
    purged = resent ? purgeable.length : rows.tasks.length;
  }
  const [page] = pages;
  return { purged, cursor: page?.examined === PURGE_PAGE ? page.last_id : null };
}

export async function purgeIdempotencyKeys({ tasks, sql }: Databases, olderThan: number): Promise<void> {
  await tasks.write(sql.purgeIdempotencyKeys({ olderThan }));
}

/** True where a task with this id may have been purged: it is no younger than the last purge reached. */
export async function mayBePurged({ tasks, sql }: Databases, id: string): Promise<boolean> {
  const [row] = await tasks.read(sql.readPurge);
  return row !== undefined && idTime(id) < row.done_before + LIMITS.idAhead;
}

export async function startPurge(
  { tasks, sql }: Databases,
  now: number,
  nextAt: number,
): Promise<{ readonly cursor: string | null } | null> {
  const { rows } = await tasks.writeMany((resent) => ({
    taken: [sql.startPurge({ now, nextAt, resent: Number(resent) })],
  }));
  return rows.taken[0] ?? null;
}

export async function finishPurge(
  { tasks, sql }: Databases,
  cursor: string | null,
  now: number,
): Promise<void> {
  await tasks.write(sql.finishPurge({ cursor, nextAt: cursor === null ? null : now }));
}
