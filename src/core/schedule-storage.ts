import type { Schedule } from "./schedule.ts";
import type { Page } from "./storage.ts";
import type { JsonText } from "./task.ts";

/** A schedule to be written, every default applied, every value checked. */
export interface NewSchedule
  extends Omit<
    Schedule,
    "args" | "kwargs" | "enabled" | "disabledReason" | "lastAt" | "lastTaskId" | "createdAt" | "updatedAt"
  > {
  readonly args: JsonText;
  readonly kwargs: JsonText;
  /** A digest of what the code declares; null where it was made at run time. */
  readonly declared: string | null;
}

/** What an edit makes of a schedule. */
export interface EditedSchedule extends Omit<NewSchedule, "app" | "declared"> {
  readonly enabled: boolean;
  readonly disabledReason: string | null;
}

/** Schedules that are due, at most 100, and when another one is. */
export interface DueSchedules {
  readonly due: readonly Schedule[];
  /** The first firing of those that are not due yet; null where there is none. */
  readonly upcoming: number | null;
}

/** What is to be done about one schedule that is due. */
export interface Firing {
  readonly name: string;
  /** The schedule as it was read: where either has changed, nothing is done. */
  readonly dueAt: number;
  readonly updatedAt: number;
  readonly nextAt: number | null;
  /** The key of its tasks: what holds it is looked at where there is one. */
  readonly uniqueKey: string | null;
  readonly tasks: readonly FiringTask[];
}

/** A task that a firing enqueues; all else of it is the schedule's. */
export interface FiringTask {
  readonly id: string;
  readonly eta: number;
  readonly scheduledFor: number;
}

export interface FiringReport {
  /** Names of the schedules whose firings were made by this call, or by another send of it. */
  readonly fired: ReadonlySet<string>;
  /** Ids of the tasks that were inserted: one whose unique key was held was not. */
  readonly inserted: ReadonlySet<string>;
}

/** What a sync needs to know of a schedule on file. */
export interface KnownSchedule {
  readonly name: string;
  readonly app: string | null;
  readonly declared: string | null;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
}

/** What schedules need of the database. As for {@link Storage}: every write may be sent twice with the same answer. */
export interface ScheduleStorage {
  /** One read. It may be stale: a firing by it is fenced. */
  findDue(now: number): Promise<DueSchedules>;
  /**
   * One batch: inserts the tasks of firings that are still to be made, and moves their schedules on. A firing is made once, whoever
   * else sends it, and whatever became of its task. What holds its unique key and must not start any more is cancelled before.
   */
  fireMany(firings: readonly Firing[], now: number): Promise<FiringReport>;
  /** Those of the app, and those of these names, whoever has declared them. */
  findKnown(app: string, names: readonly string[]): Promise<readonly KnownSchedule[]>;
  /** Writes what an app's code declares where the code has changed, and disables what of the app is not in `names`. */
  declareMany(
    app: string,
    changed: readonly NewSchedule[],
    names: readonly string[],
    removedReason: string,
    now: number,
  ): Promise<void>;
  /** False where there is one of this name. */
  insert(schedule: NewSchedule, now: number): Promise<boolean>;
  /** False where it is no more as it was read: it was edited, or fired, meanwhile. */
  update(
    schedule: EditedSchedule,
    read: Pick<Schedule, "updatedAt" | "nextAt">,
    now: number,
  ): Promise<boolean>;
  /** False where there is none. */
  delete(name: string): Promise<boolean>;
  get(name: string): Promise<Schedule | null>;
  /** By name. */
  list(cursor: string | null, limit: number): Promise<Page<Schedule>>;
}
