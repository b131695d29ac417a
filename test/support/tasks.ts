import { V7Generator } from "uuidv7";
import { serialize } from "../../src/core/serialize.ts";
import type { JsonText, NewTask, TaskError } from "../../src/core/task.ts";

/** The moment at which tests begin. */
export const NOW = Date.parse("2026-11-24T09:00:00Z");

const ids = new V7Generator();

/** JSON text of a value. */
export function json(value: unknown): JsonText {
  return serialize(value, "value", { maxBytes: 2 ** 20, maxDepth: 100 });
}

/** A task to insert, due at {@link NOW}, with ids in the order of the calls. */
export function newTask(overrides: Partial<NewTask> = {}): NewTask {
  return {
    id: ids.generateOrAbortCore(NOW, 2 ** 40)?.toString() ?? "",
    idGiven: false,
    queue: "default",
    priority: 5,
    funcPath: "test.noop",
    args: json([]),
    kwargs: json({}),
    eta: NOW,
    interval: null,
    maxRetries: 3,
    timeout: 25_000,
    uniqueKey: null,
    extras: null,
    ...overrides,
  };
}

/** What a stored task says of what few have, where it has none of it. */
export const NO_FEATURES = {
  expiresAt: null,
  cancelReason: null,
  parentId: null,
  awaits: 0,
  progress: null,
  resultTtl: null,
  onSuccess: "keep",
  schedule: null,
  scheduledFor: null,
} as const;

export function newTasks(count: number, overrides: Partial<NewTask> = {}): NewTask[] {
  return Array.from({ length: count }, () => newTask(overrides));
}

export function taskError(overrides: Partial<TaskError> = {}): TaskError {
  return { type: "Error", message: "boom", at: NOW, attempt: 1, retryable: true, ...overrides };
}
