import type { Schedule } from "../../core/schedule.ts";
import { formatAge, formatDuration, formatInstant, toLine } from "../format.ts";
import { colours, print, printResult, tell } from "../output.ts";
import { renderTable } from "../output-table.ts";
import type { TargetOptions } from "../place.ts";
import { openTarget } from "../target.ts";

export interface NextFlags extends TargetOptions {
  readonly count: number;
}

/** All schedules, by name. */
export async function listSchedules(flags: TargetOptions): Promise<void> {
  const { client } = await openTarget(flags);
  const schedules: Schedule[] = [];
  for await (const schedule of client.schedules.each()) schedules.push(schedule);
  const now = Date.now();
  if (schedules.length === 0 && flags.json !== true) return tell("there is no schedule");
  printResult(flags, { schedules }, () =>
    renderTable<Schedule>(
      [
        { head: "NAME", of: ({ name }) => name, min: 10 },
        { head: "TASK", of: ({ funcPath }) => funcPath, min: 8 },
        { head: "TIMING", of: timingOf },
        {
          head: "NEXT",
          of: ({ nextAt, enabled }) => (nextAt === null || !enabled ? "-" : formatAge(nextAt, now)),
        },
        { head: "LAST", of: ({ lastAt }) => (lastAt === null ? "-" : formatAge(lastAt, now)), min: 0 },
        {
          head: "STATE",
          of: ({ enabled, disabledReason }) => (enabled ? "enabled" : `disabled: ${disabledReason ?? ""}`),
          min: 8,
          colour: (text, { enabled }) => (enabled ? text : colours.yellow(text)),
        },
      ],
      schedules,
    ),
  );
}

function timingOf({ cron, every, timezone }: Schedule): string {
  if (cron === null) return `every ${formatDuration(every ?? 0)}`;
  return timezone === "UTC" ? cron : `${cron} (${timezone})`;
}

/** The firings that come. */
export async function listNext(name: string, flags: NextFlags): Promise<void> {
  const { client } = await openTarget(flags);
  const firings = await client.schedules.next(name, flags.count);
  const now = Date.now();
  printResult(flags, { name, firings }, () =>
    firings.map((at) => `${formatInstant(at)}  ${colours.dim(formatAge(at, now))}`).join("\n"),
  );
}

export interface DisableFlags extends TargetOptions {
  readonly reason?: string;
}

/** Keeps one from firing. */
export async function disableSchedule(name: string, flags: DisableFlags): Promise<void> {
  const { client } = await openTarget(flags);
  const { reason } = flags;
  const schedule = await client.schedules.disable(name, reason === undefined ? {} : { reason });
  printResult(flags, schedule, () => `${toLine(name)}: disabled`);
}

/** Does with one schedule what the verb says. */
export async function operateSchedule(
  verb: "enable" | "run" | "delete",
  name: string,
  flags: TargetOptions,
): Promise<void> {
  const { client } = await openTarget(flags);
  const { schedules } = client;
  const shown = toLine(name);
  switch (verb) {
    case "enable": {
      const schedule = await schedules.enable(name);
      return printResult(flags, schedule, () => `${shown}: enabled`);
    }
    case "run": {
      const receipt = await schedules.run(name);
      return printResult(
        flags,
        receipt,
        () => `${receipt.id}${receipt.duplicate ? "  (it was there already)" : ""}`,
      );
    }
    case "delete": {
      await schedules.delete(name);
      if (flags.json === true) return printResult(flags, { name, deleted: true }, () => "");
      return print(`${shown}: deleted`);
    }
  }
}
