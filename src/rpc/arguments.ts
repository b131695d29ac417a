import { describeKind } from "../core/describe.ts";
import { ValidationError } from "../core/errors.ts";
import { parseText } from "../core/options.ts";
import type { TaskRequest } from "../core/prepare.ts";

/** All that a request may hold. What is not known would be left out in silence, where the API refuses it. */
const MEMBERS: Readonly<Record<keyof TaskRequest, true>> = {
  funcPath: true,
  args: true,
  kwargs: true,
  id: true,
  queue: true,
  priority: true,
  eta: true,
  delay: true,
  interval: true,
  maxRetries: true,
  timeout: true,
  uniqueKey: true,
  unique: true,
  expiresAt: true,
  expiresIn: true,
  after: true,
  afterFailure: true,
  resultTtl: true,
  keepResult: true,
  deleteOnSuccess: true,
  trace: true,
};

/** Options, which a caller without a compiler may have given as anything. @throws {ValidationError} */
export function checkOptions(options: unknown): void {
  if (!isRecord(options)) throw new ValidationError("options", "an object", describeKind(options));
}

/** A request's form; its values are checked with the task. @throws {ValidationError} */
export function checkRequest(request: object): void {
  parseText(Reflect.get(request, "funcPath"), "funcPath");
  for (const [name, value] of Object.entries(request)) {
    if (Object.hasOwn(MEMBERS, name)) continue;
    throw new ValidationError(name, "absent, since no such field exists", describeKind(value));
  }
}

/** The same of many. @throws {ValidationError} naming the one at fault */
export function checkRequests(requests: unknown): void {
  if (!Array.isArray(requests)) throw new ValidationError("tasks", "an array", describeKind(requests));
  for (const [index, request] of requests.entries()) {
    if (!isRecord(request)) {
      throw new ValidationError(`tasks[${index}]`, "an object", describeKind(request));
    }
    try {
      checkRequest(request);
    } catch (error) {
      throw error instanceof ValidationError ? error.within(`tasks[${index}]`) : error;
    }
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
