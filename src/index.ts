export { Aborted, NonRetryable, Snooze } from "./core/control.ts";
export {
  ConfigError,
  FieldError,
  IdConflictError,
  IdempotencyConflictError,
  LeaseLostError,
  MigrationFailed,
  NotDrainedError,
  OmniqError,
  ParentNotFoundError,
  QueryBudgetSpent,
  QueryLimitReached,
  SchemaMissing,
  SerializationError,
  StorageRejected,
  StorageUnavailable,
  TaskNotFoundError,
  TaskPurgedError,
  TaskStatusError,
  TaskTimeoutError,
  TooLargeError,
  UniqueConflictError,
  UnknownTaskError,
  ValidationError,
} from "./core/errors.ts";
export { DURATION_BOUNDS } from "./core/history.ts";
export { Metrics } from "./core/metrics.ts";
export { LIMITS, TASK_DEFAULTS } from "./core/options.ts";
export { enqueueRequest } from "./core/prepare.ts";
export { createQueue } from "./core/queue.ts";
export { defineTask } from "./core/registry.ts";
export { CATCH_UPS, schedule } from "./core/schedule.ts";
export { ScheduleChangedError, ScheduleExistsError, ScheduleNotFoundError } from "./core/schedule-errors.ts";
export { TASK_STATUSES } from "./core/task.ts";
export type * from "./types.ts";
