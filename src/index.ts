export { type Backoff, backoffDelay, DEFAULT_BACKOFF } from "./core/backoff.ts";
export { Aborted, NonRetryable, Snooze } from "./core/control.ts";
export type { Duration, Instant } from "./core/duration.ts";
export type { DrainEnd, DrainOptions, DrainReport } from "./core/engine.ts";
export * from "./core/errors.ts";
export type { EventListener, QueueEvent, TaskSubject } from "./core/events.ts";
export type { Logger, LogLevel } from "./core/log.ts";
export { type EnqueueOptions, LIMITS, TASK_DEFAULTS, type TaskDefaults } from "./core/options.ts";
export { type EnqueueRequest, enqueueRequest } from "./core/prepare.ts";
export { createQueue, type Queue, type QueueSession } from "./core/queue.ts";
export type { QueueOptions, WaitUntil } from "./core/queue-options.ts";
export {
  defineTask,
  type TaskContext,
  type TaskDefinition,
  type TaskSettings,
  type ValidatedTaskSettings,
} from "./core/registry.ts";
export type { Retention } from "./core/retention.ts";
export type {
  EnqueueReceipt,
  Page,
  QueueSettings,
  QueueSummary,
  Storage,
  TaskFilter,
  TaskOutcome,
} from "./core/storage.ts";
export {
  type ClaimedTask,
  type JsonObject,
  type JsonValue,
  TASK_STATUSES,
  type Task,
  type TaskError,
  type TaskResult,
  type TaskStatus,
} from "./core/task.ts";
