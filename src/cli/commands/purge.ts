import { EXIT } from "../failure.ts";
import { formatTasks } from "../format.ts";
import { print, printJson, tell } from "../output.ts";
import type { TargetOptions } from "../place.ts";
import { confirmChange, Interrupt, startProgress } from "../progress.ts";
import { openTarget } from "../target.ts";

export interface PurgeFlags extends TargetOptions {
  readonly olderThan: string;
  readonly cursor?: string;
  readonly yes?: boolean;
}

/** Removes what ended long ago, some pages a call, until there is no more of it or Ctrl-C. */
export async function purge(flags: PurgeFlags): Promise<void> {
  using interrupt = new Interrupt();
  const { olderThan, json = false } = flags;
  const isMoment = /^\d{4}-/.test(olderThan);
  const { client } = await openTarget(flags);
  await confirmChange(
    `Remove every task that ended ${isMoment ? "before" : "more than"} ${olderThan}${isMoment ? "" : " ago"}, with its result?`,
    flags.yes === true,
  );
  const progress = startProgress("purged", json);
  let [purged, cursor] = [0, flags.cursor ?? null];
  const limit = isMoment ? { before: olderThan } : olderThan;
  do {
    const page = await client.purgeResults({ olderThan: limit, cursor }).catch((error) => {
      progress.end();
      if (cursor !== null && purged > 0)
        tell(`stopped: ${formatTasks(purged)} removed, go on with --cursor ${cursor}, or run it again`);
      throw error;
    });
    purged += page.purged;
    cursor = page.cursor;
    progress.update(purged, null);
  } while (cursor !== null && !(await interrupt.isAsked()));
  progress.end();
  if (json) printJson({ purged, cursor });
  else print(`${formatTasks(purged)} removed`);
  if (cursor === null) return;
  if (!json) tell(`stopped: go on with --cursor ${cursor}, or run it again`);
  process.exitCode = EXIT.interrupted;
}
