import { defineTask } from "../src/core/registry.ts";

/** Does nothing: what a drain of it takes is the engine's and the database's own time. */
export const noop = defineTask("bench.noop", { run: () => null });

/** The moment on the clock that all processes of one machine share, in milliseconds. */
export function moment(): number {
  return performance.timeOrigin + performance.now();
}

/** Returns when it started. In workerd the clock stands still between two replies: it reads the moment of the claim's. */
export const stamp = defineTask("bench.stamp", { run: () => ({ startedAt: Date.now() }) });
