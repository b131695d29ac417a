import { BulkBody, ChangeBody, EtaBody } from "../operate-schemas.ts";
import { NewScheduleBody, ScheduleChangesBody } from "../schedule-schemas.ts";
import { NewTaskBody, QueueBody } from "../schemas.ts";
import { operateOperations } from "./operate.ts";
import type { Operation, Schema } from "./operation.ts";
import { queueOperations } from "./queues.ts";
import * as replies from "./replies.ts";
import * as schedules from "./schedule-replies.ts";
import { scheduleOperations } from "./schedules.ts";
import { selfOperations } from "./self.ts";
import { Batch, taskOperations } from "./tasks.ts";

/** Every operation of the API, in the order in which they are read. */
export const OPERATIONS: readonly Operation[] = [
  ...taskOperations,
  ...operateOperations,
  ...queueOperations,
  ...scheduleOperations,
  ...selfOperations,
];

/** The schemas that have a name, by it. */
export const COMPONENTS: Readonly<Record<string, Schema>> = {
  NewTask: NewTaskBody,
  TaskBatch: Batch,
  TaskChange: ChangeBody,
  NewEta: EtaBody,
  BulkRequest: BulkBody,
  QueueSettings: QueueBody,
  NewSchedule: NewScheduleBody,
  ScheduleChanges: ScheduleChangesBody,
  Task: replies.Task,
  TaskError: replies.TaskError,
  Progress: replies.Progress,
  MetTask: replies.MetTask,
  TaskResult: replies.TaskResult,
  NoResult: replies.NoResult,
  TaskPage: replies.TaskPage,
  BatchReceipt: replies.BatchReceipt,
  Receipt: replies.Receipt,
  BulkReport: replies.BulkReply,
  CountReport: replies.CountReply,
  Queue: replies.Queue,
  QueueList: replies.QueueList,
  PurgeReport: replies.PurgeReply,
  HistoryMinute: replies.HistoryMinute,
  HistoryPage: replies.HistoryReply,
  Schedule: schedules.Schedule,
  ScheduledTask: schedules.ScheduledTask,
  SchedulePage: schedules.SchedulePage,
  Firings: schedules.Firings,
  Health: replies.Health,
  Problem: replies.Problem,
};
