import type { QueueRule } from "../rules.ts";
import type { Asked, Claimed, Span, TaskTimeline, Timeline } from "../timeline.ts";
import { firstPossibleEnd } from "./ends.ts";

/** What holds of tasks with a unique key. */
export const uniqueRules: Readonly<Record<string, QueueRule>> = {
  "no two tasks hold a unique key at once": ({ tasks }, _, report) => {
    for (const holders of accepted(tasks).values()) {
      const free = new Map(holders.map((holder) => [holder, firstPossibleRelease(holder)]));
      for (const first of holders)
        for (const second of holders)
          if (first.to < second.from && (free.get(first) ?? 0) > second.to)
            report(`${second.task.id} was taken while ${first.task.id} held its key`);
    }
  },

  "at most one task is taken within the window of a key": ({ tasks }, _, report) => {
    for (const holders of accepted(tasks).values()) {
      const windowed = holders.filter(({ asked }) => withinOf(asked) !== null);
      for (const [index, one] of windowed.entries())
        for (const other of windowed.slice(index + 1)) {
          const apart = Math.max(one.to, other.to) - Math.min(one.from, other.from);
          const within = Math.min(withinOf(one.asked) ?? 0, withinOf(other.asked) ?? 0);
          if (apart < within) report(`${other.task.id} was taken ${apart} ms after ${one.task.id} at most`);
        }
    }
  },

  "the payload that runs is the last acknowledged replacement's": (timeline, _, report) => {
    for (const [key, asks] of replacing(timeline)) {
      for (const task of timeline.tasks.values()) {
        if (task.asked[0]?.uniqueKey !== key) continue;
        for (const { attempts, payload } of task.starts) {
          const claim = task.claims.find((one) => one.attempts === attempts);
          if (claim === undefined || payload === undefined) continue;
          const may = payloadsBy(claim, asks, task.id);
          if (!may.has(payload)) report(`${task.id} ran ${payload}, not ${[...may].join(" or ")}`);
        }
      }
    }
  },
};

/** A task that was certainly inserted, between these two moments. */
interface Accepted extends Span {
  readonly task: TaskTimeline;
  readonly asked: Asked;
}

/** Those of each key. */
function accepted(tasks: Timeline["tasks"]): Map<string, Accepted[]> {
  const byKey = new Map<string, Accepted[]>();
  for (const task of tasks.values()) {
    const own = task.asked.filter(({ receipt }) => receipt === null || receipt.id === task.id);
    const told = own.find(({ receipt }) => receipt !== null);
    const [asked] = own;
    const key = asked?.uniqueKey ?? null;
    if (asked === undefined || told === undefined || key === null) continue;
    const holder = { task, asked, from: asked.from, to: told.to };
    byKey.set(key, [...(byKey.get(key) ?? []), holder]);
  }
  return byKey;
}

function withinOf({ extras }: Asked): number | null {
  return extras?.unique?.within ?? null;
}

function firstPossibleRelease({ task, asked }: Accepted): number {
  const end = firstPossibleEnd(task);
  if (asked.extras?.uniqueWhile !== "pending") return end;
  const attempts = task.claims.map((claim) => claim.attempts);
  const most = Math.max(task.task?.attempts ?? 0, ...attempts);
  // A claim that nobody saw: its worker died.
  if (new Set(attempts).size < most) return Number.NEGATIVE_INFINITY;
  return Math.min(end, ...task.claims.map(({ from }) => from));
}

/** All inputs of each key that has replacements. */
function replacing({ tasks }: Timeline): Map<string, Asked[]> {
  const byKey = new Map<string, Asked[]>();
  for (const asked of [...tasks.values()].flatMap((task) => task.asked)) {
    if (asked.extras?.unique?.onConflict !== "replace" || !asked.uniqueKey) continue;
    byKey.set(asked.uniqueKey, [...(byKey.get(asked.uniqueKey) ?? []), asked]);
  }
  return byKey;
}

/** What a claim may have found: what was given before it, unless another payload certainly took its place. */
function payloadsBy(claim: Claimed, asks: readonly Asked[], id: string): Set<string | undefined> {
  const given = asks.filter(({ from }) => from <= claim.to);
  const certain = given.filter(
    ({ receipt, to }) => receipt?.id === id && to < claim.from && isTaken(receipt),
  );
  const may = given.filter((one) => !certain.some((other) => isAfter(other, one)));
  return new Set(may.map(({ payload }) => payload));
}

/** Not where it only met the task, which ran. */
function isTaken(receipt: { readonly duplicate: boolean; readonly replaced?: true }): boolean {
  return !receipt.duplicate || receipt.replaced === true;
}

function isAfter(later: Asked, earlier: Asked): boolean {
  const sameBatch = later.from === earlier.from && later.to === earlier.to;
  return later.from > earlier.to || (sameBatch && later.index > earlier.index);
}
