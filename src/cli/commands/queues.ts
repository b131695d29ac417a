import type { QueueSummary } from "../../core/storage.ts";
import { formatCount, formatDuration, toLine } from "../format.ts";
import { asideColours, colours, printResult, tell } from "../output.ts";
import { renderTable } from "../output-table.ts";
import type { TargetOptions } from "../place.ts";
import { openTarget } from "../target.ts";

export interface SetFlags extends TargetOptions {
  readonly concurrency: number | "none";
}

/** What waits and runs in each queue. */
export async function listQueues(flags: TargetOptions): Promise<void> {
  const { client } = await openTarget(flags);
  const queues = await client.queues();
  printResult(flags, { queues }, () => renderQueues(queues));
  if (queues.length === 0 && flags.json !== true) tell("no queue has settings, or a task that waits or runs");
}

export function renderQueues(queues: readonly QueueSummary[]): string {
  if (queues.length === 0) return "";
  return renderTable<QueueSummary>(
    [
      { head: "QUEUE", of: ({ name }) => name, min: 8 },
      { head: "WAITING", of: depthOf, align: "right" },
      { head: "RUNNING", of: ({ running }) => formatCount(running), align: "right" },
      {
        head: "OLDEST DUE",
        of: ({ oldestDueAge: age }) => (age === null ? "-" : formatDuration(age)),
        align: "right",
      },
      {
        head: "AT ONCE",
        of: ({ concurrency }) => (concurrency === null ? "any" : `${concurrency}`),
        align: "right",
        min: 0,
      },
      {
        head: "STATE",
        of: ({ paused }) => (paused ? "paused" : "active"),
        colour: (text, { paused }) => (paused ? colours.yellow(text) : text),
      },
    ],
    queues,
  );
}

export function depthOf({ depth, more }: QueueSummary): string {
  return `${formatCount(depth)}${more ? "+" : ""}`;
}

/** Limits how many tasks of a queue run at once. */
export async function setConcurrency(name: string, flags: SetFlags): Promise<void> {
  const { client } = await openTarget(flags);
  const concurrency = flags.concurrency === "none" ? null : flags.concurrency;
  const queue = await client.setQueue(name, { concurrency });
  printResult(flags, queue, () => `${toLine(name)}: ${concurrency ?? "any number"} at once`);
}

/** Pauses or resumes queues, in the order given. */
export async function setPaused(
  names: readonly string[],
  paused: boolean,
  flags: TargetOptions,
): Promise<void> {
  const { client } = await openTarget(flags);
  for (const name of names) {
    const queue = await client.setQueue(name, { paused });
    printResult(
      flags,
      queue,
      () =>
        `${toLine(name)}: ${paused ? "paused" : "active"}, ${depthOf(queue)} waiting, ${queue.running} running`,
    );
  }
  if (paused && flags.json !== true)
    tell(asideColours.dim("what runs goes on; `omniq resume` starts the rest"));
}
