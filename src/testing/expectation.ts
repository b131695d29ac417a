import { type Duration, type Instant, parseDuration, parseInstant } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";
import { TASK_STATUSES, type Task, type TaskStatus } from "../core/task.ts";
import { findMismatches, type Mismatch } from "./match.ts";

/** What is expected of a task besides its input, in the words of its enqueue. What is absent may be anything. */
export interface ExpectedOptions {
  readonly id?: string;
  readonly args?: readonly unknown[];
  readonly queue?: string;
  readonly priority?: number;
  /** To the millisecond. */
  readonly eta?: Instant;
  /** The same, counted from when it was enqueued. */
  readonly delay?: Duration;
  /** Null: none. */
  readonly interval?: Duration | null;
  readonly maxRetries?: number;
  readonly timeout?: Duration;
  readonly uniqueKey?: string | null;
  readonly expiresAt?: Instant | null;
  readonly resultTtl?: Duration | null;
  /** The task whose handler enqueued it. */
  readonly parentId?: string | null;
  /** The schedule that it is a firing of. */
  readonly schedule?: string | null;
  /** One status, or several. Defaults to `PENDING` and `RETRYING`: it waits. `"any"`: whatever has become of it. */
  readonly status?: TaskStatus | readonly TaskStatus[] | "any";
}

const WAITING: readonly TaskStatus[] = ["PENDING", "RETRYING"];

/** Where the task is not what was expected. @throws {ValidationError} where a duration or a moment cannot be read */
export function compareTask(task: Task, input: unknown, expected: ExpectedOptions): Mismatch[] {
  const { status, args, delay, ...others } = expected;
  const statuses = status === undefined ? WAITING : status === "any" ? TASK_STATUSES : [status].flat();
  const mismatches = input === undefined ? [] : findMismatches(input, task.kwargs, "input");
  if (args !== undefined) mismatches.push(...findMismatches(args, task.args, "args"));
  if (delay !== undefined) {
    const milliseconds = parseDuration(delay, "delay", LIMITS.delay);
    mismatches.push(...findMismatches(milliseconds, task.eta - task.createdAt, "delay"));
  }
  const stored = Object.fromEntries(
    Object.entries(inMilliseconds(others)).filter(([, value]) => value !== undefined),
  );
  for (const [name, value] of Object.entries(stored)) {
    mismatches.push(...findMismatches(value, new Map<string, unknown>(Object.entries(task)).get(name), name));
  }
  if (!statuses.includes(task.status)) {
    mismatches.push({ path: "status", expected: statuses.join(" or "), got: task.status });
  }
  return mismatches;
}

/** The same with every moment and duration as it is stored. */
function inMilliseconds({
  eta,
  expiresAt,
  interval,
  timeout,
  resultTtl,
  ...others
}: Omit<ExpectedOptions, "status" | "args" | "delay">) {
  return {
    ...others,
    eta: eta === undefined ? undefined : parseInstant(eta, "eta"),
    expiresAt: isNothing(expiresAt) ? expiresAt : parseInstant(expiresAt, "expiresAt"),
    interval: isNothing(interval) ? interval : parseDuration(interval, "interval", LIMITS.interval),
    timeout: timeout === undefined ? undefined : parseDuration(timeout, "timeout", LIMITS.timeout),
    resultTtl: isNothing(resultTtl) ? resultTtl : parseDuration(resultTtl, "resultTtl", LIMITS.timeToLive),
  };
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
