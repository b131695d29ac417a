import type { BulkFilterOptions, CountFilter } from "../core/bulk-options.ts";
import { TASK_STATUSES, type TaskStatus } from "../core/task.ts";
import { refuseUsage } from "./failure.ts";
import type { FilterFlags } from "./options.ts";

/** What is said of tasks to be listed. @throws {CliError} */
export function toFilter({ status, queue, funcPath, schedule, parent }: FilterFlags) {
  return { status: toStatus(status), queue, funcPath, schedule, parentId: parent };
}

/** What is said of tasks to be counted or changed. @throws {CliError} */
export function toBulkFilter(flags: FilterFlags, now: number): CountFilter {
  const { errorType, createdBefore, createdAfter } = flags;
  return {
    ...toFilter(flags),
    errorType,
    createdBefore: toInstant(createdBefore, now),
    createdAfter: toInstant(createdAfter, now),
  };
}

export function hasCondition(filter: CountFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

/** Without what is not said. */
export function withoutGaps(filter: CountFilter): BulkFilterOptions {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

function toStatus(text: string | undefined): TaskStatus | undefined {
  if (text === undefined) return undefined;
  const status = TASK_STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  throw refuseUsage(`expected --status to be ${TASK_STATUSES.join(", ")}, got ${JSON.stringify(text)}`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment, or how long ago. What is neither the server refuses, by its name. */
export function toInstant(text: string | undefined, now: number): number | string | undefined {
  const [, amount, unit = ""] = /^(\d+)([smhd])$/.exec(text ?? "") ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? 0);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
