import type { Schedule } from "../../../core/schedule.ts";
import { listFirings } from "../../../core/timing.ts";
import { addressOf } from "../../fields.ts";
import { formatDuration } from "../../parts/time.tsx";

/** When it fires: `0 9 * * 1-5, Europe/Paris`; `every 5 min`. */
export function formatTiming({ cron, every, timezone }: Schedule): string {
  if (every !== null) return `every ${formatDuration(every)}`;
  return `${cron}, ${timezone}`;
}

/** The firings that come, the next one first; none of one that is disabled. */
export function nextFirings(schedule: Schedule, count: number): number[] {
  return listFirings(schedule, schedule.nextAt, count);
}

/** A moment by the wall clock that the schedule reads. */
export function formatInZone(at: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
  return format.format(at);
}

/** Where one is shown. A path cannot end in what means a step up, whatever it is encoded as. */
export function scheduleAddress(name: string, cursor = "", done = ""): string {
  if (/^\.{1,2}$/.test(name)) return addressOf("schedules", { show: name, cursor, done });
  return addressOf(`schedules/${encodeURIComponent(name)}`, { cursor, done });
}

export function ScheduleState({ schedule: { enabled } }: { schedule: Schedule }) {
  return enabled ? <span class="badge success">Enabled</span> : <span class="badge cancelled">Disabled</span>;
}
