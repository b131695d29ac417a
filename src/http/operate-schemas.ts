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

// Ranges and forms are checked by the engine, which knows them.

export const EtaBody = v.strictObject({
  eta: v.optional(instant("Not before this moment.")),
  delay: v.optional(duration(LIMITS.delay, "The same, counted from now. Give one of the two.")),
});

export const ChangeBody = v.strictObject({
  priority: v.optional(integer(LIMITS.priority, "0 is claimed first.")),
  queue: v.optional(text("The queue that it waits in.")),
});

const conditions = {
  status: v.optional(choice(TASK_STATUSES, "Only tasks with this status.")),
  queue: v.optional(text("Only tasks of this queue.")),
  funcPath: v.optional(text("Only tasks of this definition.")),
  errorType: v.optional(text("Only tasks whose last error has this type.")),
  schedule: v.optional(text("Only firings of this schedule.")),
  parentId: v.optional(id("Only tasks that this one's handler enqueued.")),
};

export const BulkBody = v.strictObject({
  action: choice(BULK_ACTIONS, "What is done with each of them."),
  filter: v.strictObject({
    all: v.optional(v.pipe(v.literal(true), v.description("Every task. Said alone."))),
    ...conditions,
    createdBefore: v.optional(instant("Only tasks created before this moment.")),
    createdAfter: v.optional(instant("Only tasks created at this moment or after it.")),
  }),
  set: v.optional(v.strictObject({ ...EtaBody.entries, ...ChangeBody.entries })),
  cursor: v.optional(v.nullable(id("From the call before; null for the beginning."))),
  pages: v.optional(integer(LIMITS.bulkPages, "At most so many pages of 1,000 tasks. Defaults to 5.")),
});

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
