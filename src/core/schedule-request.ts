import { describe } from "./describe.ts";
import { ValidationError } from "./errors.ts";
import type { Intake } from "./intake.ts";
import { parseText } from "./options.ts";
import type { Schedule, ScheduleDefinition, ScheduleRequest, ScheduleTiming } from "./schedule.ts";
import { parseScheduleSettings, parseScheduleUnique } from "./schedule-settings.ts";
import type { NewSchedule } from "./schedule-storage.ts";
import { type NewTask, NO_EXTRAS } from "./task.ts";
import { firstFiring } from "./timing.ts";

/**
 * Checks a schedule, its payload too, and applies the defaults: of the options first, then of the task's definition, then of the
 * queue. The definition's `interval` is left out: the schedule says when.
 *
 * @throws {ValidationError} {@link SerializationError} {@link TooLargeError} {@link UnknownTaskError}
 */
export async function prepareSchedule(
  request: ScheduleDefinition | ScheduleRequest,
  intake: Pick<Intake, "prepare">,
  now: number,
): Promise<NewSchedule> {
  const isDefinition = "task" in request;
  const { timezone, catchUp, catchUpLimit, jitter, ...options } = isDefinition ? request.options : request;
  const settings = parseScheduleSettings(isDefinition ? request.timing : timingOf(request), {
    timezone,
    catchUp,
    catchUpLimit,
    jitter,
  });
  const name = parseText(request.name, "name");
  const { args, queue, priority, maxRetries, timeout } = options;
  const { expiresIn, resultTtl, keepResult, deleteOnSuccess } = options;
  const unique = parseScheduleUnique(options.unique);
  const uniqueKey = options.uniqueKey ?? (unique === undefined ? undefined : ownKey(name));
  const shared = { args, queue, priority, maxRetries, timeout, uniqueKey, unique };
  const taskOptions = { ...shared, expiresIn, resultTtl, keepResult, deleteOnSuccess };
  const task = await intake.prepare(
    isDefinition
      ? { task: request.task, input: request.input, options: taskOptions }
      : { ...taskOptions, funcPath: request.funcPath, kwargs: request.kwargs },
    now,
  );
  return {
    name,
    funcPath: task.funcPath,
    args: task.args,
    kwargs: task.kwargs,
    options: storedOptions(task, now),
    ...settings,
    app: null,
    declared: null,
    nextAt: firstFiring(settings, now),
  };
}

function storedOptions({ queue, priority, maxRetries, timeout, uniqueKey, extras }: NewTask, now: number) {
  const { uniqueWhile, expiresAt, resultTtl, onSuccess } = extras ?? NO_EXTRAS;
  const expiresIn = expiresAt === null ? null : expiresAt - now;
  return { queue, priority, maxRetries, timeout, uniqueKey, uniqueWhile, expiresIn, resultTtl, onSuccess };
}

function timingOf({ cron, every }: Pick<ScheduleRequest, "cron" | "every">): ScheduleTiming {
  if (cron !== undefined && every !== undefined) {
    throw new ValidationError("every", "absent where cron is given", describe(every));
  }
  if (cron !== undefined) return cron;
  if (every === undefined) throw new ValidationError("cron", "given, or every", "nothing");
  return { every };
}

/** Held by one task of the schedule: another's, of the same payload, has another. */
function ownKey(name: string): string {
  return `schedule:${name}`;
}

/** What asks for a schedule that is on file. */
export function requestOf({ name, funcPath, args, kwargs, ...schedule }: Schedule): ScheduleRequest {
  const { cron, every, timezone, catchUp, catchUpLimit, jitter, options } = schedule;
  const { queue, priority, maxRetries, timeout, expiresIn, resultTtl, onSuccess } = options;
  const { uniqueKey, uniqueWhile } = options;
  return {
    ...{ name, funcPath, args, kwargs, timezone, catchUp, catchUpLimit, jitter },
    ...{ queue, priority, maxRetries, timeout },
    cron: cron ?? undefined,
    every: every ?? undefined,
    unique: uniqueKey === null ? undefined : { while: uniqueWhile ?? "active" },
    uniqueKey: uniqueKey === null || uniqueKey === ownKey(name) ? undefined : uniqueKey,
    expiresIn: expiresIn ?? undefined,
    resultTtl: resultTtl ?? undefined,
    keepResult: onSuccess !== "forget",
    deleteOnSuccess: onSuccess === "delete",
  };
}
