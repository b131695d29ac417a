/** The types of the npm root, which `index.ts` hands on. */

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
export type { DrainedOptions } from "./core/drained.ts";
export type { Duration, Instant } from "./core/duration.ts";
export type { DrainEnd, DrainOptions, DrainReport } from "./core/engine.ts";
export type { ErrorCode } from "./core/error-codes.ts";
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
export type {
  HistoryCounts,
  HistoryOption,
  HistoryPage,
  HistoryPoint,
  HistoryQuery,
} from "./core/history.ts";
export type { BatchSubmission, Submission } from "./core/intake.ts";
export type { LifetimeStorage } from "./core/lifetimes.ts";
export type { Logger, LogLevel } from "./core/log.ts";
export type { EnqueueCall, Middleware, RunCall } from "./core/middleware.ts";
export type { NewEta, OperatorStorage, TaskChange } from "./core/operators.ts";
export type { DefaultOptions, EnqueueOptions, TaskDefaults } from "./core/options.ts";
export type { EnqueueRequest, TaskOptions, TaskRequest } from "./core/prepare.ts";
export type { Queue, QueueSession } from "./core/queue.ts";
export type { KickOptions, QueueOptions, WaitUntil } from "./core/queue-options.ts";
export type {
  AnyTask,
  TaskContext,
  TaskDefinition,
  TaskSettings,
  ValidatedTaskSettings,
} from "./core/registry.ts";
export type { PurgeOptions, Retention, RetentionOptions } from "./core/retention.ts";
export type { BackoffOptions, RetryOptions } from "./core/retries.ts";
export type {
  CatchUp,
  Schedule,
  ScheduleChanges,
  ScheduleDefinition,
  ScheduleOptions,
  ScheduleRequest,
  ScheduleTiming,
  ScheduleUnique,
} from "./core/schedule.ts";
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
  Task,
  TaskError,
  TaskResult,
  TaskStatus,
  TraceHeaders,
} from "./core/task.ts";
export type { Settlement } from "./core/transitions.ts";
export type { UniqueOptions } from "./core/unique.ts";
