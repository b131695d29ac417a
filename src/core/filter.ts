import { describe } from "./describe.ts";
import { parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseId, parseText } from "./options.ts";
import type { TaskFilter } from "./storage.ts";
import { TASK_STATUSES, type TaskStatus } from "./task.ts";

/** Checks a filter and applies its default, a limit of 100. @throws {ValidationError} */
export function parseFilter(filter: Partial<TaskFilter>): TaskFilter {
  const { status, queue, funcPath, schedule, parentId, cursor, limit = 100 } = filter;
  return {
    status: status === undefined ? undefined : parseStatus(status),
    queue: queue === undefined ? undefined : parseText(queue, "queue"),
    funcPath: funcPath === undefined ? undefined : parseText(funcPath, "funcPath"),
    schedule: schedule === undefined ? undefined : parseText(schedule, "schedule"),
    parentId: parentId === undefined ? undefined : parseId(parentId, "parentId"),
    cursor: cursor === undefined ? undefined : parseId(cursor, "cursor"),
    limit: parseInteger(limit, "limit", LIMITS.listLimit),
  };
}

/** @throws {ValidationError} */
export function parseStatus(status: TaskStatus): TaskStatus {
  if (TASK_STATUSES.includes(status)) return status;
  throw new ValidationError("status", TASK_STATUSES.join(" or "), describe(status));
}
