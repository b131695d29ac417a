import * as v from "valibot";
import { describe, describeKind } from "../core/describe.ts";
import { digitsOrText, parseInteger } from "../core/duration.ts";
import { ValidationError } from "../core/errors.ts";
import { LIMITS } from "../core/options.ts";
import { TASK_STATUSES } from "../core/task.ts";
import { shorten } from "./url.ts";

/** A duration or a moment: the engine reads both. */
export const NumberOrText = v.union([v.number(), v.string()]);

/** Taken as it is: a record's schema would drop keys such as `constructor`, and a payload comes back equal or is refused. */
export const Payload = v.custom<Record<string, unknown>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

const UniqueBody = v.pipe(
  Payload,
  v.strictObject({
    by: v.optional(v.array(v.string())),
    while: v.optional(v.picklist(["pending", "active"])),
    within: v.optional(NumberOrText),
    onConflict: v.optional(v.picklist(["ignore", "replace", "reject"])),
    debounce: v.optional(NumberOrText),
  }),
);

/** A task as it is posted. Ranges are checked by the engine, which knows them. */
export const NewTaskBody = v.strictObject({
  funcPath: v.string(),
  args: v.optional(v.array(v.unknown())),
  kwargs: v.optional(Payload),
  id: v.optional(v.string()),
  queue: v.optional(v.string()),
  priority: v.optional(v.number()),
  eta: v.optional(NumberOrText),
  delay: v.optional(NumberOrText),
  interval: v.optional(NumberOrText),
  maxRetries: v.optional(v.number()),
  timeout: v.optional(NumberOrText),
  uniqueKey: v.optional(v.string()),
  expiresAt: v.optional(NumberOrText),
  expiresIn: v.optional(NumberOrText),
  resultTtl: v.optional(NumberOrText),
  keepResult: v.optional(v.boolean()),
  deleteOnSuccess: v.optional(v.boolean()),
  unique: v.optional(UniqueBody),
  after: v.optional(v.array(v.string())),
  afterFailure: v.optional(v.picklist(["cancel", "start"])),
});
export type NewTaskBody = v.InferOutput<typeof NewTaskBody>;

/** The members are checked one by one, so that an error names its place without a list of thousands of others. */
export const BatchBody = v.strictObject({
  tasks: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(LIMITS.batch)),
});

export const QueueBody = v.strictObject({
  paused: v.optional(v.boolean()),
  concurrency: v.optional(v.nullable(v.number())),
});

/** Ranges and forms are checked by the engine, here too. */
export const ListQuery = v.strictObject({
  status: v.optional(v.picklist(TASK_STATUSES)),
  queue: v.optional(v.string()),
  funcPath: v.optional(v.string()),
  schedule: v.optional(v.string()),
  parentId: v.optional(v.string()),
  cursor: v.optional(v.string()),
  limit: v.optional(v.pipe(v.string(), v.transform(readLimit))),
});

function readLimit(text: string): number {
  return parseInteger(digitsOrText(text), "limit", LIMITS.listLimit);
}

export const PurgeQuery = v.strictObject({
  olderThan: v.pipe(v.string(), v.transform(digitsOrText)),
  cursor: v.optional(v.string()),
});

export const ResultQuery = v.strictObject({
  wait: v.optional(v.pipe(v.string(), v.transform(digitsOrText))),
});

/**
 * Checks a value by a schema.
 *
 * @param within what the value is called in an error, where it has a name
 * @throws {ValidationError} for the first fault
 */
export function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  within?: string,
): v.InferOutput<Schema> {
  // Valibot takes an array for an object.
  if (Array.isArray(value)) throw new ValidationError(within ?? "the body", "an object", describe(value));
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = [within, v.getDotPath(issue)].filter((part) => part !== null && part !== undefined);
  throw new ValidationError(shorten(path.join(".")) || "the body", expectedOf(issue), gotOf(issue));
}

/** Valibot tells of a missing field by its name in quotes. */
function isMissing({ type, expected }: v.BaseIssue<unknown>): boolean {
  return type === "strict_object" && expected?.startsWith('"') === true;
}

function isObjectExpected({ type, expected }: v.BaseIssue<unknown>): boolean {
  return type === "custom" || expected === "Object";
}

function gotOf(issue: v.BaseIssue<unknown>): string {
  if (isMissing(issue)) return "nothing";
  // What of a payload is redacted, only its definition knows: of one of the wrong form, or in the wrong place, nothing is told.
  if (issue.expected === "never") return describeKind(issue.path?.at(-1)?.value);
  if (isObjectExpected(issue) || issue.expected === "Array") return describeKind(issue.input);
  return describe(issue.input);
}

function expectedOf(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === "never") return "absent, since no such field exists";
  if (isMissing(issue)) return "given";
  if (isObjectExpected(issue)) return "an object";
  if (issue.expected === "Array") return "an array";
  if (issue.type === "min_length" || issue.type === "max_length") return `of 1 to ${LIMITS.batch} members`;
  return (issue.expected ?? issue.type).replaceAll(/[()]/g, "").replaceAll(" | ", " or ");
}
