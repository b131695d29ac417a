import { setImmediate } from "node:timers/promises";
import { toBulkFilter } from "../filter.ts";
import { formatTasks } from "../format.ts";
import type { FilterFlags } from "../options.ts";
import { printResult } from "../output.ts";
import type { Target, TargetOptions } from "../place.ts";
import { Interrupt } from "../progress.ts";
import { openTarget } from "../target.ts";

/** Counts the tasks that meet a filter, however many pages they take. */
export async function countTasks(flags: FilterFlags & TargetOptions): Promise<void> {
  using interrupt = new Interrupt();
  const filter = toBulkFilter(flags, Date.now());
  const { client } = await openTarget(flags);
  const report = await countAll(client, filter, { cursor: null, signal: interrupt.signal });
  printResult(flags, report, () => formatTasks(report.count));
}

export interface Counted {
  readonly count: number;
  readonly examined: number;
}

/** @param options `onPage` hears how many were looked at so far */
export async function countAll(
  client: Target["client"],
  filter: ReturnType<typeof toBulkFilter>,
  options: {
    readonly cursor: string | null;
    readonly signal: AbortSignal;
    readonly onPage?: (examined: number) => void;
  },
): Promise<Counted> {
  const { signal, onPage = () => {} } = options;
  const total = { count: 0, examined: 0 };
  let { cursor } = options;
  do {
    const page = await client.count(filter, { cursor, signal });
    total.count += page.count;
    total.examined += page.examined;
    cursor = page.cursor;
    onPage(total.examined);
    // Of a database in a file no call lets the event loop turn, in which a signal is heard.
    await setImmediate();
    signal.throwIfAborted();
  } while (cursor !== null);
  return total;
}
