import type { HistoryCounts, HistoryPoint, HistoryStorage } from "../core/history.ts";
import { parseJson } from "../core/json.ts";
import type { Databases } from "./databases.ts";

/** How attempts ended, read from the database of the tasks; what settles them writes it. */
export function makeHistory({ tasks, sql }: Databases): HistoryStorage {
  return {
    async read({ from, to, queue, after }) {
      const { queue: afterQueue, minute: afterMinute } = after ?? { queue: "", minute: 0 };
      const rows = await tasks.read(sql.readHistory({ from, to, queue, afterQueue, afterMinute }));
      return rows.map(toPoint);
    },
    async totals() {
      return (await tasks.read(sql.readTotals)).map(toCounts);
    },
    async recordBacklog(now) {
      await tasks.write(sql.recordBacklog({ now }));
    },
    async purge(before) {
      await tasks.writeMany(() => ({ purge: [sql.purgeHistory({ before }), sql.purgeBacklog({ before })] }));
    },
  };
}

function toCounts(row: Omit<HistoryCounts, "durations"> & { readonly durations: string }): HistoryCounts {
  const { queue, started, succeeded, failed, retried, duration } = row;
  return { queue, started, succeeded, failed, retried, duration, durations: parseJson(row.durations) };
}

/** One minute of a queue. */
export function toPoint(row: Parameters<typeof toCounts>[0] & { readonly minute: number }): HistoryPoint {
  return { ...toCounts(row), minute: row.minute };
}
