import type { CatchUp } from "./catch-ups.ts";
import type { Duration } from "./duration.ts";
import { parseText, within } from "./options.ts";
import type { TaskOptions } from "./prepare.ts";
import type { AnyTask, TaskDefinition } from "./registry.ts";
import { parseScheduleSettings } from "./schedule-settings.ts";
import type { JsonObject, JsonValue, OnSuccess } from "./task.ts";

export { CATCH_UPS, type CatchUp } from "./catch-ups.ts";

/** When a schedule fires, besides its cron or its interval. */
export interface ScheduleSettings {
  /** The IANA time zone whose wall clock a cron reads. Defaults to `"UTC"`. */
  readonly timezone?: string;
  /** What becomes of firings that no worker was there for: `skip`, `last` or `all`; see {@link CATCH_UPS}. Defaults to `last`. */
  readonly catchUp?: CatchUp;
  /** How many firings are made up for at once, oldest first: 1 to 1,000. Defaults to 100. */
  readonly catchUpLimit?: number;
  /** Each task is due up to so long after its firing, at random: up to a day. Defaults to 0. */
  readonly jitter?: Duration;
}

/** What each task of a schedule has: as an enqueue says it. `expiresIn` counts from the eta of the task. */
export type ScheduledTaskOptions = Pick<
  TaskOptions,
  | "args"
  | "queue"
  | "priority"
  | "maxRetries"
  | "timeout"
  | "uniqueKey"
  | "expiresIn"
  | "resultTtl"
  | "keepResult"
  | "deleteOnSuccess"
>;

/** What a firing does that comes while the task of the one before is still there. */
export interface ScheduleUnique {
  /** It makes no task until that one has started (`pending`), or ended (`active`). Defaults to `"active"`. */
  readonly while?: "pending" | "active";
}

export interface ScheduleOptions extends ScheduleSettings, ScheduledTaskOptions {
  /**
   * One task of the schedule at a time: a firing that meets the last one makes none, and is counted as skipped. The key is
   * `schedule:NAME`, or the `uniqueKey` that is given. Defaults to the definition's `unique`, and else to none.
   */
  readonly unique?: ScheduleUnique;
}

/** A cron of 5 fields, or 6 with seconds first; or a fixed interval of 1 s to a year, counted from when it is first known. */
export type ScheduleTiming = string | { readonly every: Duration };

/** A schedule that code declares. Made by {@link schedule}. */
export interface ScheduleDefinition {
  readonly name: string;
  readonly timing: ScheduleTiming;
  readonly task: AnyTask;
  readonly input: unknown;
  readonly options: ScheduleOptions;
}

/** A schedule that comes from outside and names its task. */
export interface ScheduleRequest extends ScheduleOptions {
  readonly name: string;
  /** One of the two. */
  readonly cron?: string;
  readonly every?: Duration;
  readonly funcPath: string;
  /** The payload of each task. Defaults to `{}`. */
  readonly kwargs?: unknown;
}

/** What an edit changes; what it does not name stays. */
export interface ScheduleChanges
  extends Partial<Omit<ScheduleRequest, "name" | "unique" | "uniqueKey" | "expiresIn" | "resultTtl">> {
  /** Null takes it away, as with the next three. */
  readonly unique?: ScheduleUnique | null;
  readonly uniqueKey?: string | null;
  readonly expiresIn?: Duration | null;
  readonly resultTtl?: Duration | null;
}

/** A schedule as it is stored. All times are integer milliseconds since the epoch, all durations integer milliseconds. */
export interface Schedule {
  readonly name: string;
  readonly funcPath: string;
  readonly args: JsonValue[];
  readonly kwargs: JsonObject;
  readonly options: StoredOptions;
  /** Null where it fires by its interval. */
  readonly cron: string | null;
  readonly every: number | null;
  readonly timezone: string;
  readonly catchUp: CatchUp;
  readonly catchUpLimit: number;
  readonly jitter: number;
  readonly enabled: boolean;
  /** Why it is disabled; null where it is not. */
  readonly disabledReason: string | null;
  /** The app whose code declares it; null where it was made at run time. */
  readonly app: string | null;
  /** The firing that comes next; null where none does. */
  readonly nextAt: number | null;
  /** The last firing that was made. */
  readonly lastAt: number | null;
  readonly lastTaskId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What each task of a schedule has, every default applied. */
export interface StoredOptions {
  readonly queue: string;
  readonly priority: number;
  readonly maxRetries: number;
  readonly timeout: number;
  readonly uniqueKey: string | null;
  readonly uniqueWhile: "pending" | null;
  readonly expiresIn: number | null;
  readonly resultTtl: number | null;
  readonly onSuccess: OnSuccess;
}

/**
 * Declares a schedule: a task that is enqueued again and again, by the clock or every so often. Give it to `createWorker`,
 * `createRunner` or `createQueue` as one of `schedules`.
 *
 * @param name what rows, events and the API call it. Keep it when you move the code
 * @param timing a cron of 5 fields, or 6 with seconds first, such as `"0 9 * * 1-5"`; or `{ every: "5m" }`
 * @param task the definition of the task that each firing enqueues
 * @param input the payload of each of them
 * @param options see {@link ScheduleSettings} and {@link ScheduledTaskOptions}
 * @throws {ValidationError} when the cron, the time zone or another option cannot be used
 * @example schedule("digest", "0 9 * * 1-5", sendDigest, { to: "team" }, { timezone: "Europe/Paris", catchUp: "all" })
 */
export function schedule<Input>(
  name: string,
  timing: ScheduleTiming,
  task: TaskDefinition<Input, never>,
  input: NoInfer<Input>,
  options: ScheduleOptions = {},
): ScheduleDefinition {
  parseText(name, "name");
  within(`schedules.${name}`, () => parseScheduleSettings(timing, options));
  return { name, timing, task, input, options };
}
