import { harmless, type Logger } from "./log.ts";
import type { CancelReason, Claim, ClaimedTask, TaskError } from "./task.ts";

/** Which attempt of which task an event is about. */
export interface TaskSubject extends Claim {
  readonly funcPath: string;
  readonly queue: string;
}

/** Of a claimed task what an event tells: never its payload, which a listener may log. */
export function subjectOf({ id, attempts, funcPath, queue }: ClaimedTask): TaskSubject {
  return { id, attempts, funcPath, queue };
}

/** What the database was asked for as it failed: the step of a drain, a purge, or the start of a kick or of a runner's drain. */
export type StorageUse = "settle" | "rescue" | "claim" | "renew" | "purge" | "kick" | "run" | "schedule";

/** What the engine tells of its work, one event an action. Wording and logging are elsewhere. */
export type QueueEvent =
  | { readonly type: "task.started"; readonly task: TaskSubject }
  | { readonly type: "task.succeeded"; readonly task: TaskSubject }
  | {
      readonly type: "task.retrying";
      readonly task: TaskSubject;
      readonly error: TaskError;
      readonly retryAt: number;
    }
  | { readonly type: "task.failed"; readonly task: TaskSubject; readonly error: TaskError }
  | { readonly type: "task.snoozed"; readonly task: TaskSubject; readonly until: number }
  | { readonly type: "task.released"; readonly task: TaskSubject }
  /** It will not be run. */
  | { readonly type: "task.cancelled"; readonly task: TaskSubject; readonly reason: CancelReason }
  /** This worker has no handler of that name: the task is left to another. */
  | { readonly type: "task.unknown"; readonly task: TaskSubject }
  /** The attempt's end was not written: its lease was lost, or the database took nothing for so long that the lease is left to end. */
  | { readonly type: "task.lost"; readonly task: TaskSubject }
  /** Its lease had expired. */
  | { readonly type: "task.rescued"; readonly task: Claim; readonly outcome: "quarantined" | "failed" }
  | { readonly type: "storage.failed"; readonly during: StorageUse; readonly error: unknown }
  | { readonly type: "tasks.purged"; readonly count: number }
  /**
   * Its firings for these moments were made, with a task each. `skipped`, exact to 100: firings that were not, by its `catchUp` or
   * since another task has the unique key.
   */
  | {
      readonly type: "schedule.fired";
      readonly name: string;
      readonly firedFor: readonly number[];
      readonly taskIds: readonly string[];
      readonly skipped: number;
    }
  /** What the code declares, or what is on file, cannot be used: it does not fire. */
  | { readonly type: "schedule.refused"; readonly name: string; readonly error: unknown };

export type EventListener = (event: QueueEvent) => void;

/** The listener, kept from stopping the work: what goes wrong in it, at once or later, is logged. */
export function guarded(listener: EventListener | undefined, log: Logger): EventListener {
  return (event) => {
    const tell = (error: unknown) =>
      harmless(() => log.error("the event listener failed", { type: event.type, error: String(error) }));
    try {
      const returned: unknown = listener?.(event);
      if (returned instanceof Promise) returned.catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}
