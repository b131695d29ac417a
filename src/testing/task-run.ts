import type { QueueEvent } from "../core/events.ts";
import { parseJson } from "../core/json.ts";
import type { Stored } from "../core/output.ts";
import type { ClaimedTask, Progress, Task, TaskError } from "../core/task.ts";
import type { Outcome, Settlement } from "../core/transitions.ts";
import type { LogLine } from "./capture.ts";

/**
 * How an attempt ended.
 *
 * @typeParam Output what the handler returns. Defaults to any JSON
 */
export type RunEnd<Output = unknown> =
  /** `result` is what the handler returned, as JSON: null for nothing. */
  | { readonly outcome: "completed"; readonly result: Stored<Output> }
  /** `thrown` is what the handler threw. */
  | {
      readonly outcome: "retrying";
      readonly retryAt: number;
      readonly error: TaskError;
      readonly thrown: unknown;
    }
  /** Its retries are spent, or another try is not worth it. */
  | { readonly outcome: "failed"; readonly error: TaskError; readonly thrown: unknown }
  | { readonly outcome: "snoozed"; readonly until: number }
  /** The worker stopped, and the handler did not end well at once: the task is run again. */
  | { readonly outcome: "released" }
  /** The task was cancelled, or is another worker's: nothing is written. */
  | { readonly outcome: "lost" };

/**
 * One run of a handler, and what it did.
 *
 * @typeParam Output what the handler returns. Defaults to any JSON
 */
export type TaskRun<Output = unknown> = RunEnd<Output> & {
  /** What the handler got as `ctx.task`. */
  readonly task: ClaimedTask;
  readonly logs: readonly LogLine[];
  /** All that it told of its work, in order. */
  readonly progress: readonly Progress[];
  /** What it enqueued, in order, with its own task as parent. */
  readonly enqueued: readonly Task[];
  /** What the engine told, such as `retry.failed` where the definition's `backoff` threw. */
  readonly events: readonly QueueEvent[];
};

/** What the state machine made of the outcome, as a test reads it. */
export function toEnd<Output>(settlement: Settlement | null, outcome: Outcome): RunEnd<Output> {
  const thrown = outcome.kind === "failure" ? outcome.thrown : undefined;
  switch (settlement?.kind) {
    case undefined:
      return { outcome: "lost" };
    case "done":
      return { outcome: "completed", result: parseJson(settlement.result) };
    case "retry":
      return { outcome: "retrying", retryAt: settlement.retryAt, error: settlement.error, thrown };
    case "fail":
      return { outcome: "failed", error: settlement.error, thrown };
    case "snooze":
      return { outcome: "snoozed", until: settlement.until };
    case "quarantine":
    case "release":
      return { outcome: "released" };
  }
}
