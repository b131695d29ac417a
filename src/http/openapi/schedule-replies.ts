import * as v from "valibot";
import { CATCH_UPS } from "../../core/catch-ups.ts";
import type { Schedule as ScheduleOfCore, StoredOptions } from "../../core/schedule.ts";
import { args, count, cursor, kwargs, milliseconds, moment, name, taskId } from "./replies.ts";
import { type Same, same } from "./same.ts";

export const ScheduledTask = v.object({
  queue: v.string(),
  priority: v.pipe(v.number(), v.metadata({ type: "integer", minimum: 0, maximum: 9 })),
  maxRetries: count("A task may run once more than that."),
  timeout: milliseconds("How long one attempt may take."),
  uniqueKey: v.nullable(v.string()),
  uniqueWhile: v.nullable(v.literal("pending")),
  expiresIn: v.nullable(milliseconds("A task is not started so long after its eta.")),
  resultTtl: v.nullable(milliseconds("How long a task is kept once it has ended.")),
  onSuccess: v.picklist(["keep", "forget", "delete"]),
});

export const Schedule = v.object({
  name: v.string(),
  funcPath: name("The name of the definition of its tasks."),
  args,
  kwargs,
  options: ScheduledTask,
  cron: v.nullable(name("5 fields, or 6 with seconds first; null where it fires by its interval.")),
  every: v.nullable(milliseconds("The interval that it fires by.")),
  timezone: name("The IANA time zone that cron is read in."),
  catchUp: v.picklist(CATCH_UPS),
  catchUpLimit: count("Most firings made up for at once."),
  jitter: milliseconds("Each task is due up to so long after its firing."),
  enabled: v.boolean(),
  disabledReason: v.nullable(v.string()),
  app: v.nullable(name("The app whose code declares it; null where it was made at run time.")),
  nextAt: v.nullable(moment("The firing that comes next.")),
  lastAt: v.nullable(moment("The last firing that was made.")),
  lastTaskId: v.nullable(taskId("The task of that firing.")),
  createdAt: moment("When it was made."),
  updatedAt: moment("When it was last edited."),
});

export const SchedulePage = v.object({ schedules: v.array(Schedule), cursor });
export const Firings = v.object({ firings: v.array(moment("A firing.")) });

same<Same<v.InferOutput<typeof ScheduledTask>, StoredOptions>>();
same<Same<v.InferOutput<typeof Schedule>, ScheduleOfCore>>();
