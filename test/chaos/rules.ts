import type { FinalState } from "./history.ts";
import { isDeletedByDone } from "./rules/ends.ts";
import type { Batch, Claimed, Configured, Ended, TaskTimeline, Timeline } from "./timeline.ts";

export type Report = (detail: string) => void;

export interface Setting {
  readonly end: FinalState;
  readonly slack: number;
}

export type BatchRule = (batch: Batch, timeline: Timeline, report: Report) => void;
export type TaskRule = (task: TaskTimeline, setting: Setting, report: Report) => void;
export type QueueRule = (timeline: Timeline, setting: Setting, report: Report) => void;

/** What holds of every enqueue. */
export const batchRules: Readonly<Record<string, BatchRule>> = {
  "every acknowledged enqueue exists": ({ receipts }, { tasks }, report) => {
    for (const { id } of receipts ?? [])
      if (tasks.get(id)?.task === undefined && !isDeletedByDone(tasks.get(id)))
        report(`${id} was acknowledged and is not there`);
  },

  "a receipt names the task that was asked for": ({ tasks: inputs, receipts }, _, report) => {
    for (const [index, { id }] of (receipts ?? []).entries()) {
      const asked = inputs[index];
      if (asked !== undefined && !asked.mayMeet && asked.id !== id)
        report(`${asked.id} was asked for, and ${id} is on the receipt`);
    }
  },

  "a batch is all or nothing": ({ tasks: inputs, receipts }, { tasks }, report) => {
    if (receipts !== null) return;
    // What met an existing task is there, whatever became of the batch.
    const own = inputs.filter(({ mayMeet, extras }) => !mayMeet && extras?.onSuccess !== "delete");
    const present = own.filter(({ id }) => tasks.get(id)?.task !== undefined);
    if (present.length > 0 && present.length < own.length)
      report(`${present.length} of ${own.length} are there, with ${present[0]?.id}`);
  },
};

