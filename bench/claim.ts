import type { ClaimTime, ClaimTimes } from "./figures.ts";
import { compare, type Target } from "./target.ts";

/** How often each size of claim is made: fewer than the smallest backlog holds. */
const CLAIMS = [
  { limit: 10, times: 20 },
  { limit: 100, times: 8 },
] as const;

/** A claim while all tasks wait for their time. */
const IDLE = { limit: 100, times: 20, due: 0 } as const;

/** Due tasks in front of those that are not due yet. */
const DUE = 1_000;

/**
 * What a claim takes as the backlog grows: of tasks that are due, and of tasks that are not.
 *
 * @param pending backlogs of due tasks, ascending
 * @param notDue backlogs of tasks that are not due yet
 */
export async function measureClaim(
  target: Target,
  pending: readonly number[],
  notDue: readonly number[],
  rounds: number,
): Promise<ClaimTimes> {
  const backlogs = [
    ...pending.map((size) => ({ name: `pending-${shorten(size)}`, size, due: size })),
    ...notDue.map((size) => ({ name: `not-due-${shorten(size)}`, size: size + DUE, due: DUE })),
  ].sort((a, b) => a.size - b.size);
  const times: ClaimTimes = {};
  await target.step({ do: "clear" });
  let seeded = 0;
  for (const { name, size, due } of backlogs) {
    await target.step({ do: "seed", first: seeded, end: size });
    seeded = size;
    times[name] = await claimsOf(target, due, rounds);
    if (due < size) times[name]["0"] = await measureOne(target, IDLE, rounds);
  }
  await target.step({ do: "clear" });
  return times;
}

async function claimsOf(target: Target, due: number, rounds: number): Promise<Record<string, ClaimTime>> {
  const byLimit: Record<string, ClaimTime> = {};
  for (const claim of CLAIMS) byLimit[claim.limit] = await measureOne(target, { ...claim, due }, rounds);
  return byLimit;
}

async function measureOne(
  target: Target,
  claim: { readonly limit: number; readonly times: number; readonly due: number },
  rounds: number,
): Promise<ClaimTime> {
  const unclaim = () => target.step({ do: "unclaim" });
  const { engine, floor, ratio, last } = await compare(target, rounds, unclaim, { do: "claim", ...claim });
  await unclaim();
  const rowsRead = last.rows && last.rows.read / (last.tasks || claim.times);
  return { milliseconds: engine / claim.times, floor: floor / claim.times, ratio, rowsRead };
}

function shorten(count: number): string {
  return count >= 1_000_000 ? `${count / 1_000_000}m` : `${count / 1_000}k`;
}
