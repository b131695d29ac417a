import { describe, expect, it } from "vitest";
import { type Statements, statementsFor } from "../../../src/storage/statements.ts";
import type { Context } from "./context.ts";

type StatementName = keyof Statements;

const statements = statementsFor("");
const names = Object.keys(statements).filter((name): name is StatementName => name in statements);

/** The index that serves a statement, whatever else it reads. */
const INDEXES: Partial<Record<StatementName, string>> = {
  claimAny: "tasks_due_idx",
  claimListed: "tasks_due_idx",
  findNextEta: "tasks_due_idx",
  listQueues: "tasks_due_idx",
  findExpired: "tasks_lease_idx",
  findClaimed: "tasks_lease_idx",
  claimQuarantined: "tasks_held_idx",
  findQuarantined: "tasks_held_idx",
  listFailed: "tasks_failed_idx",
  searchFailed: "tasks_failed_idx",
  searchRunning: "tasks_lease_idx",
  searchWaiting: "tasks_due_idx",
  findChildren: "tasks_parent_idx",
  findQueueNames: "tasks_due_idx",
  findQueuesAfter: "tasks_due_idx",
  countQueues: "tasks_due_idx",
  listFailures: "tasks_failed_idx",
  listLeases: "tasks_lease_idx",
  countBacklog: "tasks_due_idx",
  listChildren: "tasks_parent_idx",
  findWork: "tasks_due_idx",
  findWorkOf: "tasks_due_idx",
  bulkFindFailed: "tasks_failed_idx",
  bulkFindChildren: "tasks_parent_idx",
  findOutlived: "tasks_ttl_idx",
  findDuplicates: "tasks_unique_idx",
  recordIdempotencyKey: "tasks_unique_idx",
  findDueSchedules: "schedules_due_idx",
  cancelOverFirings: "tasks_unique_idx",
  cancelOverHolder: "tasks_unique_idx",
  bulkCancelOver: "tasks_unique_idx",
};

/** Loose index scans: the first entry of an index is found without a search, since `LIMIT 1` ends the scan at once. */
const FIRST_ENTRIES: Partial<Record<StatementName, readonly string[]>> = {
  claimAny: ["tasks_due_idx"],
  findNextEta: ["tasks_due_idx"],
  findExpired: ["tasks_lease_idx"],
  findClaimed: ["tasks_lease_idx"],
  listQueues: ["tasks_due_idx", "tasks_lease_idx"],
  findQueueNames: ["tasks_due_idx", "tasks_lease_idx"],
  // These end at their bounds.
  searchRunning: ["tasks_lease_idx"],
  searchWaiting: ["tasks_due_idx"],
  countBacklog: ["tasks_due_idx", "tasks_failed_idx", "tasks_lease_idx"],
  recordBacklog: ["tasks_due_idx"],
  findWork: ["tasks_due_idx", "tasks_lease_idx"],
};

/** Statements that read a whole table, and say so. */
const WHOLE_TABLES: Partial<Record<StatementName, readonly string[]>> = {
  // It holds a day of requests.
  purgeIdempotencyKeys: ["idempotency_keys"],
  // It holds the windows that are open.
  purgeWindows: ["unique_windows"],
  // It holds the queues that somebody configured.
  listQueues: ["queues"],
  findQueueNames: ["queues"],
  // It holds the schedules: a worker reads them as it starts.
  findKnownSchedules: ["schedules"],
  removeSchedules: ["schedules"],
  // It has a row for each table and index.
  findSchema: ["sqlite_schema"],
  // Its condition is false: the scan ends before it begins.
  writeNothing: ["maintenance"],
};

export function describePlans(context: Context): void {
  /** The steps of a statement's plan. */
  async function plan(name: StatementName): Promise<string[]> {
    const { sql } = statements[name];
    const count = Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map((match) => Number(match[1])));
    const explain = { sql: `EXPLAIN QUERY PLAN ${sql}`, parameters: Array(count).fill(null) };
    const rows = await context.database.driver.all(explain);
    // The native libSQL client leaves the EXPLAIN of a write open: the next batch cannot commit, after which the driver reconnects.
    await context.database.sql("SELECT 1").catch(() => null);
    return rows.map((row) => String(row.detail));
  }

  /** What a statement reads from end to end: tables and indexes, not JSON lists, subqueries and common table expressions. */
  function scans(name: StatementName, steps: readonly string[]): string[] {
    const expressions = [...statements[name].sql.matchAll(/(\w+) \([\w, ]+\) AS/g)].map((match) => match[1]);
    const subqueries = steps.map((step) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(step)?.[1]);
    const derived = new Set([...expressions, ...subqueries]);
    for (const [, table, alias] of statements[name].sql.matchAll(/(?:FROM|JOIN) (\w+) (\w+)/g)) {
      if (derived.has(table)) derived.add(alias);
    }
    return steps.flatMap((step) => {
      const [, table] = /^SCAN (\w+)(?!(?: EXISTS)? VIRTUAL TABLE)\b/.exec(step) ?? [];
      if (table === undefined || table === "CONSTANT" || derived.has(table)) return [];
      return [/INDEX (\w+)/.exec(step)?.[1] ?? table];
    });
  }

  describe("query plans", () => {
    it("indexes on status and eta serve the query for the next due task", async () => {
      expect((await plan("claimAny")).join("\n")).toMatch(
        /^SEARCH tasks USING (COVERING )?INDEX tasks_due_idx \(queue=\? AND priority=\? AND eta<\?\)$/m,
      );
    });

    for (const name of names) {
      const index = INDEXES[name];
      if (index === undefined) continue;
      it(`EXPLAIN QUERY PLAN shows that ${name} uses ${index}`, async () => {
        expect((await plan(name)).join("\n")).toMatch(new RegExp(`INDEX ${index}\\b`));
      });
    }

    for (const name of names) {
      const expected = [...(FIRST_ENTRIES[name] ?? []), ...(WHOLE_TABLES[name] ?? [])].sort();
      it(`${name} reads no table from end to end${name in WHOLE_TABLES ? " but the one it says" : ""}`, async () => {
        const steps = await plan(name);
        expect([...new Set(scans(name, steps))].sort(), steps.join("\n")).toEqual(expected);
      });
    }
  });
}
