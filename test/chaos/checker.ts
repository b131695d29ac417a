import type { FinalState, HistoryEvent } from "./history.ts";
import { afterRules } from "./rules/after.ts";
import { childRules } from "./rules/children.ts";
import { expiryRules } from "./rules/expiry.ts";
import { keepingRules } from "./rules/keeping.ts";
import { scheduleRules } from "./rules/schedules.ts";
import { uniqueRules } from "./rules/unique.ts";
import { batchRules, type Report, queueRules as rulesOfQueues, taskRules as rulesOfTasks } from "./rules.ts";
import { toTimeline } from "./timeline.ts";

const taskRules = { ...rulesOfTasks, ...expiryRules, ...keepingRules };
const queueRules = { ...rulesOfQueues, ...afterRules, ...childRules, ...uniqueRules, ...scheduleRules };

/** A promise that a history shows to be broken. */
export interface Violation {
  /** Name of the rule. */
  readonly rule: string;
  /** What the history says against it. */
  readonly detail: string;
}

export interface CheckOptions {
  /** How far workers may be from the database's clock, in milliseconds. Defaults to 0. */
  readonly slack?: number;
}

/**
 * Decides from what the clients saw, and from what the tables hold in the end, whether the queue kept its promises.
 *
 * An operation without an answer may have taken effect or not, then or later: it is held against nobody, and nobody's excuse
 * but where it may be one.
 *
 * @returns every violation found
 */
export function check(
  history: readonly HistoryEvent[],
  end: FinalState,
  { slack = 0 }: CheckOptions = {},
): Violation[] {
  const timeline = toTimeline(history, end);
  const violations: Violation[] = [];
  const reporter =
    (rule: string): Report =>
    (detail) =>
      violations.push({ rule, detail });
  for (const [rule, examine] of Object.entries(batchRules)) {
    for (const batch of timeline.batches) examine(batch, timeline, reporter(rule));
  }
  for (const [rule, examine] of Object.entries(taskRules)) {
    for (const task of timeline.tasks.values()) examine(task, { end, slack }, reporter(rule));
  }
  for (const [rule, examine] of Object.entries(queueRules)) examine(timeline, { end, slack }, reporter(rule));
  return violations;
}

/** The names of all rules. */
export const RULES = [batchRules, taskRules, queueRules].flatMap((rules) => Object.keys(rules));
