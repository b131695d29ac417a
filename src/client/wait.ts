import type { Duration } from "../core/duration.ts";
import { AMBIENT, type Ambient } from "./ambient.ts";
import { readDuration } from "./duration.ts";

/** How long a server waits for one call. */
const LONGEST_SLICE = 30_000;
/** Between two calls, where the server answered sooner than it was asked to. */
const PAUSE = 1_000;

/**
 * Asks again and again, by calls that each wait on the server, until there is an answer or the time is over.
 *
 * @param wait in all; Infinity for as long as it takes
 * @param ask waits that many milliseconds for an answer; null where there is none
 * @returns null where there was none in time
 */
export async function waitInSlices<T>(
  wait: Duration,
  signal: AbortSignal | undefined,
  ask: (slice: number) => Promise<T | null>,
  { now, sleep }: Ambient = AMBIENT,
): Promise<T | null> {
  const end = now() + readDuration(wait, "wait");
  for (;;) {
    const start = now();
    const slice = Math.max(0, Math.min(LONGEST_SLICE, Math.round(end - start)));
    const answer = await ask(slice);
    if (answer !== null || end - now() < 1) return answer;
    const early = slice - (now() - start);
    if (early > 0) await sleep(Math.min(early, PAUSE, end - now()), signal);
  }
}
