import { FieldError } from "../core/errors.ts";
import type { EnqueueRequest, TaskOptions, TaskRequest } from "../core/prepare.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import { serialize } from "../core/serialize.ts";
import { fromFieldError } from "./errors.ts";

/** What the server checks again, by its own limits: here they only keep a cycle from being followed, and a huge text from being made. */
const LIMITS = { maxBytes: 256 * 1024, maxDepth: 100 };

/**
 * A request for `enqueueMany`, whose payload is checked by the definition's type.
 *
 * @example await client.enqueueMany(users.map((user) => enqueueRequest(sendEmail, { to: user.email })))
 */
export function enqueueRequest<Input>(
  task: TaskDefinition<Input, never>,
  input: Input,
  options: Omit<TaskOptions, "trace"> = {},
): EnqueueRequest {
  return { task, input, options };
}

/** A request as it travels: of a definition only its name does. */
export function toTaskRequest(request: TaskRequest | EnqueueRequest): TaskRequest {
  if (!("task" in request)) return request;
  return { ...request.options, funcPath: request.task.name, kwargs: request.input };
}

/** The name of a task. */
export function nameOf(task: AnyTask | string): string {
  return typeof task === "string" ? task : task.name;
}

/**
 * Refuses a payload that would not come back equal: JSON would make a text of a Date and null of NaN, in silence.
 *
 * @throws {OmniqError} `not_serializable`, `too_large`
 */
export function checkPayload(
  { args = [], kwargs = {} }: Pick<TaskRequest, "args" | "kwargs">,
  place = "",
): void {
  try {
    serialize(args, `${place}args`, LIMITS);
    serialize(kwargs, `${place}kwargs`, LIMITS);
  } catch (error) {
    throw error instanceof FieldError ? fromFieldError(error) : error;
  }
}
