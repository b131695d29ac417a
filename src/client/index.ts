export type { OutputOf } from "../core/output.ts";
export type { BulkCallOptions, ClientBulk } from "./bulk.ts";
export { type Client, createClient } from "./client.ts";
export { connect } from "./connect.ts";
export { type ClientErrorCode, OmniqError } from "./errors.ts";
export type { PurgeReport, TaskPage } from "./operations.ts";
export type { ClientOptions } from "./options.ts";
export { enqueueRequest } from "./request.ts";
export type { ClientSchedules, SchedulePage } from "./schedules.ts";
export type {
  CallOptions,
  EnqueueCallOptions,
  EnqueueTaskOptions,
  InputOf,
  Producer,
  Receipt,
  ResultOf,
  ResultOptions,
  TaskId,
  Tasks,
} from "./types.ts";
