import type { RescueBackoff, Rescued } from "../core/storage.ts";
import { rescue, type Settlement } from "../core/transitions.ts";
import { findIn } from "./claims.ts";
import type { Databases } from "./databases.ts";
import { settlementJson, toLists } from "./lists.ts";
import { writeResults } from "./settle.ts";

/** Settles tasks whose lease has expired by `now`. */
export async function rescueMany(
  databases: Databases,
  now: number,
  backoff: RescueBackoff,
  records = false,
): Promise<readonly Rescued[]> {
  const { tasks, sql } = databases;
  const expired = await tasks.decide(sql.findExpired({ now }));
  const rescued = expired.map(
    ({ id, attempts, failures, max_retries: maxRetries, held, func_path: funcPath }) => {
      const task = { id, attempts, failures, maxRetries, quarantined: held === 1 };
      const delay = (count: number) => backoff(count, { id, attempts, funcPath });
      return { claim: { id, attempts }, settlement: rescue(task, now, delay) };
    },
  );
  const settlements = rescued.map(({ settlement }) => settlement);
  const settled = new Set(await settleExpired(databases, settlements, now, records));
  return rescued.filter(({ settlement }) => settled.has(settlement));
}

/** As `settleMany`, but a lease that was renewed meanwhile is left alone. */
async function settleExpired(
  databases: Databases,
  settlements: readonly Settlement[],
  now: number,
  records: boolean,
): Promise<readonly Settlement[]> {
  if (settlements.length === 0) return [];
  const { tasks, results, sql } = databases;
  const lists = toLists(settlements, settlementJson).map(({ json }) => ({ settlements: json, now }));
  const { rows } = await tasks.writeMany((resent) => ({
    recorded: records ? lists.map(sql.recordRescued) : [],
    rescued: lists.flatMap((list) =>
      results === null ? [sql.rescueResults(list), sql.rescueTasks(list)] : [sql.rescueTasks(list)],
    ),
    rescuedBefore: resent ? lists.map(sql.findRescued) : [],
  }));
  const settled = [...rows.rescued, ...rows.rescuedBefore];
  // After, not before: no lease protects the write, and a FAILED task is served with its own last error anyway.
  await writeResults(databases, settlements, settled, now);
  return findIn(settled, settlements);
}
