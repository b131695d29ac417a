/** What the routes of `../operate.ts` take and answer. */
import { BulkBody, ChangeBody, CountQuery, EtaBody } from "../operate-schemas.ts";
import type { Operation } from "./operation.ts";
import { BulkReply, CountReply, Task } from "./replies.ts";
import { NOT_THERE, ofTask } from "./tasks.ts";

const tag = "Operations";

export const operateOperations: readonly Operation[] = [
  {
    ...{ method: "post", path: "/v1/tasks/bulk", id: "changeTasks", tag, scope: "admin" },
    summary: "Change many tasks by a filter, some pages of 1,000 a call",
    body: BulkBody,
    example: { action: "retry", filter: { status: "FAILED", queue: "default" }, cursor: null },
    replies: { 200: { description: "What became of them.", schema: BulkReply } },
  },
  {
    ...{ method: "get", path: "/v1/tasks/count", id: "countTasks", tag, scope: "read" },
    summary: "Count tasks by conditions",
    query: CountQuery,
    replies: { 200: { description: "How many there are.", schema: CountReply } },
  },
  {
    ...{ method: "patch", path: "/v1/tasks/{id}", id: "changeTask", tag, scope: "admin" },
    summary: "Give a task that waits another priority or queue",
    params: ofTask,
    body: ChangeBody,
    example: { priority: 0 },
    replies: { 200: { description: "The task.", schema: Task } },
    problems: [...NOT_THERE, "wrong_status"],
  },
  {
    ...{ method: "delete", path: "/v1/tasks/{id}", id: "deleteTask", tag, scope: "admin" },
    summary: "Delete a task that has ended, with its result",
    params: ofTask,
    replies: { 204: { description: "It is gone." } },
    problems: [...NOT_THERE, "wrong_status"],
  },
  {
    ...{ method: "post", path: "/v1/tasks/{id}/run", id: "runTask", tag, scope: "admin" },
    summary: "Make a task that waits due now",
    params: ofTask,
    replies: { 200: { description: "The task.", schema: Task } },
    problems: [...NOT_THERE, "wrong_status"],
  },
  {
    ...{ method: "post", path: "/v1/tasks/{id}/reschedule", id: "rescheduleTask", tag, scope: "admin" },
    summary: "Move the eta of a task that waits",
    params: ofTask,
    body: EtaBody,
    example: { delay: "1h" },
    replies: { 200: { description: "The task.", schema: Task } },
    problems: [...NOT_THERE, "wrong_status"],
  },
];
