import type { Awaited } from "./awaited.ts";
import type { SpendQueries } from "./budget.ts";
import type { Clock } from "./clock.ts";
import type { EndCounts } from "./committer.ts";
import { parseInteger } from "./duration.ts";
import type { EventListener } from "./events.ts";
import type { Logger } from "./log.ts";
import type { Composed } from "./middleware.ts";
import { LIMITS } from "./options.ts";
import type { Producer } from "./producer.ts";
import type { Registry } from "./registry.ts";
import type { ScheduleParts } from "./scheduler.ts";
import type { Storage } from "./storage.ts";

/** What a drain works with. */
export interface Engine {
  readonly storage: Storage;
  readonly registry: Registry;
  /** What handlers enqueue by. */
  readonly producer: Producer<unknown>;
  readonly awaited: Awaited;
  readonly clock: Clock;
  readonly random: () => number;
  /** What the handlers of one drain get as `ctx.env`. @param spend is told of their own queries where those can be seen */
  readonly envFor: (spend: SpendQueries) => unknown;
  readonly log: Logger;
  readonly emit: EventListener;
  /** Around each handler. */
  readonly aroundRun: Composed["run"];
  /** Whether what ended is counted in the history. */
  readonly records: boolean;
  readonly schedules: ScheduleParts;
}

/** Handlers at once where a drain is not told how many. */
export const DRAIN_CONCURRENCY = 5;

/** How long and how hard to work. Durations are integer milliseconds from the start of the drain. */
export interface DrainOptions {
  /** Ends claiming. Defaults to never. */
  readonly deadline?: number;
  /** Ends everything: what still runs is aborted and released. Defaults to never. */
  readonly hardDeadline?: number;
  /** Handlers at once: 1 to 1,000. */
  readonly concurrency: number;
  /** Ends claiming after so many tasks. Defaults to no limit. */
  readonly maxTasks?: number;
  /** Queries that this invocation may send, those before the drain and those of handlers included: at least 20. Defaults to no limit. */
  readonly queryBudget?: number;
  /** Only these queues, in this order. Defaults to all. */
  readonly queues?: readonly string[];
  /** Goes on polling for so long when nothing is due. Defaults to not at all. */
  readonly linger?: number;
  /** How long a claim holds unless it is renewed, which is done four times within it. Defaults to 2 minutes. */
  readonly lease?: number;
  /** Rescues tasks whose lease expired, and runs the quarantine. Defaults to true. */
  readonly rescue?: boolean;
  /** Fires what is due of the schedules. Defaults to true. */
  readonly schedules?: boolean;
  /** Bounds of the delay between two polls: it doubles while nothing is due. Defaults to one second. */
  readonly poll?: { readonly min: number; readonly max: number };
  /** Aborting it ends claiming and releases what has not started; what runs has `grace` left. */
  readonly signal?: AbortSignal;
  /** How long handlers may run on after the signal. Defaults to until the hard deadline. */
  readonly grace?: number;
  /** Given a function by which others tell the drain that something may be due. */
  readonly onStart?: (wake: () => void) => void;
}

/** Checks what a drain is told, and applies its default, 5 handlers at once. @throws {ValidationError} */
export function parseDrain(options: Partial<DrainOptions>): DrainOptions {
  const { concurrency = DRAIN_CONCURRENCY, lease, queryBudget } = options;
  parseInteger(concurrency, "concurrency", LIMITS.concurrency);
  if (lease !== undefined) parseInteger(lease, "lease", LIMITS.lease);
  if (queryBudget !== undefined) parseInteger(queryBudget, "queryBudget", LIMITS.queryBudget);
  return { ...options, concurrency };
}

export type DrainEnd = "empty" | "deadline" | "max-tasks" | "query-budget" | "stopped" | "storage-failed";

/** What a drain did. */
export interface DrainReport extends EndCounts {
  readonly claimed: number;
  readonly rescued: number;
  /** Why it stopped claiming. */
  readonly reason: DrainEnd;
}
