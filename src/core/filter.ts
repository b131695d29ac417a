import { describe } from "./describe.ts";
import { parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseId, parseText } from "./options.ts";
import type { TaskFilter } from "./storage.ts";
import { TASK_STATUSES } from "./task.ts";

/** Checks a filter and applies its default, a limit of 100. @throws {ValidationError} */
export function parseFilter(filter: Partial<TaskFilter>): TaskFilter {
  const { status, queue, funcPath, cursor, limit = 100 } = filter;
  if (status !== undefined && !TASK_STATUSES.includes(status)) {
    throw new ValidationError("status", TASK_STATUSES.join(" or "), describe(status));
  }
  return {
    status,
    queue: queue === undefined ? undefined : parseText(queue, "queue"),
    funcPath: funcPath === undefined ? undefined : parseText(funcPath, "funcPath"),
    cursor: cursor === undefined ? undefined : parseId(cursor, "cursor"),
    limit: parseInteger(limit, "limit", LIMITS.listLimit),
  };
}
