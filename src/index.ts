export type { Bulk, BulkReport, BulkStorage, CountReport } from "./core/bulk.ts";
export type {
  BulkAction,
  BulkChange,
  BulkFilter,
  BulkFilterOptions,
  BulkOptions,
  BulkSet,
  CountFilter,
  PageOptions,
} from "./core/bulk-options.ts";
export { Aborted, NonRetryable, Snooze } from "./core/control.ts";
export type { DrainedOptions } from "./core/drained.ts";
export type { Duration, Instant } from "./core/duration.ts";
export type { DrainEnd, DrainOptions, DrainReport } from "./core/engine.ts";
export type { ErrorCode } from "./core/error-codes.ts";
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
export type { EventListener, QueueEvent, StorageUse, TaskSubject } from "./core/events.ts";
export type {
  Backlog,
  Explorer,
  ExplorerStorage,
  HistorySample,
  RelatedTask,
  Relations,
  SearchPage,
  SearchQuery,
  TaskSummary,
} from "./core/explorer.ts";
export type { EndingOptions, ExtraOptions } from "./core/extras.ts";
export {
  DURATION_BOUNDS,
  type HistoryCounts,
  type HistoryOption,
  type HistoryPage,
  type HistoryPoint,
  type HistoryQuery,
} from "./core/history.ts";
export type { BatchSubmission, Submission } from "./core/intake.ts";
export type { LifetimeStorage } from "./core/lifetimes.ts";
export type { Logger, LogLevel } from "./core/log.ts";
export { Metrics } from "./core/metrics.ts";
export type { EnqueueCall, Middleware, RunCall } from "./core/middleware.ts";
export type { NewEta, OperatorStorage, TaskChange } from "./core/operators.ts";
export {
  type DefaultOptions,
  type EnqueueOptions,
  LIMITS,
  TASK_DEFAULTS,
  type TaskDefaults,
} from "./core/options.ts";
export { type EnqueueRequest, enqueueRequest, type TaskOptions, type TaskRequest } from "./core/prepare.ts";
export { createQueue, type Queue, type QueueSession } from "./core/queue.ts";
export type { KickOptions, QueueOptions, WaitUntil } from "./core/queue-options.ts";
export type { TaskSettings, ValidatedTaskSettings } from "./core/registry.ts";
export { type AnyTask, defineTask, type TaskContext, type TaskDefinition } from "./core/registry.ts";
export type { PurgeOptions, Retention, RetentionOptions } from "./core/retention.ts";
export type { BackoffOptions, RetryOptions } from "./core/retries.ts";
export {
  CATCH_UPS,
  type CatchUp,
  type Schedule,
  type ScheduleChanges,
  type ScheduleDefinition,
  type ScheduleOptions,
  type ScheduleRequest,
  type ScheduleTiming,
  schedule,
} from "./core/schedule.ts";
export { ScheduleChangedError, ScheduleExistsError, ScheduleNotFoundError } from "./core/schedule-errors.ts";
export type { Schedules } from "./core/schedules.ts";
export type {
  CallerKey,
  ClaimRequest,
  EnqueueReceipt,
  IdempotencyKey,
  Page,
  PurgeRequest,
  QueueSettings,
  QueueSummary,
  RescueBackoff,
  Rescued,
  Session,
  SettleReport,
  Storage,
  TaskFilter,
  TaskOutcome,
} from "./core/storage.ts";
export type {
  Claim,
  ClaimedTask,
  JsonObject,
  JsonText,
  JsonValue,
  NewTask,
  TraceHeaders,
} from "./core/task.ts";
export { TASK_STATUSES, type Task, type TaskError, type TaskResult, type TaskStatus } from "./core/task.ts";
export type { Settlement } from "./core/transitions.ts";
export type { UniqueOptions } from "./core/unique.ts";
