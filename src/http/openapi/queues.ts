/** What the routes of `../queues.ts`, `../results.ts`, `../history.ts` and `../metrics.ts` take and answer, and `/healthz`. */
import * as v from "valibot";
import { text } from "../fields.ts";
import { HistoryQuery } from "../history.ts";
import { PurgeQuery, QueueBody } from "../schemas.ts";
import type { Operation } from "./operation.ts";
import { Health, HistoryReply, PurgeReply, Queue, QueueList } from "./replies.ts";

export const queueOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/queues", id: "listQueues", tag: "Queues", scope: "read" },
    summary: "List the queues that have settings, or a task that waits or runs",
    replies: { 200: { description: "The queues, by name.", schema: QueueList } },
  },
  {
    ...{ method: "put", path: "/v1/queues/{name}", id: "setQueue", tag: "Queues", scope: "admin" },
    summary: "Pause a queue, or limit how many of its tasks run at once",
    params: { name: text("The name of the queue.") },
    body: QueueBody,
    example: { paused: true },
    replies: { 200: { description: "The queue.", schema: Queue } },
  },
  {
    ...{ method: "delete", path: "/v1/results", id: "purgeResults", tag: "Operations", scope: "admin" },
    summary: "Remove tasks that ended before a moment, with their results",
    query: PurgeQuery,
    replies: { 200: { description: "How many were removed.", schema: PurgeReply } },
  },
  {
    ...{ method: "get", path: "/v1/history", id: "readHistory", tag: "Observability", scope: "read" },
    summary: "Read how attempts ended, minute by minute, where that is counted",
    query: HistoryQuery,
    replies: { 200: { description: "By queue and minute.", schema: HistoryReply } },
  },
  {
    ...{ method: "get", path: "/metrics", id: "readMetrics", tag: "Observability", scope: "read" },
    summary: "Read the state of the queues as Prometheus does",
    replies: { 200: { description: "Metrics.", schema: v.string(), type: "text/plain" } },
  },
  {
    ...{ method: "get", path: "/healthz", id: "checkHealth", tag: "Observability", scope: null },
    summary: "Ask whether the database answers, and has the right schema",
    replies: { 200: { description: "It does.", schema: Health } },
    problems: ["schema_missing", "storage_unavailable", "storage_overloaded", "query_limit"],
    // Whatever is wrong with the database, the service is not there.
    exceptions: { 503: ["storage_rejected", "storage_full", "internal_error"] },
  },
];
