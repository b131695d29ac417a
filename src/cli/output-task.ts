import type { Task, TaskError, TaskResult, TaskStatus } from "../core/task.ts";
import { formatAge, formatDuration, formatInstant, toLine, toLines } from "./format.ts";
import { colours } from "./output.ts";
import { type Column, renderFields, renderTable } from "./output-table.ts";

/** A status in its colour. */
export function paintStatus(text: string, status: TaskStatus): string {
  const paint = {
    PENDING: colours.cyan,
    RUNNING: colours.blue,
    RETRYING: colours.yellow,
    SUCCESS: colours.green,
    FAILED: colours.red,
    CANCELLED: colours.gray,
  }[status];
  return paint(text);
}

export function renderTasks(tasks: readonly Task[], now: number): string {
  const columns: Column<Task>[] = [
    { head: "ID", of: ({ id }) => id },
    { head: "STATUS", of: ({ status }) => status, colour: (text, { status }) => paintStatus(text, status) },
    { head: "TASK", of: ({ funcPath }) => funcPath, min: 16 },
    { head: "WHEN", of: (task) => whenOf(task, now) },
    { head: "TRIES", of: ({ attempts }) => `${attempts}`, align: "right", min: 0 },
    { head: "QUEUE", of: ({ queue }) => queue, min: 0 },
    { head: "LAST ERROR", of: ({ errors }) => titleOf(errors.at(-1)), min: 0 },
  ];
  const hasErrors = tasks.some(({ errors }) => errors.length > 0);
  return renderTable(hasErrors ? columns : columns.slice(0, -1), tasks);
}

/** What of its times matters: when it is due, or when it got to where it is. */
function whenOf({ status, eta, updatedAt }: Task, now: number): string {
  const waits = status === "PENDING" || status === "RETRYING";
  return formatAge(waits ? eta : updatedAt, now);
}

function titleOf(error: TaskError | undefined): string {
  return error === undefined ? "" : `${error.type}: ${error.message}`;
}

/** Everything about one task. */
export function renderTask(task: Task, now: number): string {
  const at = (moment: number | null) =>
    moment === null ? null : `${formatInstant(moment)} (${formatAge(moment, now)})`;
  const { status, priority, attempts, failures, maxRetries, interval, progress } = task;
  const fields = renderFields([
    ["id", task.id],
    ["task", toLine(task.funcPath)],
    ["status", paintStatus(status, status) + noteOf(task)],
    ["queue", `${toLine(task.queue)}, priority ${priority}`],
    ["attempts", `${attempts}, failures ${failures} of ${maxRetries + 1}`],
    ["timeout", formatDuration(task.timeout)],
    ["interval", interval === null ? null : formatDuration(interval)],
    [
      "progress",
      progress === null ? null : `${Math.round(progress.value * 100)} % ${toLine(progress.message ?? "")}`,
    ],
    ["created", at(task.createdAt)],
    ["due", at(task.eta)],
    ["last attempt", at(task.lastAttemptAt)],
    ["lease until", at(task.leaseExpiresAt)],
    ["updated", at(task.updatedAt)],
    ["expires", at(task.expiresAt)],
    ["unique key", task.uniqueKey === null ? null : toLine(task.uniqueKey)],
    ["schedule", task.schedule === null ? null : toLine(task.schedule)],
    ["parent", task.parentId],
    ["args", task.args.length === 0 ? null : toLine(JSON.stringify(task.args))],
    ["kwargs", toLine(JSON.stringify(task.kwargs))],
  ]);
  return [fields, ...task.errors.map((error) => renderError(error, now))].join("\n\n");
}

function noteOf({ quarantined, awaits, cancelReason }: Task): string {
  const notes = [
    ...(quarantined ? ["in quarantine: it runs alone"] : []),
    ...(awaits > 0 ? [`awaits ${awaits} ${awaits === 1 ? "task" : "tasks"}`] : []),
    ...(cancelReason === null ? [] : [toLine(cancelReason)]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function renderError(error: TaskError, now: number): string {
  const { attempt, at, retryable, stack } = error;
  const head = `attempt ${attempt}, ${formatAge(at, now)}${retryable ? "" : ", not retryable"}`;
  const body = stack === undefined ? toLines(titleOf(error)) : toLines(stack);
  return `${colours.red(toLine(titleOf(error).split("\n")[0] ?? ""))} ${colours.dim(`(${head})`)}\n${colours.dim(body)}`;
}

/** How a task ended, for people: what it gave, or why it did not. */
export function renderResult(result: TaskResult): string {
  if (result.status === "SUCCESS") return toLines(JSON.stringify(result.result, null, 2));
  if (result.status === "CANCELLED") return colours.gray("CANCELLED");
  return `${colours.red("FAILED")} ${toLines(titleOf(result.error))}`;
}
