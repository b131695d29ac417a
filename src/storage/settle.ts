import type { SettleReport } from "../core/storage.ts";
import type { Claim } from "../core/task.ts";
import type { Settlement } from "../core/transitions.ts";
import type { Connection } from "./connection.ts";
import type { Parameter, Row, Statement } from "./driver.ts";
import { claimJson, settlementJson, toLists, typed } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Where settlements go: the tasks, and a database of their own for the results where there is one. */
export interface SettleTarget {
  readonly tasks: Connection;
  readonly results: Connection | null;
  readonly sql: Statements;
}

/** How long a lease is renewed for while a result is written elsewhere, in milliseconds. */
const RESULT_LEASE = 120_000;

/** Settles what ended, each fenced: the tasks and, in the same database, their results in one transaction. */
export async function settleMany(
  target: SettleTarget,
  settlements: readonly Settlement[],
  now: number,
): Promise<SettleReport> {
  if (settlements.length === 0) return { settled: new Set(), lost: [] };
  if (target.results !== null) await writeResultsFirst(target, settlements, now);
  const { sql } = target;
  const lists = toLists(settlements, settlementJson);
  const statements = lists.flatMap(({ json }) =>
    settlePair(target, sql.settleResults, sql.settleTasks, json, now),
  );
  const { rows, resent } = await target.tasks.write((again) =>
    // Only after a resend can a fence fail because the first send has settled the task already.
    again
      ? [...statements, ...lists.map(({ json }) => ({ sql: sql.findSettled, parameters: [json] }))]
      : statements,
  );
  const settled = idsOf(rows.slice(0, statements.length));
  if (resent) for (const id of idsOf(rows.slice(statements.length))) settled.add(id);
  return { settled, lost: settlements.filter(({ id }) => !settled.has(id)) };
}

/** The same for leases that have expired by `now`: one that was renewed meanwhile is left alone. */
export async function settleExpired(
  target: SettleTarget,
  settlements: readonly Settlement[],
  now: number,
): Promise<ReadonlySet<string>> {
  if (settlements.length === 0) return new Set();
  const { sql } = target;
  const lists = toLists(settlements, settlementJson);
  const statements = lists.flatMap(({ json }) =>
    settlePair(target, sql.rescueResults, sql.rescueTasks, json, now, now),
  );
  const { rows } = await target.tasks.write((again) =>
    again
      ? [...statements, ...lists.map(({ json }) => ({ sql: sql.findRescued, parameters: [json, now] }))]
      : statements,
  );
  const settled = idsOf(rows);
  // After, not before: no lease protects the write, and a FAILED task is served with its own last error anyway.
  const failed = settlements.filter(
    (settlement) => settled.has(settlement.id) && endsAttemptWithResult(settlement),
  );
  await writeResults(target, failed, now, () => null);
  return settled;
}

// Results come first: the fence of their statement needs the task to be still RUNNING.
function settlePair(
  target: SettleTarget,
  results: string,
  tasks: string,
  ...parameters: Parameter[]
): Statement[] {
  const settle = { sql: tasks, parameters };
  return target.results === null ? [{ sql: results, parameters }, settle] : [settle];
}

function idsOf(rows: readonly (readonly Row[])[]): Set<string> {
  return new Set(typed<{ id: string }>(rows.flat()).map((row) => row.id));
}

/** Renews the leases that still hold; with the time of the attempt, which a result bears. */
export async function renewLeases(
  target: SettleTarget,
  claims: readonly Claim[],
  leaseExpiresAt: number,
): Promise<ReadonlyMap<string, number | null>> {
  if (claims.length === 0) return new Map();
  const statements = toLists(claims, claimJson).map(({ json }) => ({
    sql: target.sql.renew,
    parameters: [json, leaseExpiresAt],
  }));
  const { rows } = await target.tasks.write(() => statements);
  const renewed = typed<{ id: string; last_attempt_at: number | null }>(rows.flat());
  return new Map(renewed.map((row) => [row.id, row.last_attempt_at]));
}

/**
 * Writes results before their tasks are settled, and only of those whose lease holds: a crash in between runs the task again,
 * and the later attempt's result replaces this one.
 */
async function writeResultsFirst(
  target: SettleTarget,
  settlements: readonly Settlement[],
  now: number,
): Promise<void> {
  const ended = settlements.filter(endsAttemptWithResult);
  const renewed = await renewLeases(target, ended, now + RESULT_LEASE);
  const held = ended.filter(({ id }) => renewed.has(id));
  await writeResults(target, held, now, (id) => renewed.get(id) ?? null);
}

async function writeResults(
  target: SettleTarget,
  settlements: readonly Settlement[],
  now: number,
  lastAttemptAt: (id: string) => number | null,
): Promise<void> {
  if (target.results === null || settlements.length === 0) return;
  const lists = toLists(settlements, (settlement) =>
    settlementJson(settlement, lastAttemptAt(settlement.id)),
  );
  const statements = lists.map(({ json }) => ({ sql: target.sql.writeResults, parameters: [json, now] }));
  await target.results.write(() => statements);
}

function endsAttemptWithResult({ kind }: Settlement): boolean {
  return kind === "done" || kind === "fail";
}