/** What holds of every task. */
export const taskRules: Readonly<Record<string, TaskRule>> = {
  "every task is final or still due": ({ id, task }, { end }, report) => {
    if (task === undefined) return;
    const { status, eta } = task;
    if (status === "RUNNING") report(`${id} is left RUNNING`);
    if ((status === "PENDING" || status === "RETRYING") && eta <= end.at) report(`${id} is due and not run`);
  },

  "an interval task never ends in a success": ({ id, task }, _, report) => {
    if (task !== undefined && task.interval !== null && task.status === "SUCCESS")
      report(`${id} has an interval and is not run again`);
  },

  "no task is under two live leases": (timeline, { slack }, report) => {
    // By attempt, not by answer: the answer of an earlier claim may come after a later one's.
    const claims = timeline.claims.toSorted((a, b) => a.attempts - b.attempts);
    for (const [earlier, later] of pairs(claims)) {
      if (earlier.attempts === later.attempts) {
        report(`${timeline.id} was claimed twice as attempt ${later.attempts}`);
        continue;
      }
      const early = firstEnd(timeline, earlier, later.from, slack) - later.to;
      if (early > 0)
        report(
          `${timeline.id} was claimed as attempt ${later.attempts}, ${early} ms before attempt ${earlier.attempts} had ended`,
        );
    }
  },

  "attempts only rise": ({ id, claims, task }, _, report) => {
    for (const [earlier, later] of pairs(claims))
      if (earlier.to < later.from && later.attempts <= earlier.attempts)
        report(`${id} was claimed as attempt ${later.attempts} after attempt ${earlier.attempts}`);
    const most = Math.max(0, ...claims.map(({ attempts }) => attempts));
    if (task !== undefined && task.attempts < most)
      report(`${id} has ${task.attempts} attempts after attempt ${most}`);
  },

  "a handler runs only under a claim of its own": ({ id, claims, starts }, _, report) => {
    for (const { attempts, at } of starts)
      if (!claims.some((claim) => claim.attempts === attempts && claim.from <= at))
        report(`${id} was started as attempt ${attempts}, which nobody had claimed`);
  },

  "an attempt is started once": ({ id, starts }, _, report) => {
    const seen = new Set<number>();
    for (const { attempts } of starts) {
      if (seen.has(attempts)) report(`${id} was started twice as attempt ${attempts}`);
      seen.add(attempts);
    }
  },

  "a stale worker's acknowledgement changes nothing": ({ id, claims, endings }, _, report) => {
    const certain = endings.filter((ending) => ending.certain);
    for (const { attempts, from, kind } of certain)
      if (claims.some((claim) => claim.attempts > attempts && claim.to < from))
        report(`${id} took ${kind} of attempt ${attempts} after a later attempt had begun`);
    // Who sends a rescue again takes for its own what another rescued in the same millisecond: an event too many, and no more.
    for (const [one, other] of pairs(certain))
      if (one.attempts === other.attempts && !(one.rescued && other.rescued))
        report(`${id} was ended twice as attempt ${one.attempts}`);
  },

  "the result on file is the last acknowledged attempt's": (
    { id, task, result, endings, ends },
    _,
    report,
  ) => {
    if (task === undefined) return;
    const { status, attempts } = task;
    if (status === "SUCCESS" || status === "FAILED") {
      const forgets = status === "SUCCESS" && task.onSuccess === "forget";
      if (result === undefined) return forgets ? undefined : report(`${id} is ${status} without a result`);
      if (result.attempts !== attempts || result.status !== status)
        return report(`${id} is ${status} of attempt ${attempts}, its result ${describe(result)}`);
    }
    if (result === undefined || result.status !== "SUCCESS") return;
    const run = ends.find((end) => end.attempts === result.attempts);
    if (run === undefined)
      return report(`${id} has the result of attempt ${result.attempts}, which never ended`);
    if (run.returned !== result.result)
      report(`${id} has ${result.result} on file, where attempt ${run.attempts} returned ${run.returned}`);
    const last = endings.findLast(({ certain, kind }) => certain && kind === "done");
    if (last !== undefined && last.attempts > result.attempts)
      report(
        `${id} has the result of attempt ${result.attempts} after that of ${last.attempts} was acknowledged`,
      );
  },

  // No operator may cancel or retry it either.
  "an acknowledged success stays": ({ id, task, endings }, _, report) => {
    if (task === undefined || task.interval !== null) return;
    if (task.status !== "SUCCESS" && endings.some(({ certain, kind }) => certain && kind === "done"))
      report(`${id} is ${task.status} after a success that was acknowledged`);
  },

  "a cancelled task is never started again": ({ id, claims, cancels, retries }, _, report) => {
    for (const cancel of cancels.filter(({ certain }) => certain)) {
      const later = claims.find(
        (claim) =>
          claim.from > cancel.to && !retries.some(({ from, to }) => to >= cancel.from && from <= claim.to),
      );
      if (later !== undefined)
        report(`${id} was claimed as attempt ${later.attempts} after it was cancelled`);
    }
  },

  "no failure budget is exceeded": ({ id, task, endings, retries }, _, report) => {
    if (task === undefined) return;
    const { failures, maxRetries, status } = task;
    if (failures > maxRetries + 1) report(`${id} has ${failures} failures with ${maxRetries} retries`);
    const certain = endings.filter((ending) => ending.certain);
    if (retries.length === 0 && task.interval === null) {
      // Any attempt may have failed of which nobody was told another end: a worker that died in a rescue tells none.
      const possible = task.attempts - attemptsOf(certain.filter((ending) => !countsFailure(ending)));
      if (failures > possible) report(`${id} has ${failures} failures, of which ${possible} may be`);
      const counted = attemptsOf(certain.filter(countsFailure));
      if (counted > maxRetries + 1) report(`${id} failed ${counted} times with ${maxRetries} retries`);
    }
    const given = endings.some(
      ({ attempts, kind, retryable }) => attempts === task.attempts && kind === "fail" && !retryable,
    );
    if (status === "FAILED" && failures <= maxRetries && !given)
      report(`${id} is FAILED after ${failures} failures with ${maxRetries} retries`);
  },

  "no task pays for the database's fault": ({ id, endings }, _, report) => {
    for (const { attempts, error } of endings)
      if (error?.startsWith("Storage")) report(`attempt ${attempts} of ${id} was ended by ${error}`);
  },
};

