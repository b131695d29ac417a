import * as v from "valibot";
import { BULK_ACTIONS } from "../core/bulk-options.ts";
import { digitsOrText, parseInteger } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";
import { TASK_STATUSES } from "../core/task.ts";

/** A duration or a moment: the engine reads both. */
const NumberOrText = v.union([v.number(), v.string()]);

// Ranges and forms are checked by the engine, which knows them.

export const EtaBody = v.strictObject({
  eta: v.optional(NumberOrText),
  delay: v.optional(NumberOrText),
});

export const ChangeBody = v.strictObject({
  priority: v.optional(v.number()),
  queue: v.optional(v.string()),
});

const conditions = {
  status: v.optional(v.picklist(TASK_STATUSES)),
  queue: v.optional(v.string()),
  funcPath: v.optional(v.string()),
  errorType: v.optional(v.string()),
  schedule: v.optional(v.string()),
  parentId: v.optional(v.string()),
};

export const BulkBody = v.strictObject({
  action: v.picklist(BULK_ACTIONS),
  filter: v.strictObject({
    all: v.optional(v.literal(true)),
    ...conditions,
    createdBefore: v.optional(NumberOrText),
    createdAfter: v.optional(NumberOrText),
  }),
  set: v.optional(v.strictObject({ ...EtaBody.entries, ...ChangeBody.entries })),
  cursor: v.optional(v.nullable(v.string())),
  pages: v.optional(v.number()),
});

const moment = v.optional(v.pipe(v.string(), v.transform(digitsOrText)));

export const CountQuery = v.strictObject({
  ...conditions,
  createdBefore: moment,
  createdAfter: moment,
  cursor: v.optional(v.string()),
  pages: v.optional(v.pipe(v.string(), v.transform(readPages))),
});

function readPages(text: string): number {
  return parseInteger(digitsOrText(text), "pages", LIMITS.bulkPages);
}
