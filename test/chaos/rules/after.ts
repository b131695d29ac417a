import type { QueueRule } from "../rules.ts";
import type { Asked, TaskTimeline, Timeline } from "../timeline.ts";
import { firstPossibleEnd } from "./ends.ts";

/** What holds of tasks that wait for others. */
export const afterRules: Readonly<Record<string, QueueRule>> = {
  "a task starts once all that it waits for have ended": (timeline, _, report) => {
    for (const { waiter, asked, parents } of waiters(timeline)) {
      for (const claim of waiter.claims) {
        // An operator's retry runs it whatever it waited for.
        if (waiter.retries.some(({ from }) => from <= claim.to)) continue;
        const early = parents.find((parent) => claim.to < firstPossibleEnd(parent, asked.from));
        if (early !== undefined)
          report(`${waiter.id} was claimed as attempt ${claim.attempts} before ${early.id} had ended`);
      }
    }
  },

  "what waits for a task that did not end well is cancelled, unless it starts anyway": (
    timeline,
    _,
    report,
  ) => {
    for (const { waiter, asked, parents } of waiters(timeline)) {
      const { id, task, claims } = waiter;
      // What was retried may have ended in another way before.
      if (task === undefined || waiter.retries.length > 0) continue;
      const bad = parents.find((parent) => endedBadly(parent) && parent.retries.length === 0);
      const isCancelled = task.status === "CANCELLED";
      if (!asked.extras?.startsAnyway && bad !== undefined && (claims.length > 0 || !isCancelled))
        report(`${id} is ${task.status} after ${claims.length} claims, although ${bad.id} did not end well`);
      if (task.cancelReason !== "dependency" || !isCancelled) continue;
      const mayHave = parents.some((parent) => endedBadly(parent) || parent.retries.length > 0);
      if (asked.extras?.startsAnyway || !mayHave) report(`${id} was cancelled for what it waited for`);
    }
  },

  "nobody is held once all that it waits for have ended": (timeline, _, report) => {
    for (const { waiter, parents } of waiters(timeline)) {
      const { id, task } = waiter;
      const waits = task !== undefined && ["PENDING", "RETRYING"].includes(task.status);
      if (waits && (task.awaits ?? 0) > 0 && parents.every(hasEnded))
        report(`${id} waits for ${task.awaits} that have ended`);
    }
  },
};

interface Waiter {
  readonly waiter: TaskTimeline;
  readonly asked: Asked;
  readonly parents: readonly TaskTimeline[];
}

function* waiters({ tasks }: Timeline): Generator<Waiter> {
  for (const waiter of tasks.values()) {
    const [asked] = waiter.asked;
    const parents = asked?.extras?.after?.flatMap((id) => tasks.get(id) ?? []) ?? [];
    if (asked !== undefined && parents.length > 0) yield { waiter, asked, parents };
  }
}

function endedBadly({ task }: TaskTimeline): boolean {
  return task?.status === "FAILED" || task?.status === "CANCELLED";
}

/** What is not there was deleted by its success. */
function hasEnded({ task }: TaskTimeline): boolean {
  return task === undefined || ["SUCCESS", "FAILED", "CANCELLED"].includes(task.status);
}
