import type { QueueEvent } from "../core/events.ts";
import type { TaskError } from "../core/task.ts";

/** How one attempt ended in a drain. */
export interface DrainedRun {
  readonly id: string;
  readonly funcPath: string;
  readonly queue: string;
  /** From 1. */
  readonly attempt: number;
  readonly outcome: "succeeded" | "retrying" | "failed" | "snoozed" | "released" | "lost";
  /** The clock's time, in milliseconds since the epoch. */
  readonly at: number;
  /** What the handler threw, where it was retrying or failed. */
  readonly error: TaskError | null;
  /** When it is run again, where it is retrying or snoozed. */
  readonly nextAt: number | null;
}

/** What a drain of a test queue did. */
export interface TestDrainReport {
  /** Each attempt, in the order in which they ended. */
  readonly runs: readonly DrainedRun[];
  readonly succeeded: number;
  /** Attempts that failed and are tried again. */
  readonly retried: number;
  /** Attempts that failed for good. */
  readonly failed: number;
  readonly snoozed: number;
  /** Given back: no handler of that name is there, or the drain was stopped. */
  readonly released: number;
  /** Tasks that met their `expiresAt`, or whose dependency did not end well. */
  readonly cancelled: number;
  /** Tasks that schedules enqueued. */
  readonly fired: number;
  /** Names that have no handler here. */
  readonly unknown: readonly string[];
}

/** An event, and when it was told. */
export interface TimedEvent {
  readonly at: number;
  readonly event: QueueEvent;
}

const OUTCOMES = {
  "task.succeeded": "succeeded",
  "task.retrying": "retrying",
  "task.failed": "failed",
  "task.snoozed": "snoozed",
  "task.released": "released",
  "task.lost": "lost",
} as const;

export function toReport(events: readonly TimedEvent[]): TestDrainReport {
  const runs = events.flatMap(({ event, at }) => toRun(event, at) ?? []);
  const count = (outcome: DrainedRun["outcome"]) => runs.filter((run) => run.outcome === outcome).length;
  const fired = events.map(({ event }) => (event.type === "schedule.fired" ? event.taskIds.length : 0));
  const unknown = events.flatMap(({ event }) => (event.type === "task.unknown" ? [event.task.funcPath] : []));
  return {
    runs,
    succeeded: count("succeeded"),
    retried: count("retrying"),
    failed: count("failed"),
    snoozed: count("snoozed"),
    released: count("released"),
    cancelled: events.filter(({ event }) => event.type === "task.cancelled").length,
    fired: fired.reduce((sum, each) => sum + each, 0),
    unknown: [...new Set(unknown)],
  };
}

function toRun(event: QueueEvent, at: number): DrainedRun | null {
  if (!isEnd(event)) return null;
  const { id, funcPath, queue, attempts: attempt } = event.task;
  const nextAt =
    event.type === "task.retrying" ? event.retryAt : event.type === "task.snoozed" ? event.until : null;
  const error = "error" in event ? event.error : null;
  return { id, funcPath, queue, attempt, outcome: OUTCOMES[event.type], at, error, nextAt };
}

function isEnd(event: QueueEvent): event is Extract<QueueEvent, { type: keyof typeof OUTCOMES }> {
  return event.type in OUTCOMES;
}
