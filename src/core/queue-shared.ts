import { Awaited } from "./awaited.ts";
import { Clock } from "./clock.ts";
import type { Declaration } from "./declaration.ts";
import { Metrics } from "./metrics.ts";
import { type Composed, composeMiddleware } from "./middleware.ts";
import { declarationOf, type QueueParts } from "./queue-options.ts";

/** What a queue shares with its sessions. */
export interface Shared {
  readonly clock: Clock;
  /** Each wakes a drain of this process. */
  readonly listeners: Set<() => void>;
  /** Whether what it answers is to be shown. */
  readonly redacts: boolean;
  /** What of its own tasks wait for others. */
  readonly awaited: Awaited;
  readonly middleware: Composed;
  readonly metrics: Metrics;
  /** What this process has edited of the schedules. */
  readonly edits: { count: number };
  /** The schedules of this code; null where it says nothing of them. */
  readonly declaration: Declaration | null;
}

/** @throws {ConfigError} {@link ValidationError} where the schedules cannot be used */
export function makeShared<Native>(options: QueueParts<Native>): Shared {
  return {
    clock: new Clock(options.now),
    listeners: new Set(),
    redacts: false,
    awaited: new Awaited(),
    middleware: composeMiddleware(options.middleware),
    metrics: options.metrics ?? new Metrics(),
    edits: { count: 0 },
    declaration: declarationOf(options),
  };
}
