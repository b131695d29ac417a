import { expect } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { CATCH_UPS, type CatchUp, schedule } from "../../src/core/schedule.ts";
import type { TestDatabase } from "../support/database.ts";
import { seeded } from "../support/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const task = defineTask("test.scheduled", { run: () => null });

/** One kind of timing, and by hand which minutes of the wall clock it fires in. */
interface Kind {
  readonly cron: string;
  readonly timezone: string;
  fires(hour: number, minute: number): boolean;
}

const everyMinutes = (step: number, timezone: string): Kind => ({
  ...{ cron: `*/${step} * * * *`, timezone },
  fires: (_, minute) => minute % step === 0,
});
const hourlyAt = (at: number, timezone: string): Kind => ({
  ...{ cron: `${at} * * * *`, timezone },
  fires: (_, minute) => minute === at,
});
const dailyAt = (atHour: number, atMinute: number, timezone: string): Kind => ({
  ...{ cron: `${atMinute} ${atHour} * * *`, timezone },
  fires: (hour, minute) => hour === atHour && minute === atMinute,
});

/** Fifty schedules of all policies. None has a time of its own in the hour that comes twice, but those that fire in both. */
const KINDS: readonly Kind[] = [
  ...[1, 5, 15, 30].map((step) => everyMinutes(step, "Europe/Paris")),
  ...[0, 7, 59].map((at) => hourlyAt(at, "Europe/Paris")),
  ...[0, 45].map((at) => hourlyAt(at, "Asia/Kathmandu")),
  ...[0, 5, 9, 12, 17].map((hour) => dailyAt(hour, 10, "America/New_York")),
  ...[23, 13].map((hour) => dailyAt(hour, 0, "UTC")),
];
const SCHEDULES = Array.from({ length: 50 }, (_, index) => {
  const kind = KINDS[Math.floor(index / 3) % KINDS.length] ?? everyMinutes(1, "UTC");
  const catchUp: CatchUp = CATCH_UPS[index % 3] ?? "last";
  return { name: `s${index}`, kind, catchUp };
});

/** The firings of a kind after `from` up to `until`, by looking at every minute's wall clock. */
function findFirings({ timezone, fires }: Kind, from: number, until: number): number[] {
  const format = new Intl.DateTimeFormat("en", {
    ...{ timeZone: timezone, hour: "numeric", minute: "numeric", hourCycle: "h23" },
  });
  const minutes = Array.from({ length: (until - from) / MINUTE }, (_, index) => from + (index + 1) * MINUTE);
  return minutes.filter((at) => {
    const [hour, minute] = format.format(at).split(":").map(Number);
    return fires(hour ?? 0, minute ?? 0);
  });
}

/** Of the firings that came since the tick before, those that a policy makes at this one. */
function choose(catchUp: CatchUp, missed: readonly number[], now: number): readonly number[] {
  if (catchUp === "all") return missed;
  return catchUp === "last" ? missed.slice(-1) : missed.filter((at) => at >= now - MINUTE);
}

/**
 * Two Workers tick each minute over fifty schedules, on the day that Paris puts its clock back: ticks are lost, doubled, late, and
 * for 90 minutes there is none.
 */
export async function simulateTicks(database: TestDatabase, hours: number, seed: number): Promise<void> {
  const random = seeded(seed);
  const start = Date.parse("2026-10-24T22:00:00Z");
  const end = start + hours * HOUR;
  const outage = { from: start + (hours * HOUR) / 3, until: start + (hours * HOUR) / 3 + 1.5 * HOUR };
  let now = start;
  const made = new Map<string, number[]>(SCHEDULES.map(({ name }) => [name, []]));
  const onEvent = (event: QueueEvent) => {
    if (event.type === "schedule.fired") made.get(event.name)?.push(...event.firedFor);
  };
  const openWorker = () =>
    createQueue({
      ...{ storage: database.storage(), tasks: [task], now: () => now, random, onEvent },
      schedules: SCHEDULES.map(({ name, kind: { cron, timezone }, catchUp }) =>
        schedule(name, cron, task, {}, { timezone, catchUp, catchUpLimit: 1_000 }),
      ),
    });
  const workers = [openWorker(), openWorker()];
  const drains = async (count: number) => {
    // Nothing is to be run: the ticks only fire.
    const all = Array.from({ length: count }, (_, index) =>
      workers[index % 2]?.drain({ queues: [], rescue: false }),
    );
    await Promise.all(all);
  };
  await drains(2);
  const ticks: number[] = [];
  for (let minute = start + MINUTE; minute <= end; minute += MINUTE) {
    now = minute + Math.floor(random() * 20_000);
    const isLast = minute === end;
    const isLost = random() < 0.2 || (now >= outage.from && now < outage.until);
    if (isLost && !isLast) continue;
    ticks.push(now);
    await drains(random() < 0.2 ? 3 : 2);
  }
  for (const { name, kind, catchUp } of SCHEDULES) {
    const firings = findFirings(kind, start, end);
    const expected = ticks.flatMap((tick, index) => {
      const since = ticks[index - 1] ?? start;
      return choose(
        catchUp,
        firings.filter((at) => at > since && at <= tick),
        tick,
      );
    });
    const found = await database.sql("SELECT scheduled_for FROM tasks WHERE schedule = ?1 ORDER BY 1", name);
    const label = `${name} ${kind.cron} ${kind.timezone} ${catchUp}`;
    expect(
      found.map((row) => row.scheduled_for),
      label,
    ).toEqual(expected);
    expect(
      made.get(name)?.toSorted((a, b) => a - b),
      label,
    ).toEqual(expected);
    if (catchUp === "all") expect(expected, label).toEqual(firings);
  }
}
