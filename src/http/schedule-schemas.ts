import * as v from "valibot";
import { CATCH_UPS } from "../core/catch-ups.ts";
import { digitsOrText } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";
import {
  choice,
  duration,
  flag,
  integer,
  integerParameter,
  payload,
  text,
  textLike,
  values,
} from "./fields.ts";
import { exactlyOne, notBoth, rules } from "./rules.ts";

/** What a new schedule and an edit may both say. Ranges are checked by the engine, which knows them. */
const settings = {
  cron: v.optional(
    textLike(
      { examples: ["0 9 * * 1-5", "@hourly"] },
      "5 fields, or 6 with seconds first. Give this or every.",
    ),
  ),
  every: v.optional(duration(LIMITS.every, "A fixed interval. Give this or cron.")),
  timezone: v.optional(
    textLike(
      { examples: ["Europe/Paris", "UTC"] },
      'The IANA time zone that cron is read in. Defaults to "UTC".',
    ),
  ),
  catchUp: v.optional(
    choice(CATCH_UPS, "What becomes of firings that no worker was there for. Defaults to last."),
  ),
  catchUpLimit: v.optional(
    integer(LIMITS.catchUpLimit, "Most firings made up for at once. Defaults to 100."),
  ),
  jitter: v.optional(
    duration(LIMITS.jitter, "Each task is due up to so long after its firing. Defaults to 0."),
  ),
  args: v.optional(values("Positional values of each task. Defaults to none.")),
  kwargs: v.optional(payload("The payload of each task. Defaults to {}.")),
  queue: v.optional(text("The queue that its tasks wait in.")),
  priority: v.optional(integer(LIMITS.priority, "0 is claimed first.")),
  maxRetries: v.optional(integer(LIMITS.maxRetries, "A task may run once more than that.")),
  timeout: v.optional(duration(LIMITS.timeout, "How long one attempt may take.")),
  keepResult: v.optional(flag("False: a success is kept without what was returned.")),
  deleteOnSuccess: v.optional(flag("True: a task is deleted at its success.")),
};

const unique = v.pipe(
  payload("A firing is left out while an earlier task of the schedule is pending, or active."),
  v.strictObject({ while: v.optional(choice(["pending", "active"], "Defaults to active.")) }),
);
const uniqueKey = text("A firing is left out while a task with this key waits or runs.");
const expiresIn = duration(LIMITS.delay, "A task is not started so long after its eta.");
const resultTtl = duration(LIMITS.timeToLive, "How long a task is kept once it has ended, with its result.");

export const NewScheduleBody = v.pipe(
  v.strictObject({
    name: text("What rows and the API call it."),
    funcPath: text("The name of the definition of its tasks."),
    ...settings,
    unique: v.optional(unique),
    uniqueKey: v.optional(uniqueKey),
    expiresIn: v.optional(expiresIn),
    resultTtl: v.optional(resultTtl),
  }),
  v.metadata(rules(exactlyOne("cron", "every"))),
);

/** Null takes away what may be. */
export const ScheduleChangesBody = v.pipe(
  v.strictObject({
    funcPath: v.optional(text("The name of the definition of its tasks.")),
    ...settings,
    unique: v.optional(v.nullable(unique)),
    uniqueKey: v.optional(v.nullable(uniqueKey)),
    expiresIn: v.optional(v.nullable(expiresIn)),
    resultTtl: v.optional(v.nullable(resultTtl)),
  }),
  v.metadata(rules(notBoth("cron", "every"))),
);

export const DisableBody = v.strictObject({
  reason: v.optional(text("Shown with the schedule. Defaults to that an operator did it.")),
});

export const ScheduleListQuery = v.strictObject({
  cursor: v.optional(text("From the page before.")),
  limit: v.optional(
    integerParameter(LIMITS.listLimit, readNumber, "Most schedules in the page. Defaults to 100."),
  ),
});
export const NextQuery = v.strictObject({
  count: v.optional(integerParameter(LIMITS.firings, readNumber, "How many firings. Defaults to 5.")),
});

/** What is no number is left to the engine, which names the field. */
function readNumber(text: string): number {
  const read = digitsOrText(text);
  return typeof read === "number" ? read : Number.NaN;
}
