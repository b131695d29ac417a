import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { TaskDefinition } from "../core/registry.ts";
import type { ScheduleDefinition } from "../core/schedule.ts";
import { CliError, refuseUsage } from "./failure.ts";

/** A task that handlers here may run: what it needs of its `env`, nobody can tell from the module. */
type LoadedTask = TaskDefinition<never>;

/** What a module of an app declares. */
export interface Declared {
  readonly tasks: readonly LoadedTask[];
  /** Null where it exports none: nothing is then said of schedules. */
  readonly schedules: readonly ScheduleDefinition[] | null;
}

/**
 * Loads a module, and takes what it exports: definitions and schedules, one by one or in arrays.
 *
 * @param path of a file, from the working directory
 * @throws {CliError} where it cannot be loaded, or exports no task
 */
export async function loadTasks(path: string): Promise<Declared> {
  const exported = Object.values(await load(path)).flatMap((value) =>
    Array.isArray(value) ? value : [value],
  );
  const tasks = [...new Set(exported.filter(isTask))];
  const schedules = [...new Set(exported.filter(isSchedule))];
  if (tasks.length > 0) return { tasks, schedules: schedules.length > 0 ? schedules : null };
  throw refuseUsage(`expected ${path} to export tasks made by defineTask, and it exports none`);
}

async function load(path: string): Promise<object> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const hint =
      code === "ERR_UNKNOWN_FILE_EXTENSION" || code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING"
        ? "Node runs TypeScript from 22.18 on; for an older one give the JavaScript that it is built to"
        : null;
    throw new CliError("module_not_loaded", `expected to load ${path}, got ${describeError(error)}`, {
      hint,
    });
  }
}

function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

// The module may have another copy of the package: its objects are known by their form.

function isTask(value: unknown): value is LoadedTask {
  const { name, run, validate, settings } = fieldsOf(value);
  return typeof name === "string" && isFunction(run) && isFunction(validate) && typeof settings === "object";
}

function isSchedule(value: unknown): value is ScheduleDefinition {
  const { name, timing, task } = fieldsOf(value);
  return typeof name === "string" && timing !== undefined && isTask(task);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
