import { LeaseLostError } from "../core/errors.ts";
import { DRAIN_DEFAULTS, LIMITS } from "../core/options.ts";
import type { SettleReport } from "../core/storage.ts";
import type { Claim } from "../core/task.ts";
import type { Settlement } from "../core/transitions.ts";
import { findIn } from "./claims.ts";
import type { Databases } from "./databases.ts";
import { claimJson, keepsResult, settlementJson, toLists } from "./lists.ts";
import type { Attempt } from "./statements/settle.ts";

export async function markRunning(
  { tasks, sql }: Databases,
  { id, attempts }: Claim,
  now: number,
): Promise<void> {
  const leaseExpiresAt = now + DRAIN_DEFAULTS.lease;
  const marked = await tasks.write(sql.markRunning({ id, attempts, leaseExpiresAt, now }));
  if (marked.length === 0) throw new LeaseLostError(id, attempts);
}

/** @throws {LeaseLostError} */
export async function settleOne(databases: Databases, settlement: Settlement, now: number): Promise<void> {
  const { lost } = await settleMany(databases, [settlement], now);
  if (lost.length > 0) throw new LeaseLostError(settlement.id, settlement.attempts);
}

/** Settles what ended, each fenced: the tasks and, in the same database, their results in one transaction. */
export async function settleMany(
  databases: Databases,
  settlements: readonly Settlement[],
  now: number,
  records = false,
): Promise<SettleReport> {
  if (databases.results === null) return settleTasks(databases, settlements, now, records);
  const ended = settlements.filter(endsWithResult);
  // What writes no result does not wait for the database of the results, which may be down.
  const others = await settleTasks(databases, exclude(settlements, ended), now, records);
  await writeResultsFirst(databases, ended, now);
  const { lost } = await settleTasks(databases, ended, now, records);
  return report(settlements, [...others.lost, ...lost]);
}

async function settleTasks(
  databases: Databases,
  settlements: readonly Settlement[],
  now: number,
  records: boolean,
): Promise<SettleReport> {
  if (settlements.length === 0) return { settled: [], lost: [] };
  const { tasks, results, sql } = databases;
  const lists = toLists(settlements, settlementJson).map(({ json }) => ({ settlements: json, now }));
  const deleting = toLists(settlements.filter(deletesTask), settlementJson);
  const { rows, resent } = await tasks.writeMany(() => ({
    // Before what it counts is settled, and found no more.
    recorded: records ? lists.map(sql.recordSettled) : [],
    deleted: deleting.map(({ json }) => sql.deleteDone({ settlements: json })),
    // Results come first: the fence of their statement needs the task to be still RUNNING.
    settled: lists.flatMap((list) =>
      results === null ? [sql.settleResults(list), sql.settleTasks(list)] : [sql.settleTasks(list)],
    ),
  }));
  const missing = exclude(settlements, findIn([...rows.deleted, ...rows.settled], settlements));
  return report(settlements, exclude(missing, await findSettledBefore(databases, missing, resent)));
}

function report(settlements: readonly Settlement[], lost: readonly Settlement[]): SettleReport {
  return { settled: exclude(settlements, lost), lost };
}

/**
 * Of those whose fence failed, the ones that an earlier send had settled, be it of this call or of one before that heard of no
 * reply. The token of the claim tells them; one without a token can only have been settled by a send of this call.
 */
async function findSettledBefore(
  { tasks, sql }: Databases,
  missing: readonly Settlement[],
  resent: boolean,
): Promise<readonly Settlement[]> {
  const known = missing.filter(({ claimToken }) => resent || claimToken !== undefined);
  if (known.length === 0) return [];
  const lists = toLists(known, claimJson);
  const deleting = toLists(known.filter(deletesTask), claimJson);
  const { found, gone } = await tasks.decideMany({
    found: lists.map(({ json }) => sql.findSettled({ claims: json })),
    gone: deleting.map(({ json }) => sql.findGone({ claims: json })),
  });
  return findIn([...found, ...gone], known);
}

function exclude(all: readonly Settlement[], some: readonly Settlement[]): Settlement[] {
  const excluded = new Set(some);
  return all.filter((settlement) => !excluded.has(settlement));
}

/** Those of the claims whose leases still hold: they are renewed. */
export async function renewMany<C extends Claim>(
  databases: Databases,
  claims: readonly C[],
  leaseExpiresAt: number,
): Promise<readonly C[]> {
  return findIn(await renewLeases(databases, claims, leaseExpiresAt), claims);
}

async function renewLeases(
  { tasks, sql }: Databases,
  claims: readonly Claim[],
  leaseExpiresAt: number,
): Promise<readonly Attempt[]> {
  if (claims.length === 0) return [];
  const renew = toLists(claims, claimJson).map(({ json }) => sql.renew({ claims: json, leaseExpiresAt }));
  return (await tasks.writeMany(() => ({ renew }))).rows.renew;
}

/**
 * Writes results before their tasks are settled, and only of those whose lease holds: a crash in between runs the task again,
 * and the later attempt's result replaces this one. This heartbeat asks for no more than the shortest lease there is: its worker
 * has its own, and keeps those of what is not written yet.
 */
async function writeResultsFirst(
  databases: Databases,
  ended: readonly Settlement[],
  now: number,
): Promise<void> {
  const renewed = await renewLeases(databases, ended, now + LIMITS.lease.min);
  await writeResults(databases, ended, renewed, now);
}

/** Writes the results of these attempts where results have a database of their own. */
export async function writeResults(
  { results, sql }: Databases,
  settlements: readonly Settlement[],
  attempts: readonly Attempt[],
  now: number,
): Promise<void> {
  const ended = findIn(attempts, settlements).filter(endsWithResult);
  if (results === null || ended.length === 0) return;
  const startedAt = new Map(attempts.map((row) => [row.id, row.last_attempt_at]));
  const lists = toLists(ended, (settlement) => settlementJson(settlement, startedAt.get(settlement.id)));
  await results.writeMany(() => ({
    written: lists.map(({ json }) => sql.writeResults({ settlements: json, now })),
  }));
}

function endsWithResult(settlement: Settlement): boolean {
  return settlement.kind === "fail" || (settlement.kind === "done" && keepsResult(settlement));
}

function deletesTask({ kind, onSuccess }: Settlement): boolean {
  return kind === "done" && onSuccess === "delete";
}
