import type { Logger } from "../core/log.ts";

/** Runners of this process that have not ended. */
let running = 0;
let signalled = false;

/** Counts a runner that starts. */
export function noteStart(): void {
  running += 1;
}

/** Counts one that has ended: after a signal the process exits with the last of them, since others still run handlers. */
export function noteEnd(): void {
  running -= 1;
  // Whoever waits for the runner goes first.
  if (running === 0 && signalled) setImmediate(() => process.exit(0));
}

/**
 * Stops a runner on the first SIGTERM or SIGINT; the process then exits once all runners have ended. A second signal exits at
 * once.
 *
 * @returns takes the listeners away again
 */
export function installSignals(stop: () => void, log: Logger): () => void {
  let asked = false;
  const onSignal = (name: NodeJS.Signals) => {
    if (asked) process.exit(1);
    asked = true;
    signalled = true;
    log.info("stopping", { signal: name });
    stop();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return () => {
    process.off("SIGTERM", onSignal);
    process.off("SIGINT", onSignal);
  };
}
