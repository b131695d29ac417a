import { AMBIENT } from "./ambient.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { NotDrainedError } from "./errors.ts";
import { LIMITS } from "./options.ts";

/** The pause between two looks doubles from the first to the second, in milliseconds. */
const PAUSE = { min: 20, max: 2_000 };

export interface DrainedOptions {
  /** Gives up after so long: 1 ms to 7 days. Defaults to never. */
  readonly timeout?: Duration;
  /** Gives up when it aborts, with its reason. Defaults to never. */
  readonly signal?: AbortSignal;
}

/**
 * Looks until no task waits or runs.
 *
 * @param hasWork whether one does
 * @param queue what to call it in an error; null for all
 * @throws {NotDrainedError} at the timeout, the signal's reason where that aborts, {@link ValidationError}
 */
export async function untilDrained(
  hasWork: () => Promise<boolean>,
  queue: string | null,
  { timeout, signal }: DrainedOptions,
): Promise<void> {
  const limit =
    timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout, "timeout", LIMITS.timeout);
  const start = AMBIENT.steady();
  for (let pause = PAUSE.min; ; pause = Math.min(PAUSE.max, 2 * pause)) {
    signal?.throwIfAborted();
    if (!(await hasWork())) return;
    const left = limit - (AMBIENT.steady() - start);
    if (left <= 0) throw new NotDrainedError(queue, limit);
    await sleepUnlessAborted(Math.min(pause, left), signal);
  }
}

async function sleepUnlessAborted(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal?.addEventListener("abort", stop, { once: true });
  });
  await Promise.race([AMBIENT.sleep(milliseconds), aborted]);
  signal?.removeEventListener("abort", stop);
}
