import { LIMITS } from "../../core/options.ts";
import { PURGED } from "./history.ts";
import { due, hasStatus, type Names, running } from "./names.ts";
import { MAX_DEPTH } from "./read.ts";
import { prepare } from "./statement.ts";

/** Queues that are looked at for the task that is most overdue. */
const MAX_QUEUES = 30;

/** What is counted beside the depth is counted up to here. */
export const MAX_COUNT = 100;

type BacklogRow = {
  waiting: number;
  running: number;
  held: number;
  failed: number;
  oldest_queue: string | null;
  oldest_age: number | null;
};

/** What waits in all queues together, now and in the minutes before. */
export function backlogSql(names: Names) {
  const { tasks, backlog, dueIndex, leaseIndex, heldIndex, failedIndex, queueNames } = names;

  /** One more than the bound tells that there are more. */
  const count = (index: string, predicate: string, most: number) =>
    `(SELECT count(*) FROM (SELECT 1 FROM ${tasks} ${index} WHERE ${predicate} LIMIT ${most + 1}))`;

  /** Some seeks a queue. */
  const oldest = `
    WITH RECURSIVE ${queueNames(dueIndex, due(), "names", MAX_QUEUES)},
    priorities (value) AS (VALUES (${LIMITS.priority.min}) UNION ALL SELECT value + 1 FROM priorities WHERE value < ${LIMITS.priority.max})
    SELECT queue, eta FROM (
      SELECT n.queue, (SELECT min(eta) FROM ${tasks} ${dueIndex} WHERE queue = n.queue AND priority = p.value AND ${due()}) AS eta
      FROM names n CROSS JOIN priorities p WHERE n.queue IS NOT NULL)
    WHERE eta <= :now ORDER BY eta LIMIT 1`;
  const minute = ":now - :now % 60000";

  return {
    /** A read for each that is counted, and some seeks a queue for the oldest. */
    countBacklog: prepare<{ now: number }, BacklogRow>(`
      SELECT ${count(dueIndex, due(), MAX_DEPTH)} AS waiting, ${count(leaseIndex, running(), MAX_COUNT)} AS running,
        ${count(heldIndex, `held > 0 AND ${hasStatus(["PENDING", "RETRYING"])}`, MAX_COUNT)} AS held, ${count(failedIndex, "status = 'FAILED'", MAX_COUNT)} AS failed,
        o.queue AS oldest_queue, :now - o.eta AS oldest_age
      FROM (SELECT 1) LEFT JOIN (${oldest}) o`),

    /** Once a minute, over all workers. 1 W; a read for each that is counted, up to 1,000, and some seeks a queue; 2 reads where another was first. */
    recordBacklog: prepare<{ now: number }>(`
      INSERT INTO ${backlog} (minute, waiting, oldest_age)
      SELECT ${minute}, min(${count(dueIndex, due(), MAX_DEPTH)}, ${MAX_DEPTH}), (SELECT :now - o.eta FROM (${oldest}) o)
      WHERE NOT EXISTS (SELECT 1 FROM ${backlog} WHERE minute = ${minute})
      ON CONFLICT (minute) DO NOTHING`),
    /** 2 reads each. */
    readBacklogAt: prepare<
      { minutes: string },
      { minute: number; waiting: number; oldest_age: number | null }
    >(`
      SELECT b.* FROM json_each(:minutes) m CROSS JOIN ${backlog} b ON b.minute = m.value`),
    /** 1 W each. */
    purgeBacklog: prepare<{ before: number }>(`
      DELETE FROM ${backlog} WHERE minute IN (SELECT minute FROM ${backlog} WHERE minute < :before ORDER BY minute LIMIT ${PURGED})`),
  };
}
