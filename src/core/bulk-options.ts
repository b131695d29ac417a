import { describe } from "./describe.ts";
import { type Instant, parseInstant, parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { parseStatus } from "./filter.ts";
import { type NewEta, parseChange, parseNewEta, type TaskChange } from "./operators.ts";
import { LIMITS, parseId, parseText, within } from "./options.ts";
import type { TaskStatus } from "./task.ts";

/** What can be done with many tasks. */
export const BULK_ACTIONS = ["retry", "delete", "cancel", "runNow", "reschedule", "change"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** Which tasks: those that meet every condition. A moment is in milliseconds. */
export interface BulkFilter {
  readonly status?: TaskStatus;
  readonly queue?: string;
  readonly funcPath?: string;
  readonly createdBefore?: number;
  readonly createdAfter?: number;
  readonly errorType?: string;
  readonly schedule?: string;
  readonly parentId?: string;
}

/** The same as it is written. */
export interface CountFilter extends Omit<BulkFilter, "createdBefore" | "createdAfter"> {
  /** Created before this moment. It also leaves out what comes while the pages are gone through. */
  readonly createdBefore?: Instant;
  /** Created at this moment or after it. */
  readonly createdAfter?: Instant;
  /** The `type` of its last error. */
  readonly errorType?: string;
  /** The name of the schedule that it is a firing of. */
  readonly schedule?: string;
  /** The id of the task whose handler enqueued it. */
  readonly parentId?: string;
}

/** At least one condition; or `{ all: true }`, alone, for every task. */
export interface BulkFilterOptions extends CountFilter {
  readonly all?: true;
}

/** How far a call goes. */
export interface PageOptions {
  /** From the call before, where that was not null. Defaults to the beginning. */
  readonly cursor?: string | null;
  /** At most so many pages of 1,000 tasks: 1 to 100. Defaults to 5; of a count to 20. */
  readonly pages?: number;
}

/** What becomes of the tasks: an eta or a delay for `reschedule`, a priority or a queue for `change`, nothing for the others. */
export type BulkSet = NewEta & TaskChange;

export interface BulkOptions extends PageOptions {
  readonly action: BulkAction;
  readonly filter: BulkFilterOptions;
  readonly set?: BulkSet;
}

/** An action with what it needs to know. */
export type BulkChange =
  | { readonly action: Exclude<BulkAction, "reschedule" | "change"> }
  | { readonly action: "reschedule"; readonly eta: number }
  | ({ readonly action: "change" } & TaskChange);

const PAGES = 5;
const COUNTED_PAGES = 20;

/** @throws {ValidationError} naming the field, as `filter.queue` */
export function parseBulk({ action, filter, set = {}, cursor, pages = PAGES }: BulkOptions, now: number) {
  return {
    change: parseAction(action, set, now),
    filter: parseBulkFilter(filter),
    ...parsePages(cursor, pages),
  };
}

/** @throws {ValidationError} */
export function parseCount(filter: CountFilter, { cursor, pages = COUNTED_PAGES }: PageOptions) {
  return { filter: parseConditions(filter), ...parsePages(cursor, pages) };
}

const CONDITIONS: ReadonlySet<string> = new Set<keyof CountFilter>([
  "status",
  "queue",
  "funcPath",
  "createdBefore",
  "createdAfter",
  "errorType",
  "schedule",
  "parentId",
]);

function parsePages(cursor: string | null | undefined, pages: number) {
  return {
    cursor: cursor === null || cursor === undefined ? null : parseId(cursor, "cursor"),
    pages: parseInteger(pages, "pages", LIMITS.bulkPages),
  };
}

function checkObject(value: unknown, field: string): void {
  if (typeof value !== "object" || value === null)
    throw new ValidationError(field, "an object", describe(value));
}

/** What is told to touch every task must say so: a filter that came out empty by mistake does not. */
function parseBulkFilter(filter: BulkFilterOptions): BulkFilter {
  checkObject(filter, "filter");
  const { all, ...conditions } = filter;
  const isEmpty = Object.values(conditions).every((condition) => condition === undefined);
  if (all !== undefined && all !== true)
    throw new ValidationError("filter.all", "true, or absent", describe(all));
  if (isEmpty !== (all === true)) {
    const got = isEmpty ? "none of them" : "both";
    throw new ValidationError("filter", "at least one condition, or { all: true } alone", got);
  }
  return within("filter", () => parseConditions(conditions));
}

/** What cannot be read as a condition would otherwise be left out, and the filter be wider than it was meant. */
function parseConditions(filter: CountFilter): BulkFilter {
  checkObject(filter, "filter");
  for (const [name, value] of Object.entries(filter)) {
    if (CONDITIONS.has(name)) continue;
    throw new ValidationError(name, "absent, since no such condition exists", describe(value));
  }
  const read = <T, R>(value: T | undefined, parse: (value: T) => R) =>
    value === undefined ? undefined : parse(value);
  const readText = (name: "queue" | "funcPath" | "errorType" | "schedule") =>
    read(filter[name], (value) => parseText(value, name));
  return {
    status: read(filter.status, parseStatus),
    queue: readText("queue"),
    funcPath: readText("funcPath"),
    errorType: readText("errorType"),
    schedule: readText("schedule"),
    createdBefore: read(filter.createdBefore, (value) => parseInstant(value, "createdBefore")),
    createdAfter: read(filter.createdAfter, (value) => parseInstant(value, "createdAfter")),
    parentId: read(filter.parentId, (value) => parseId(value, "parentId")),
  };
}

function parseAction(action: BulkAction, set: BulkSet, now: number): BulkChange {
  checkObject(set, "set");
  const { eta, delay, priority, queue } = set;
  switch (action) {
    case "reschedule":
      refuse(action, { priority, queue });
      return { action, eta: within("set", () => parseNewEta({ eta, delay }, now)) };
    case "change":
      refuse(action, { eta, delay });
      return { action, ...within("set", () => parseChange({ priority, queue })) };
    case "retry":
    case "delete":
    case "cancel":
    case "runNow":
      refuse(action, set);
      return { action };
    default:
      throw new ValidationError("action", BULK_ACTIONS.join(" or "), describe(action));
  }
}

function refuse(action: BulkAction, set: BulkSet): void {
  for (const [name, value] of Object.entries(set)) {
    if (value !== undefined)
      throw new ValidationError(`set.${name}`, `absent for ${action}`, describe(value));
  }
}
