import type { Schedule } from "../../../core/schedule.ts";
import { listFirings } from "../../../core/timing.ts";
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

export function ScheduleState({ schedule: { enabled } }: { schedule: Schedule }) {
  return enabled ? <span class="badge success">Enabled</span> : <span class="badge cancelled">Disabled</span>;
}
