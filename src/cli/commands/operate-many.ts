import type { CountFilter } from "../../core/bulk-options.ts";
import type { NewEta, TaskChange } from "../../core/operators.ts";
import { EXIT } from "../failure.ts";
import { withoutGaps } from "../filter.ts";
import { formatCount, formatTasks, quote } from "../format.ts";
import { print, printJson, tell } from "../output.ts";
import type { Target } from "../place.ts";
import { confirmChange, Interrupt, startProgress } from "../progress.ts";
import { hideSecrets } from "../secrets.ts";
import { countAll } from "./count.ts";
import type { OperateFlags, Verb } from "./operate.ts";

interface Many {
  readonly filter: CountFilter;
  readonly set: NewEta & TaskChange;
  readonly flags: OperateFlags;
  readonly all: boolean;
}

const WORDS = {
  cancel: ["Cancel", "cancelled"],
  retry: ["Run again", "retried"],
  runNow: ["Make due now", "made due"],
  delete: ["Delete", "deleted"],
  reschedule: ["Reschedule", "rescheduled"],
  change: ["Change", "changed"],
} as const;

/** Counts, asks, and changes page by page: from `--cursor` on, until the end or an interruption. */
export async function operateMany(verb: Verb, client: Target["client"], many: Many): Promise<void> {
  using interrupt = new Interrupt();
  const { flags, filter } = many;
  const silent = flags.json === true;
  const [ask] = WORDS[verb.action];
  const counting = startProgress("counting", silent);
  const cursor = flags.cursor ?? null;
  const found = await countAll(client, filter, {
    cursor,
    signal: interrupt.signal,
    onPage: (examined) => counting.update(examined, null),
  }).finally(() => counting.end());
  if (found.count === 0)
    return report(flags, verb, { changed: 0, skipped: 0, examined: found.examined, cursor: null });
  const where = cursor === null ? "" : ", from the cursor on";
  await confirmChange(
    `${ask} ${formatTasks(found.count)} (${describeFilter(many)}${where})?`,
    flags.yes === true,
  );
  await changePages(verb, client, many, { interrupt, total: found.examined });
}

interface Total {
  changed: number;
  skipped: number;
  examined: number;
  cursor: string | null;
}

async function changePages(
  verb: Verb,
  client: Target["client"],
  { filter, set, flags, all }: Many,
  { interrupt, total: size }: { readonly interrupt: Interrupt; readonly total: number },
): Promise<void> {
  const [, past] = WORDS[verb.action];
  const progress = startProgress(past, flags.json === true);
  const total: Total = { changed: 0, skipped: 0, examined: 0, cursor: flags.cursor ?? null };
  const conditions = all ? ({ all: true } as const) : withoutGaps(filter);
  const options = {
    action: verb.action,
    filter: conditions,
    ...(Object.keys(set).length > 0 ? { set } : {}),
    pages: flags.pages,
  };
  try {
    do {
      const page = await client.bulk.run({ ...options, cursor: total.cursor });
      total.changed += page.changed;
      total.skipped += page.skipped;
      total.examined += page.examined;
      total.cursor = page.cursor;
      progress.update(total.examined, size, `${formatCount(total.changed)} ${past}`);
    } while (total.cursor !== null && !(await interrupt.isAsked()));
  } catch (error) {
    progress.end();
    // What the page at fault did is not known: from its cursor it may be done again.
    if (total.examined > 0) tellHowToGoOn(verb, total);
    throw error;
  }
  progress.end();
  report(flags, verb, total);
  if (total.cursor === null) return;
  if (flags.json !== true) tellHowToGoOn(verb, total);
  process.exitCode = EXIT.interrupted;
}

function report({ json }: OperateFlags, verb: Verb, total: Total): void {
  if (json === true) {
    printJson(total);
    return;
  }
  const skipped =
    total.skipped === 0 ? "" : `, ${formatCount(total.skipped)} skipped, for their status or unique key`;
  print(`${formatTasks(total.changed)} ${WORDS[verb.action][1]}${skipped}`);
}

/** The same command again, as it was typed, from the cursor on. */
function tellHowToGoOn({ name }: Verb, { cursor }: Total): void {
  if (cursor === null) return;
  tell(`stopped: go on with ${hideSecrets(retype(name, cursor))}`);
}

/** Without what may be secret in it: where the queue is and its key are to be given as before. */
function retype(name: string, cursor: string): string {
  const typed = process.argv.slice(process.argv.indexOf(name) + 1);
  const kept: string[] = [];
  for (let at = 0; at < typed.length; at++) {
    const word = typed[at] ?? "";
    if (/^--(cursor|key|token)$/.test(word)) at++;
    else if (!/^--(cursor|key|token)=/.test(word)) kept.push(word);
  }
  return ["omniq", name, ...kept.map(quote), "--cursor", cursor].join(" ");
}

function describeFilter({ filter, all }: Many): string {
  if (all) return "every task";
  const conditions = Object.entries(filter).filter(([, value]) => value !== undefined);
  return conditions.map(([name, value]) => `${name} ${value}`).join(", ");
}
