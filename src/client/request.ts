import { describe } from "../core/describe.ts";
import { FieldError } from "../core/errors.ts";
import type { EnqueueRequest, TaskOptions, TaskRequest } from "../core/prepare.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import { serialize } from "../core/serialize.ts";
import { fromFieldError, refuse } from "./errors.ts";

/** What the server checks again, by its own limits: here they only keep a cycle from being followed, and a huge text from being made. */
const LIMITS = { maxBytes: 256 * 1024, maxDepth: 100 };

/**
 * A request for `enqueueMany`, whose payload is checked by the definition's type.
 *
 * @example await client.enqueueMany(users.map((user) => enqueueRequest(sendEmail, { to: user.email })))
 */
export function enqueueRequest<Input>(
  task: TaskDefinition<Input, never>,
  input: NoInfer<Input>,
  options: Omit<TaskOptions, "trace"> = {},
): EnqueueRequest {
  return { task, input, options };
}

/** What a header can hold, wherever it is sent from, and no other can be taken for. */
const HEADER = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** A caller's own key. @throws {OmniqError} `invalid_input` */
export function readIdempotencyKey(key: string): string {
  if (HEADER.test(key)) return key;
  throw refuse(
    "idempotencyKey",
    "1 to 255 characters of visible ASCII, with spaces only within",
    describe(key),
  );
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
