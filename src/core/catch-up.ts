import type { CatchUp } from "./catch-ups.ts";
import { type Moments, momentsOf, type Timing } from "./timing.ts";

/** How late a firing may be that is no missed one under `skip`. */
const PUNCTUAL = 60_000;
/** Firings that are left out are counted up to here: nobody was there for years, it may be. */
const MOST_COUNTED = 100;

export interface CatchUpPolicy extends Timing {
  readonly catchUp: CatchUp;
  readonly catchUpLimit: number;
}

/** What is to be done about a schedule that is due. */
export interface DueFirings {
  /** The firings that are made, oldest first. */
  readonly fired: readonly number[];
  /** How many are left out: exact to 100. */
  readonly skipped: number;
  /** The one that comes next; null where none does. */
  readonly nextAt: number | null;
}

/** Decides which firings of a schedule are made, of those from `dueAt`, the first that is not yet, up to `now`. Pure. */
export function chooseFirings(schedule: CatchUpPolicy, dueAt: number, now: number): DueFirings {
  const moments = momentsOf(schedule, dueAt);
  const { catchUpLimit: limit } = schedule;
  switch (schedule.catchUp) {
    case "all": {
      const fired = collect(moments, dueAt, now, limit);
      return answer(moments, now, fired, countAfter(moments, fired.at(-1) ?? dueAt, now));
    }
    case "skip": {
      // The first that is punctual; the one that is due need not be one of the timing's own.
      const first = now - dueAt <= PUNCTUAL ? dueAt : moments.after(now - PUNCTUAL - 1);
      const fired = first === null ? [] : collect(moments, first, now, limit);
      const missed = count(moments, dueAt, Math.min(now, (first ?? Number.POSITIVE_INFINITY) - 1));
      return answer(moments, now, fired, missed + countAfter(moments, fired.at(-1) ?? now, now));
    }
    case "last": {
      const last = Math.max(dueAt, moments.upTo(now) ?? dueAt);
      return answer(moments, now, [last], count(moments, dueAt, last - 1));
    }
  }
}

function answer(moments: Moments, now: number, fired: readonly number[], skipped: number): DueFirings {
  return { fired, skipped: Math.min(MOST_COUNTED, skipped), nextAt: moments.after(now) };
}

/** Firings from one on. */
function collect(moments: Moments, first: number, until: number, limit: number): number[] {
  const firings: number[] = [];
  for (let at: number | null = first; at !== null && at <= until && firings.length < limit; ) {
    firings.push(at);
    at = moments.after(at);
  }
  return firings;
}

function count(moments: Moments, first: number, until: number): number {
  return collect(moments, first, until, MOST_COUNTED).length;
}

function countAfter(moments: Moments, last: number, until: number): number {
  const next = moments.after(last);
  return next === null ? 0 : count(moments, next, until);
}
