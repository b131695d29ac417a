import { describe } from "./describe.ts";
import { ValidationError } from "./errors.ts";
import { parseText } from "./options.ts";
import type { ClaimedTask, Progress } from "./task.ts";

/**
 * What the handlers of one worker told last of their work. It costs nothing: the next heartbeat writes it, or the settlement
 * where the attempt ends before.
 */
export class ProgressBook {
  readonly #told = new WeakMap<ClaimedTask, Progress>();

  /** @throws {ValidationError} */
  note(task: ClaimedTask, value: unknown, message: unknown): void {
    this.#told.set(task, parseProgress(value, message));
  }

  /** Null where nothing was told. */
  of(task: ClaimedTask): Progress | null {
    return this.#told.get(task) ?? null;
  }
}

function parseProgress(value: unknown, message: unknown): Progress {
  if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
    throw new ValidationError("progress", "a number from 0 to 1", describe(value));
  }
  return { value: value + 0, message: message === undefined ? null : parseText(message, "progress.message") };
}
