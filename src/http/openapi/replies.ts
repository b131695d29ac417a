/**
 * What the API answers, as schemas: for its document, and for tests. Replies are not checked by them as they are sent; that they say
 * what the types of core say is checked as this is compiled.
 */
import * as v from "valibot";
import type { BulkReport, CountReport } from "../../core/bulk.ts";
import { DURATION_BOUNDS, type HistoryPage, type HistoryPoint } from "../../core/history.ts";
import type { EnqueueReceipt, QueueSummary } from "../../core/storage.ts";
import {
  CANCEL_REASONS,
  type JsonObject,
  type JsonValue,
  type Progress as ProgressOfCore,
  TASK_STATUSES,
  type TaskError as TaskErrorOfCore,
  type Task as TaskOfCore,
  type TaskResult as TaskResultOfCore,
} from "../../core/task.ts";
import { PROBLEM_CODES, type Problem as ProblemOfHttp } from "../problem.ts";
import { type Same, same } from "./same.ts";

const anyJson = () => v.custom<JsonValue>(() => true);
const anyObject = () => v.custom<JsonObject>((value) => typeof value === "object");

export const count = (description: string) =>
  v.pipe(v.number(), v.metadata({ type: "integer", minimum: 0, description }));
/** Milliseconds since the epoch. */
export const moment = (description: string) =>
  v.pipe(v.number(), v.metadata({ type: "integer", minimum: 0, examples: [1_795_510_800_000], description }));
export const milliseconds = (description: string) =>
  v.pipe(v.number(), v.metadata({ type: "integer", minimum: 0, examples: [25_000], description }));
export const name = (description: string) => v.pipe(v.string(), v.description(description));
export const taskId = (description: string) =>
  v.pipe(v.string(), v.metadata({ format: "uuid", description }));
export const cursor = v.pipe(v.nullable(v.string()), v.description("Goes on from here; null at the end."));
export const args = v.pipe(v.array(anyJson()), v.description("Its positional values."));
export const kwargs = v.pipe(anyObject(), v.metadata({ type: "object", description: "Its payload." }));

export const TaskError = v.object({
  type: name("Name of the error's class."),
  message: v.string(),
  stack: v.optional(v.string()),
  at: moment("When it was recorded."),
  attempt: count("The attempt that failed, from 1."),
  retryable: v.pipe(v.boolean(), v.description("False where the error itself ended the task.")),
});

export const Progress = v.object({
  value: v.pipe(v.number(), v.metadata({ minimum: 0, maximum: 1, description: "How much is done." })),
  message: v.nullable(v.string()),
});

export const Task = v.object({
  id: taskId("A UUIDv7: ids sort in the order of insertion."),
  queue: v.string(),
  priority: v.pipe(v.number(), v.metadata({ type: "integer", minimum: 0, maximum: 9 })),
  funcPath: name("The name of its definition."),
  args,
  kwargs,
  eta: moment("Not before this time."),
  interval: v.nullable(milliseconds("It is due again this long after each success.")),
  status: v.picklist(TASK_STATUSES),
  quarantined: v.pipe(v.boolean(), v.description("True after its lease expired: it then runs alone.")),
  attempts: count("How often it was claimed."),
  failures: count("The failures counted against maxRetries."),
  maxRetries: count("It may run once more than that."),
  timeout: milliseconds("How long one attempt may take."),
  leaseExpiresAt: v.nullable(moment("When the lease of the worker that runs it ends.")),
  uniqueKey: v.nullable(v.string()),
  errors: v.pipe(v.array(TaskError), v.description("The last 20.")),
  lastAttemptAt: v.nullable(moment("When it was last claimed.")),
  createdAt: moment("When it was enqueued."),
  updatedAt: moment("When it was last changed."),
  expiresAt: v.nullable(moment("It is not started from then on.")),
  cancelReason: v.pipe(
    v.nullable(v.picklist(CANCEL_REASONS)),
    v.description("Why it is CANCELLED, or will be."),
  ),
  parentId: v.nullable(taskId("The task whose handler enqueued it.")),
  awaits: count("How many of the tasks that it waits for have not ended."),
  progress: v.nullable(Progress),
  resultTtl: v.nullable(milliseconds("How long it is kept once it has ended; null: as long as others.")),
  onSuccess: v.pipe(
    v.picklist(["keep", "forget", "delete"]),
    v.description("What becomes of it at SUCCESS."),
  ),
  schedule: v.nullable(name("The schedule that it is a firing of.")),
  scheduledFor: v.nullable(moment("The moment of that firing.")),
});

/** Its payload and its errors are left out for a key without the scope `read`, unless it sent the same payload. */
export const MetTask = v.object({
  ...Task.entries,
  args: v.optional(args),
  kwargs: v.optional(kwargs),
  errors: v.optional(Task.entries.errors),
  duplicate: v.pipe(
    v.literal(true),
    v.description("The request met this task, by its id, its key or its Idempotency-Key."),
  ),
  replaced: v.optional(
    v.pipe(v.literal(true), v.description("It waited, and got the payload of this request.")),
  ),
});

