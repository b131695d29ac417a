import { LeaseLostError } from "../../../src/core/errors.ts";
import type { RescueBackoff } from "../../../src/core/storage.ts";
import type { Claim, TaskError } from "../../../src/core/task.ts";
import type { Settlement } from "../../../src/core/transitions.ts";
import { LEASE } from "./claim.ts";
import { release } from "./dependencies.ts";
import { forget, isDeleted, noteProgress } from "./endings.ts";
import { recordEnd } from "./history.ts";
import { FINISHED, heldBy, type ModelTask, type State, tasksIn } from "./state.ts";

const ERRORS_KEPT = 20;
const RESCUED_AT_ONCE = 100;

export function markRunning(state: State, claim: Claim, now: number): void {
  const task = heldBy(state, claim);
  if (task === null) throw new LeaseLostError(claim.id, claim.attempts);
  extend(task, now + LEASE);
  Object.assign(task, { lastAttemptAt: now, updatedAt: now });
}

export function settleOne(state: State, settlement: Settlement, now: number): void {
  if (!settle(state, settlement, now)) throw new LeaseLostError(settlement.id, settlement.attempts);
}

/** Each is fenced on its own. */
export function settleMany(state: State, settlements: readonly Settlement[], now: number, records = false) {
  const settled = new Set(settlements.filter((settlement) => settle(state, settlement, now, records)));
  const lost = settlements.filter((settlement) => !settled.has(settlement));
  return { settled: [...settled].map(claimOf), lost: lost.map(claimOf) };
}

export function renewMany(state: State, claims: readonly Claim[], leaseExpiresAt: number): Claim[] {
  const held = claims.filter((claim) => {
    const task = heldBy(state, claim);
    if (task === null) return false;
    extend(task, leaseExpiresAt);
    noteProgress(task, claim);
    return true;
  });
  return held.map(claimOf);
}

/** A lease is never shortened. */
function extend(task: ModelTask, leaseExpiresAt: number): void {
  task.leaseExpiresAt = Math.max(task.leaseExpiresAt ?? 0, leaseExpiresAt);
}

/** The first expired lease only quarantines; one that expires in quarantine counts. */
export function rescueMany(state: State, now: number, backoff: RescueBackoff, records = false) {
  const expired = tasksIn(state, ["RUNNING"]).filter(({ leaseExpiresAt }) => (leaseExpiresAt ?? now) <= now);
  return expired.slice(0, RESCUED_AT_ONCE).map((task) => {
    const counted = task.quarantined;
    const failures = task.failures + Number(counted);
    const retryable = failures <= task.maxRetries;
    const error = { type: "LeaseExpiredError", message: "", at: now, attempt: task.attempts, retryable };
    const retryAt = counted ? now + backoff(failures, task) : now;
    const settlement: Settlement = retryable
      ? { ...claimOf(task), kind: "quarantine", error, counted, retryAt }
      : { ...claimOf(task), kind: "fail", error };
    settle(state, settlement, now, records);
    return { claim: claimOf(task), settlement };
  });
}

export function claimOf({ id, attempts }: Claim): Claim {
  return { id, attempts };
}

function settle(state: State, settlement: Settlement, now: number, records = false): boolean {
  const task = heldBy(state, settlement);
  if (task === null) return false;
  if (records) recordEnd(state, task.queue, settlement, now);
  apply(state, task, settlement, now);
  noteProgress(task, settlement);
  Object.assign(task, { leaseExpiresAt: null, updatedAt: now });
  const isGone = task.status === "SUCCESS" && isDeleted(task, settlement);
  if (FINISHED.includes(task.status)) release(state, task, now, isGone);
  if (isGone) forget(state, task.id);
  if (task.status === "SUCCESS" && task.onSuccess !== "keep") {
    state.branches.add(state.tasks.has(task.id) ? "forgotten at its success" : "deleted at its success");
  }
  return true;
}

/** All but a release and a rescue end the quarantine. */
function apply(state: State, task: ModelTask, settlement: Settlement, now: number): void {
  const wasQuarantined = task.quarantined;
  const wait = (eta: number) =>
    Object.assign(task, { eta, status: task.failures > 0 ? "RETRYING" : "PENDING" });
  task.quarantined = false;
  switch (settlement.kind) {
    case "done":
      succeed(state, task, settlement.result, now);
      break;
    case "fail":
      fail(task, settlement.error);
      task.status = "FAILED";
      state.results.set(task.id, {
        ...resultBase(task, now),
        status: "FAILED",
        result: null,
        error: settlement.error,
      });
      break;
    case "retry":
      fail(task, settlement.error);
      Object.assign(task, { status: "RETRYING", eta: settlement.retryAt });
      break;
    case "quarantine":
      fail(task, settlement.error, settlement.counted);
      Object.assign(task, { status: "RETRYING", eta: settlement.retryAt, quarantined: true });
      break;
    case "snooze":
      wait(settlement.until);
      break;
    case "release":
      wait(settlement.until ?? task.eta);
      task.quarantined = wasQuarantined;
  }
}

function succeed(state: State, task: ModelTask, result: string, now: number): void {
  const base = resultBase(task, now);
  if (task.onSuccess === "keep")
    state.results.set(task.id, { ...base, status: "SUCCESS", result: JSON.parse(result), error: null });
  if (task.interval === null) task.status = "SUCCESS";
  else {
    const due = now + task.interval;
    Object.assign(task, { status: "PENDING", eta: due, scheduledFor: due, failures: 0 });
  }
}

function fail(task: ModelTask, error: TaskError, counted = true): void {
  task.failures += Number(counted);
  task.errors = [...task.errors, error].slice(-ERRORS_KEPT);
}

function resultBase({ id: taskId, attempts, lastAttemptAt }: ModelTask, finishedAt: number) {
  return { taskId, finishedAt, attempts, lastAttemptAt };
}
