import { parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { type EnqueueOptions, LIMITS, parseEta, parseText } from "./options.ts";
import type { Task } from "./task.ts";

/** When a task is to be due: a moment, or a time from now. One of the two. */
export type NewEta = Pick<EnqueueOptions, "eta" | "delay">;

/** What of a task that waits may be changed. At least one of the two; what is absent stays as it is. */
export interface TaskChange {
  /** An integer from 0 to 9; 0 is claimed first. */
  readonly priority?: number;
  /** The queue that it waits in: a text of 1 to 255 characters. */
  readonly queue?: string;
}

/** What operators do with one task. Each throws TaskNotFoundError, or TaskStatusError where the status forbids it. */
export interface OperatorStorage {
  /** What has ended goes, with its result. */
  delete(id: string): Promise<void>;
  /** PENDING or RETRYING becomes due now. One that is held stays held: in quarantine, or for the tasks that it awaits. */
  runNow(id: string, now: number): Promise<Task>;
  /** PENDING or RETRYING gets another priority, or waits in another queue. */
  change(id: string, change: TaskChange, now: number): Promise<Task>;
  /** Whether a task waits or runs, in this queue or in any. Throws neither. */
  hasWork(queue: string | null): Promise<boolean>;
}

/** Whether an eta was given, in either way. */
export function isGiven({ eta, delay }: NewEta): boolean {
  return eta !== undefined || delay !== undefined;
}

/** The eta that is asked for. @throws {ValidationError} where none is, or two are */
export function parseNewEta(given: NewEta, now: number): number {
  if (!isGiven(given)) throw new ValidationError("eta", "given, or a delay", "neither");
  return parseEta(given, now);
}

/** @throws {ValidationError} where nothing is to be changed, or to what cannot be */
export function parseChange({ priority, queue }: TaskChange): TaskChange {
  if (priority === undefined && queue === undefined) {
    throw new ValidationError("priority", "given, or a queue", "neither");
  }
  return {
    priority: priority === undefined ? undefined : parseInteger(priority, "priority", LIMITS.priority),
    queue: queue === undefined ? undefined : parseText(queue, "queue"),
  };
}
