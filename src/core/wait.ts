import { AMBIENT } from "./ambient.ts";
import type { TaskOutcome } from "./storage.ts";
import type { TaskResult } from "./task.ts";

/** The pauses of a long poll, in milliseconds: one for each query after the first, 30 s in all. */
const PAUSES = [50, 150, 300, 500, 1_000, 2_000, 4_000, 6_000, 8_000, 8_000];

/**
 * Looks for a result until there is one, or until the time is over: at most 12 queries in 30 s, the first ones close together.
 *
 * @param look reads what can be told of the task's end
 * @param queries what a look takes of them: with two it is made half as often
 * @param wait how long to wait, in milliseconds; 0 looks once
 * @returns null where there is still none
 */
export async function waitForResult(
  look: () => Promise<TaskOutcome>,
  queries: number,
  wait: number,
): Promise<TaskResult | null> {
  const pauses = [...PAUSES];
  for (let left = wait; ; ) {
    const { result } = await look();
    if (result !== null || left <= 0 || pauses.length === 0) return result;
    const pause = pauses.splice(0, queries).reduce((sum, next) => sum + next, 0);
    await AMBIENT.sleep(Math.min(left, pause));
    left -= pause;
  }
}
