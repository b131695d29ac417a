import * as v from "valibot";
import { describe, describeKind } from "../core/describe.ts";
import { digitsOrText, parseInteger } from "../core/duration.ts";
import { ValidationError } from "../core/errors.ts";
import { LIMITS } from "../core/options.ts";
import { TASK_STATUSES } from "../core/task.ts";
import {
  ageParameter,
  choice,
  duration,
  durationParameter,
  flag,
  id,
  instant,
  integer,
  integerParameter,
  Payload,
  payload,
  text,
  textLike,
  values,
} from "./fields.ts";
import { needs, notBoth, rules, where } from "./rules.ts";
import { shorten } from "./url.ts";

/** Nothing finished in 1970: whoever asks for what is older than that many milliseconds means how long ago. */
export const YEAR = 365 * 86_400_000;

/** As the engine reads it. */
const PATH_PATTERN = "^(args(?!\\.)|kwargs(?!\\[))(\\.[^.[\\]]+|\\[\\d+\\])*$";

const UniqueBody = v.pipe(
  Payload,
  v.strictObject({
    by: v.optional(
      v.pipe(
        v.array(
          textLike({ pattern: PATH_PATTERN, examples: ["kwargs.userId", "args[0]"] }, "Path of a field."),
        ),
        v.description(
          "The fields that make the key, where no uniqueKey is given. Defaults to all of args and kwargs.",
        ),
      ),
    ),
    while: v.optional(
      choice(
        ["pending", "active"],
        "How long the key is held: until the task starts, or until it ends (the default).",
      ),
    ),
    within: v.optional(
      duration(
        LIMITS.uniqueWindow,
        "At most one enqueue within that time of the first. Not with replace or debounce.",
      ),
    ),
    onConflict: v.optional(
      choice(
        ["ignore", "replace", "reject"],
        "What an enqueue does that meets a task with its key. Defaults to ignore.",
      ),
    ),
    debounce: v.optional(
      duration(
        LIMITS.uniqueWindow,
        "As replace, but each enqueue moves the eta, up to so long after the first.",
      ),
    ),
  }),
  v.metadata(
    rules(
      notBoth("within", "debounce"),
      where("onConflict", ["replace"], { not: { required: ["within"] } }, "replace not with within."),
      where(
        "onConflict",
        ["ignore", "reject"],
        { not: { required: ["debounce"] } },
        "debounce only with replace.",
      ),
    ),
  ),
);

/** A task as it is posted. Ranges are checked by the engine, which knows them. */
export const NewTaskBody = v.pipe(
  v.strictObject({
    funcPath: text("The name of its definition."),
    args: v.optional(values("Positional values. Defaults to none.")),
    kwargs: v.optional(payload("The payload, as the definition's own schema has it. Defaults to {}.")),
    id: v.optional(id("A UUIDv7 of your own, at most 5 minutes ahead of the clock. Defaults to a new one.")),
    queue: v.optional(text('The queue that it waits in. Defaults to "default".')),
    priority: v.optional(integer(LIMITS.priority, "0 is claimed first. Defaults to 5.")),
    eta: v.optional(instant("Not before this moment. Defaults to now.")),
    delay: v.optional(duration(LIMITS.delay, "The same, counted from now. Give one of the two.")),
    interval: v.optional(
      duration(LIMITS.interval, "Run again this long after each success. Defaults to once only."),
    ),
    maxRetries: v.optional(integer(LIMITS.maxRetries, "It may run once more than that. Defaults to 3.")),
    timeout: v.optional(
      duration(
        LIMITS.timeout,
        "How long one attempt may take, in a Worker up to 14 minutes. Defaults to 25 s.",
      ),
    ),
    uniqueKey: v.optional(text("At most one task with this key waits or runs; unique can say otherwise.")),
    expiresAt: v.optional(instant("Not started from this moment on. Defaults to never.")),
    expiresIn: v.optional(duration(LIMITS.delay, "The same, counted from now. Give one of the two.")),
    resultTtl: v.optional(
      duration(LIMITS.timeToLive, "How long it is kept once it has ended, with its result."),
    ),
    keepResult: v.optional(flag("False: its success is kept without what it returned. Defaults to true.")),
    deleteOnSuccess: v.optional(
      flag("True: at its success it is deleted. Not with an interval. Defaults to false."),
    ),
    unique: v.optional(UniqueBody),
    after: v.optional(
      v.pipe(
        v.array(id("The id of a task that exists, or that is enqueued in the same batch.")),
        v.metadata({
          minItems: 1,
          maxItems: LIMITS.parents,
          description: "Tasks that must end before it starts.",
        }),
      ),
    ),
    afterFailure: v.optional(
      choice(
        ["cancel", "start"],
        "What becomes of it where one of them does not succeed. Only with after. Defaults to cancel.",
      ),
    ),
  }),
  v.metadata(
    rules(
      notBoth("eta", "delay"),
      notBoth("expiresAt", "expiresIn"),
      needs("afterFailure", "after"),
      where(
        "deleteOnSuccess",
        [true],
        { not: { required: ["interval"] } },
        "deleteOnSuccess not with interval.",
      ),
    ),
  ),
);
export type NewTaskBody = v.InferOutput<typeof NewTaskBody>;

/** The members are checked one by one, so that an error names its place without a list of thousands of others. */
export const BatchBody = v.strictObject({
  tasks: v.pipe(v.array(v.unknown()), v.minLength(1), v.maxLength(LIMITS.batch)),
});

export const QueueBody = v.strictObject({
  paused: v.optional(flag("Whether nothing of it is started.")),
  concurrency: v.optional(
    v.nullable(
      integer(
        LIMITS.queueConcurrency,
        "How many of its tasks may run at once, over all workers; null for no limit.",
      ),
    ),
  ),
});

/** Ranges and forms are checked by the engine, here too. */
export const ListQuery = v.strictObject({
  status: v.optional(choice(TASK_STATUSES, "Only tasks with this status.")),
  queue: v.optional(text("Only tasks of this queue.")),
  funcPath: v.optional(text("Only tasks of this definition.")),
  schedule: v.optional(text("Only firings of this schedule.")),
  parentId: v.optional(id("Only tasks that this one's handler enqueued.")),
  cursor: v.optional(id("From the page before.")),
  limit: v.optional(
    integerParameter(LIMITS.listLimit, readLimit, "Most tasks in the page. Defaults to 100."),
  ),
});

function readLimit(text: string): number {
  return parseInteger(digitsOrText(text), "limit", LIMITS.listLimit);
}

export const PurgeQuery = v.strictObject({
  olderThan: ageParameter(YEAR, "What ended before that: so long ago, or a moment after 1970."),
  cursor: v.optional(id("From the call before.")),
});

export const ResultQuery = v.strictObject({
  wait: v.optional(
    durationParameter(LIMITS.wait, "How long to wait for the result. Defaults to not at all."),
  ),
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
