import { printResult } from "../output.ts";
import { renderTask } from "../output-task.ts";
import type { TargetOptions } from "../place.ts";
import { openTarget } from "../target.ts";

/** Shows one task. */
export async function showTask(id: string, flags: TargetOptions): Promise<void> {
  const { client } = await openTarget(flags);
  const task = await client.task(id);
  printResult(flags, task, () => renderTask(task, Date.now()));
}
