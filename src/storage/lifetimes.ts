import type { LifetimeStorage } from "../core/lifetimes.ts";
import type { Databases } from "./databases.ts";
import { PURGE_PAGE } from "./statements/purge.ts";

/** The storage of tasks that say themselves how long they are kept. */
export function makeLifetimes(databases: Databases): LifetimeStorage {
  return { purgeOutlived: (now) => purgeOutlived(databases, now) };
}

async function purgeOutlived({ tasks, results, sql }: Databases, now: number) {
  const outlived = await tasks.decide(sql.findOutlived({ now }));
  const more = outlived.length === PURGE_PAGE;
  if (outlived.length === 0) return { purged: 0, more };
  const ids = JSON.stringify(outlived.map(({ id }) => id));
  const latest = 1 + Math.max(...outlived.map((row) => row.updated_at));
  // First, so that a crash in between leaves no result behind that nothing refers to.
  await results?.write(sql.deleteResults({ ids, finishedBefore: latest }));
  const { rows, resent } = await tasks.writeMany(() => ({
    tasks: [sql.purgeOutlived({ ids, now })],
    results: [sql.purgeResults({ ids })],
    mark: [sql.recordPurge({ doneBefore: latest })],
  }));
  return { purged: resent ? outlived.length : rows.tasks.length, more };
}