/** What holds of every queue. */
export const queueRules: Readonly<Record<string, QueueRule>> = {
  "a queue's concurrency is never exceeded": ({ tasks, configurations }, { slack }, report) => {
    const claims = [...tasks.values()].flatMap((task) =>
      task.claims.map((claim) => ({
        ...claim,
        until: firstEnd(task, claim, Number.POSITIVE_INFINITY, slack),
      })),
    );
    for (const { queue, concurrency, claimed } of phases(configurations, "concurrency", claims)) {
      if (typeof concurrency !== "number") continue;
      const of = claims.filter((claim) => claim.queue === queue);
      for (const { to: at } of claimed) {
        const held = of.filter((claim) => claim.to <= at && claim.until > at).length;
        if (held > concurrency) report(`${queue} had ${held} running at ${at}, of ${concurrency}`);
      }
    }
  },

  "a paused queue starts nothing": ({ tasks, configurations }, _, report) => {
    const claims = [...tasks.values()].flatMap(({ id, claims: own }) =>
      own.map((claim) => ({ ...claim, id })),
    );
    for (const { queue, paused, claimed } of phases(configurations, "paused", claims)) {
      if (!paused) continue;
      for (const { id, attempts } of claimed)
        report(`${id} was claimed as attempt ${attempts} while ${queue} was paused`);
    }
  },
};

/** Each setting of a queue that was answered, with what was certainly claimed under it: after the answer, before the next. */
function phases(
  configurations: readonly Configured[],
  setting: "concurrency" | "paused",
  claims: readonly Claimed[],
) {
  const changes = configurations.filter((change) => change[setting] !== undefined);
  return changes.map((change, index) => {
    const next = changes.find((other, at) => at > index && other.queue === change.queue);
    const until = next?.from ?? Number.POSITIVE_INFINITY;
    const claimed = claims.filter(
      ({ queue, from, to }) => queue === change.queue && from >= change.to && to <= until,
    );
    return { ...change, claimed };
  });
}

/**
 * The earliest moment at which a claim may have ended, as far as anybody knew before `known`: its lease by the clock of a
 * worker that is ahead by `slack`.
 */
function firstEnd(
  { renewals, endings, cancels }: TaskTimeline,
  claim: Claimed,
  known: number,
  slack: number,
): number {
  const { attempts, leaseExpiresAt, from } = claim;
  const renewed = renewals.filter((renewal) => renewal.attempts === attempts && renewal.to <= known);
  const expires = Math.max(leaseExpiresAt, ...renewed.map((renewal) => renewal.leaseExpiresAt));
  const settled = endings.filter((ending) => ending.attempts === attempts && !ending.rescued);
  const cancelled = cancels.filter((cancel) => cancel.to >= from);
  return Math.min(expires - slack, ...[...settled, ...cancelled].map((change) => change.from));
}

function countsFailure({ kind, counted }: Ended): boolean {
  return kind === "retry" || kind === "fail" || (kind === "quarantine" && counted);
}

function attemptsOf(endings: readonly Ended[]): number {
  return new Set(endings.map(({ attempts }) => attempts)).size;
}

function pairs<T>(list: readonly T[]): [T, T][] {
  return list.slice(1).map((later, index) => [list[index] as T, later]);
}

function describe({ status, attempts }: { status: string; attempts: number }): string {
  return `${status} of attempt ${attempts}`;
}