const ending = {
  taskId: taskId("The id of the task."),
  finishedAt: moment("When it ended."),
  attempts: count("How often it had been claimed."),
  lastAttemptAt: v.nullable(moment("When it was last claimed.")),
};

export const TaskResult = v.union([
  v.object({
    ...ending,
    status: v.literal("SUCCESS"),
    result: v.pipe(anyJson(), v.description("What the handler returned.")),
    error: v.null(),
  }),
  v.object({ ...ending, status: v.literal("FAILED"), result: v.null(), error: TaskError }),
  v.object({ ...ending, status: v.literal("CANCELLED"), result: v.null(), error: v.null() }),
]);

export const NoResult = v.object({ taskId: taskId("The id of the task."), result: v.null() });
export const TaskPage = v.object({ tasks: v.array(Task), cursor });
export const BatchReceipt = v.object({
  ids: v.pipe(v.array(taskId("The id of a task.")), v.description("One for each task, in order.")),
  duplicates: v.pipe(v.array(taskId("The id of a task.")), v.description("Those that existed.")),
  replaced: v.optional(
    v.pipe(v.array(taskId("The id of a task.")), v.description("Of these, those that got the new payload.")),
  ),
});
export const Receipt = v.object({
  id: taskId("The id of the new task, or of the one that has its unique key."),
  duplicate: v.pipe(v.boolean(), v.description("True where another task has its unique key.")),
  replaced: v.optional(v.pipe(v.literal(true), v.description("That task waited, and got the new payload."))),
});
export const BulkReply = v.object({
  changed: count("Tasks that were changed."),
  skipped: count("They met the filter and stay as they are."),
  examined: count("Tasks that were looked at."),
  cursor,
});
export const CountReply = v.object({
  count: count("Tasks that meet the conditions."),
  examined: count("Tasks that were looked at."),
  cursor,
});

export const Queue = v.object({
  name: v.string(),
  depth: v.pipe(
    v.number(),
    v.metadata({ type: "integer", minimum: 0, maximum: 1_000, description: "Tasks that wait." }),
  ),
  more: v.pipe(v.boolean(), v.description("True where there are more than depth.")),
  oldestDueAge: v.nullable(milliseconds("How long the task that is most overdue has been due.")),
  running: count("Tasks that run."),
  paused: v.boolean(),
  concurrency: v.nullable(count("How many of its tasks may run at once, over all workers.")),
});
export const QueueList = v.object({ queues: v.array(Queue) });
export const PurgeReply = v.object({
  purged: count("Tasks that were removed."),
  more: v.pipe(v.boolean(), v.description("True where there may be others: go on with cursor.")),
  cursor,
});

const PLACES = DURATION_BOUNDS.length + 1;
export const HistoryMinute = v.object({
  queue: v.string(),
  minute: moment("When the minute began."),
  started: count("Attempts that began."),
  succeeded: count("Attempts that succeeded."),
  failed: count("Tasks that failed for good."),
  retried: count("Attempts that failed and are repeated."),
  duration: milliseconds("How long they took together."),
  durations: v.pipe(
    v.array(count("Attempts that took no longer.")),
    v.metadata({
      minItems: PLACES,
      maxItems: PLACES,
      description: `How many took at most ${DURATION_BOUNDS.join(", ")} ms, and how many there were.`,
    }),
  ),
});
export const HistoryReply = v.object({ points: v.array(HistoryMinute), cursor });
export const Health = v.object({ status: v.literal("ok") });

export const Problem = v.object({
  type: v.pipe(v.string(), v.metadata({ format: "uri", description: "urn:omniq:problem: and the code." })),
  title: name("The code in words."),
  status: v.pipe(v.number(), v.metadata({ type: "integer", minimum: 400, maximum: 599 })),
  detail: name("What is wrong, and what to do."),
  code: v.pipe(v.picklist(PROBLEM_CODES), v.description("Stable: branch on this.")),
  field: v.optional(name("Path of the field at fault.")),
  expected: v.optional(name("What it should be.")),
  got: v.optional(name("What it was.")),
});

same<Same<v.InferOutput<typeof TaskError>, TaskErrorOfCore>>();
same<Same<v.InferOutput<typeof Progress>, ProgressOfCore>>();
same<Same<v.InferOutput<typeof Task>, TaskOfCore>>();
same<Same<v.InferOutput<typeof TaskResult>, TaskResultOfCore>>();
same<Same<v.InferOutput<typeof Receipt>, EnqueueReceipt>>();
same<Same<v.InferOutput<typeof BulkReply>, BulkReport>>();
same<Same<v.InferOutput<typeof CountReply>, CountReport>>();
same<Same<v.InferOutput<typeof Queue>, QueueSummary>>();
same<Same<v.InferOutput<typeof HistoryMinute>, HistoryPoint>>();
same<Same<v.InferOutput<typeof HistoryReply>, HistoryPage>>();
same<Same<v.InferOutput<typeof Problem>, ProblemOfHttp>>();
