import { parseJson } from "../core/json.ts";
import { TASK_DEFAULTS } from "../core/options.ts";
import type { Schedule, StoredOptions } from "../core/schedule.ts";
import type { EditedSchedule, Firing, NewSchedule } from "../core/schedule-storage.ts";
import type { ScheduleRow } from "./rows.ts";

const NO_OPTIONS: StoredOptions = {
  ...TASK_DEFAULTS,
  uniqueKey: null,
  uniqueWhile: null,
  expiresIn: null,
  resultTtl: null,
  onSuccess: "keep",
};

export function toSchedule(row: ScheduleRow): Schedule {
  return {
    name: row.name,
    funcPath: row.func_path,
    args: parseJson(row.args),
    kwargs: parseJson(row.kwargs),
    options: { ...NO_OPTIONS, ...parseJson(row.options) },
    cron: row.cron,
    every: row.interval,
    timezone: row.timezone,
    catchUp: row.catch_up,
    catchUpLimit: row.catch_up_limit,
    jitter: row.jitter,
    enabled: row.enabled === 1,
    disabledReason: row.disabled_reason,
    app: row.owner,
    nextAt: row.next_at,
    lastAt: row.last_at,
    lastTaskId: row.last_task_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** One element of the lists that the statements read; its payload is JSON already. */
export function scheduleJson({ args, kwargs, ...schedule }: NewSchedule | EditedSchedule): string {
  const enabled = "enabled" in schedule ? { enabled: Number(schedule.enabled) } : {};
  const head = JSON.stringify({ ...schedule, ...enabled });
  return `${head.slice(0, -1)},"args":${args},"kwargs":${kwargs}}`;
}

export function firingJson(firing: Firing): string {
  const last = firing.tasks.at(-1);
  return JSON.stringify({ ...firing, lastAt: last?.scheduledFor ?? null, lastTaskId: last?.id ?? null });
}
