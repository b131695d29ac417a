/** What the routes of `../tasks.ts` take and answer. */
import * as v from "valibot";
import { LIMITS } from "../../core/options.ts";
import { id, text } from "../fields.ts";
import { ListQuery, NewTaskBody, ResultQuery } from "../schemas.ts";
import type { Operation } from "./operation.ts";
import { BatchReceipt, MetTask, NoResult, Task, TaskPage, TaskResult } from "./replies.ts";

export const ofTask = { id: id("The id of the task.") };
export const NOT_THERE = ["task_not_found", "task_purged"] as const;

const idempotency = v.strictObject({
  "Idempotency-Key": v.optional(
    text("Makes the request safe to repeat for a day: with the same body it changes nothing."),
  ),
});
const OF_ENQUEUE = [
  "not_serializable",
  "unknown_task",
  "parent_not_found",
  "unique_conflict",
  "id_conflict",
  "idempotency_conflict",
] as const;

/** The members of a batch, which are checked one by one. */
export const Batch = v.strictObject({
  tasks: v.pipe(v.array(NewTaskBody), v.minLength(1), v.maxLength(LIMITS.batch)),
});

const tag = "Tasks";
const add = { funcPath: "sample.add", kwargs: { a: 1, b: 2 } };

export const taskOperations: readonly Operation[] = [
  {
    ...{ method: "post", path: "/v1/tasks", id: "enqueueTask", tag, scope: "enqueue" },
    summary: "Enqueue a task",
    description: "At most 1 MB, of which args and kwargs may take 256 KB as JSON, nested at most 100 deep.",
    headers: idempotency,
    body: NewTaskBody,
    example: { ...add, delay: "5m" },
    replies: {
      201: { description: "The new task.", schema: Task, headers: { location: "The path of the task." } },
      200: { description: "The task that the request met.", schema: MetTask },
    },
    problems: OF_ENQUEUE,
  },
  {
    ...{ method: "post", path: "/v1/tasks/batch", id: "enqueueTasks", tag, scope: "enqueue" },
    summary: "Enqueue many tasks, all or nothing",
    description: "At most 8 MB.",
    headers: idempotency,
    body: Batch,
    example: { tasks: [add, { ...add, priority: 0 }] },
    replies: { 201: { description: "Their ids.", schema: BatchReceipt } },
    problems: OF_ENQUEUE,
  },
  {
    ...{ method: "get", path: "/v1/tasks", id: "listTasks", tag, scope: "read" },
    summary: "List tasks, newest first",
    description:
      "A page ends at limit, or at about 4 MB; it may be short, or empty, and still have a cursor.",
    query: ListQuery,
    replies: { 200: { description: "A page of tasks.", schema: TaskPage } },
  },
  {
    ...{ method: "get", path: "/v1/tasks/{id}", id: "getTask", tag, scope: "read" },
    summary: "Read a task with its errors",
    params: ofTask,
    replies: { 200: { description: "The task.", schema: Task } },
    problems: NOT_THERE,
  },
  {
    ...{ method: "get", path: "/v1/tasks/{id}/result", id: "getResult", tag, scope: "read" },
    summary: "Read how a task ended",
    params: ofTask,
    query: ResultQuery,
    replies: {
      200: { description: "The result.", schema: TaskResult },
      202: { description: "There is none yet.", schema: NoResult, headers: { "retry-after": "Seconds." } },
    },
    problems: NOT_THERE,
  },
  {
    ...{ method: "post", path: "/v1/tasks/{id}/cancel", id: "cancelTask", tag, scope: "admin" },
    summary: "Cancel a task that has not ended",
    params: ofTask,
    replies: { 200: { description: "The task.", schema: Task } },
    problems: [...NOT_THERE, "wrong_status"],
  },
  {
    ...{ method: "post", path: "/v1/tasks/{id}/retry", id: "retryTask", tag, scope: "admin" },
    summary: "Run a task that is FAILED or CANCELLED again from the start",
    params: ofTask,
    replies: { 200: { description: "The task.", schema: Task } },
    problems: [...NOT_THERE, "wrong_status", "unique_conflict"],
  },
];
