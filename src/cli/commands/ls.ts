import { toFilter } from "../filter.ts";
import type { FilterFlags } from "../options.ts";
import { print, printJson, tell } from "../output.ts";
import type { TargetOptions } from "../place.ts";
import { openTarget } from "../target.ts";

export interface ListFlags extends FilterFlags, TargetOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly all?: boolean;
}

/** A page of an `--all`: as large as the API gives, for each is a call. */
const LARGE_PAGE = 500;

/** Lists tasks, newest first: one page, or all. */
export async function listTasks(flags: ListFlags): Promise<void> {
  const filter = toFilter(flags);
  const { client } = await openTarget(flags);
  if (flags.all === true)
    return listAll(client.eachTask({ ...filter, cursor: flags.cursor, limit: LARGE_PAGE }), flags);
  const { items, cursor } = await client.tasks({ ...filter, limit: flags.limit, cursor: flags.cursor });
  if (flags.json === true) return printJson({ tasks: items, cursor });
  await printTasks(items);
  if (items.length === 0 && cursor === null) tell("no task meets that");
  if (cursor !== null) tell(`more: --cursor ${cursor}, or --all`);
}

type Tasks = Parameters<typeof import("../output-task.ts").renderTasks>[0];

async function listAll(tasks: AsyncIterable<Tasks[number]>, { json }: ListFlags): Promise<void> {
  let page: Tasks[number][] = [];
  for await (const task of tasks) {
    if (json === true) printJson(task);
    else page.push(task);
    if (page.length < LARGE_PAGE) continue;
    await printTasks(page);
    page = [];
  }
  await printTasks(page);
}

async function printTasks(tasks: Tasks): Promise<void> {
  if (tasks.length === 0) return;
  const { renderTasks } = await import("../output-task.ts");
  print(renderTasks(tasks, Date.now()));
}
