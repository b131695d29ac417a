import { setTimeout } from "node:timers/promises";
import type { Logger } from "../core/log.ts";
import { NODE_DEFAULTS } from "./defaults.ts";

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
  if (running === 0 && signalled) setImmediate(() => void exit());
}

/** A pipe takes what its reader makes room for: an exit cuts off the lines that are still waiting. */
async function exit(): Promise<void> {
  const written = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write("", () => resolve())),
  );
  await Promise.race([Promise.all(written), setTimeout(NODE_DEFAULTS.lastLines)]);
  process.exit(0);
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
