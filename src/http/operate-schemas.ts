import * as v from "valibot";
import { BULK_ACTIONS } from "../core/bulk-options.ts";
import { digitsOrText, parseInteger } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";
import { TASK_STATUSES } from "../core/task.ts";
import {
  choice,
  duration,
  id,
  instant,
  instantParameter,
  integer,
  integerParameter,
  text,
} from "./fields.ts";
import { atLeastOne, exactlyOne, rules, where } from "./rules.ts";

// Ranges and forms are checked by the engine, which knows them.

const eta = {
  eta: v.optional(instant("Not before this moment.")),
  delay: v.optional(duration(LIMITS.delay, "The same, counted from now.")),
};
const change = {
  priority: v.optional(integer(LIMITS.priority, "0 is claimed first.")),
  queue: v.optional(text("The queue that it waits in.")),
};

export const EtaBody = v.pipe(v.strictObject(eta), v.metadata(rules(exactlyOne("eta", "delay"))));

export const ChangeBody = v.pipe(v.strictObject(change), v.metadata(rules(atLeastOne())));

const conditions = {
  status: v.optional(choice(TASK_STATUSES, "Only tasks with this status.")),
  queue: v.optional(text("Only tasks of this queue.")),
  funcPath: v.optional(text("Only tasks of this definition.")),
  errorType: v.optional(text("Only tasks whose last error has this type.")),
  schedule: v.optional(text("Only firings of this schedule.")),
  parentId: v.optional(id("Only tasks that this one's handler enqueued.")),
};

const BulkFilter = v.pipe(
  v.strictObject({
    all: v.optional(v.pipe(v.literal(true), v.description("Every task. Said alone."))),
    ...conditions,
    createdBefore: v.optional(instant("Only tasks created before this moment.")),
    createdAfter: v.optional(instant("Only tasks created at this moment or after it.")),
  }),
  v.metadata(rules(atLeastOne(), where("all", [true], { maxProperties: 1 }, "all with no other."))),
);

/** What an action must know, or must not be told. */
const SETS = {
  reschedule: { ...exactlyOne("eta", "delay"), ...without("priority", "queue") },
  change: { minProperties: 1, ...without("eta", "delay") },
};

export const BulkBody = v.pipe(
  v.strictObject({
    action: choice(BULK_ACTIONS, "What is done with each of them."),
    filter: BulkFilter,
    set: v.optional(v.strictObject({ ...eta, ...change })),
    cursor: v.optional(v.nullable(id("From the call before; null for the beginning."))),
    pages: v.optional(integer(LIMITS.bulkPages, "At most so many pages of 1,000 tasks. Defaults to 5.")),
  }),
  v.metadata(
    rules(
      where(
        "action",
        ["reschedule"],
        { required: ["set"], properties: { set: SETS.reschedule } },
        "reschedule with an eta or a delay to set.",
      ),
      where(
        "action",
        ["change"],
        { required: ["set"], properties: { set: SETS.change } },
        "change with a priority, a queue or both to set.",
      ),
      where(
        "action",
        ["retry", "delete", "cancel", "runNow"],
        { properties: { set: { maxProperties: 0 } } },
        "Others with nothing to set.",
      ),
    ),
  ),
);

function without(...names: readonly string[]) {
  return { properties: Object.fromEntries(names.map((name) => [name, false] as const)) };
}

export const CountQuery = v.strictObject({
  ...conditions,
  createdBefore: v.optional(instantParameter("Only tasks created before this moment.")),
  createdAfter: v.optional(instantParameter("Only tasks created at this moment or after it.")),
  cursor: v.optional(id("From the call before.")),
  pages: v.optional(
    integerParameter(LIMITS.bulkPages, readPages, "At most so many pages of 1,000 tasks. Defaults to 20."),
  ),
});

function readPages(text: string): number {
  return parseInteger(digitsOrText(text), "pages", LIMITS.bulkPages);
}
