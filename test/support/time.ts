import { vi } from "vitest";

const pause = setTimeout;

/** How long it took, by the faked clock. */
export interface Elapsed<T> {
  readonly value: T;
  readonly milliseconds: number;
}

/**
 * Runs what takes long by the clock without waiting for it: timers and `Date` go on by a quarter of a second, or by `step`, a
 * database answers in real time in between.
 */
export async function fastForward<T>(start: () => Promise<T>, most: number, step = 250): Promise<Elapsed<T>> {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
    now: Date.now(),
  });
  try {
    const begin = Date.now();
    let ended = false;
    const running = start().finally(() => {
      ended = true;
    });
    while (!ended && Date.now() - begin < most) {
      await vi.advanceTimersByTimeAsync(step);
      await new Promise((resolve) => pause(resolve, 5));
    }
    if (!ended) throw new Error(`expected an end within ${most} ms, and there was none`);
    return { value: await running, milliseconds: Date.now() - begin };
  } finally {
    vi.useRealTimers();
  }
}
