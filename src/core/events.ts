import type { BulkAction } from "./bulk-options.ts";
import { harmless, type Logger } from "./log.ts";
import type { QueueSettings } from "./storage.ts";
import type { CancelReason, Claim, TaskError } from "./task.ts";

/** Which attempt of which task an event is about. */
export interface TaskSubject extends Claim {
  readonly funcPath: string;
  readonly queue: string;
}

/** Of a task what an event tells: never its payload, which a listener may log. */
export function subjectOf({ id, attempts, funcPath, queue }: TaskSubject): TaskSubject {
  return { id, attempts, funcPath, queue };
}

/** What the database was asked for as it failed: the step of a drain, a purge, or the start of a kick or of a runner's drain. */
export type StorageUse =
  | "settle"
  | "rescue"
  | "claim"
  | "renew"
  | "purge"
  | "kick"
  | "run"
  | "schedule"
  | "sample";

/** What the engine tells of its work, one event an action. Wording and logging are elsewhere. */
export type QueueEvent =
  /** It is new: an enqueue that met an existing task tells nothing. */
  | { readonly type: "task.enqueued"; readonly task: TaskSubject }
  | { readonly type: "task.started"; readonly task: TaskSubject }
  /** `duration` is, here and below, how long the attempt ran, in milliseconds. */
  | { readonly type: "task.succeeded"; readonly task: TaskSubject; readonly duration: number }
  | {
      readonly type: "task.retrying";
      readonly task: TaskSubject;
      readonly error: TaskError;
      readonly retryAt: number;
      readonly duration: number;
    }
  | {
      readonly type: "task.failed";
      readonly task: TaskSubject;
      readonly error: TaskError;
      readonly duration: number;
    }
  | { readonly type: "task.snoozed"; readonly task: TaskSubject; readonly until: number }
  | { readonly type: "task.released"; readonly task: TaskSubject }
  /** It will not be run. */
  | { readonly type: "task.cancelled"; readonly task: TaskSubject; readonly reason: CancelReason }
  /** An operator has it run again from the start. */
  | { readonly type: "task.retried"; readonly task: TaskSubject }
  | { readonly type: "task.rescheduled"; readonly task: TaskSubject; readonly eta: number }
  /** An operator gave it another queue or priority. */
  | { readonly type: "task.changed"; readonly task: TaskSubject }
  | { readonly type: "task.deleted"; readonly id: string }
  /** An operator's change of many, page by page: so many of one call. */
  | { readonly type: "tasks.changed"; readonly action: BulkAction; readonly changed: number }
  /** This worker has no handler of that name: the task is left to another. */
  | { readonly type: "task.unknown"; readonly task: TaskSubject }
  /** The attempt's end was not written: its lease was lost, or the database took nothing for so long that the lease is left to end. */
  | { readonly type: "task.lost"; readonly task: TaskSubject }
  /** What its definition says of retries threw, or returned what cannot be used: the default is taken. */
  | {
      readonly type: "retry.failed";
      readonly task: Claim & { readonly funcPath: string };
      readonly during: "backoff" | "retryIf";
      readonly thrown: unknown;
    }
  /** Its lease had expired. */
  | { readonly type: "task.rescued"; readonly task: Claim; readonly outcome: "quarantined" | "failed" }
  | { readonly type: "queue.configured"; readonly queue: string; readonly settings: QueueSettings }
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
