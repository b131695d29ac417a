import { statementsFor } from "../../src/storage/statements.ts";
import type { TestDatabase } from "../support/database.ts";
import type { Sent } from "../support/intercept.ts";

const sql = statementsFor("");
const KINDS = {
  enqueue: [sql.enqueue.sql, sql.enqueueOnce.sql],
  claim: [sql.claimAny.sql],
  settle: [sql.settleTasks.sql],
};

export type Kind = keyof typeof KINDS;

/** Whether a call to the database is of this kind. */
export function isKind(kind: Kind, statements: readonly Sent[]): boolean {
  return statements.some((statement) => KINDS[kind].includes(statement.sql));
}

/** What became of the tasks, as the tables tell. */
export function fatesIn(database: TestDatabase) {
  return {
    async statuses(): Promise<Readonly<Record<string, number>>> {
      const rows = await database.sql("SELECT status, count(*) AS n FROM tasks GROUP BY status");
      return Object.fromEntries(rows.map(({ status, n }) => [status, Number(n)]));
    },
    /** The most that one task had. */
    async most(counter: "attempts" | "failures"): Promise<number> {
      return Number((await database.sql(`SELECT max(${counter}) AS most FROM tasks`))[0]?.most);
    },
    async results(): Promise<number> {
      return Number((await database.sql("SELECT count(*) AS n FROM results WHERE status = 'SUCCESS'"))[0]?.n);
    },
    /** As if it were so much later that leases and backoffs are over. */
    async passTime(): Promise<void> {
      await database.sql("UPDATE tasks SET lease_expires_at = 1 WHERE status = 'RUNNING'");
      await database.sql("UPDATE tasks SET eta = 1 WHERE status = 'RETRYING'");
    },
  };
}
