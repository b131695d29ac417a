import { Cron } from "croner";
import { describe } from "./describe.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseText } from "./options.ts";

/** When a schedule fires: by the wall clock of a time zone, or every so many milliseconds. One of `cron` and `every` is null. */
export interface Timing {
  readonly cron: string | null;
  readonly every: number | null;
  readonly timezone: string;
}

/** The moments of a schedule. */
export interface Moments {
  /** The first firing after a moment; null where none comes. */
  after(moment: number): number | null;
  /** The last firing up to a moment, that one included; null where there was none. */
  upTo(moment: number): number | null;
}

/** Words for a cron of 5 fields. */
const NICKNAME = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;

/** @throws {ValidationError} naming `cron`, `every` or `timezone` */
export function parseTiming(timing: string | { readonly every: Duration }, timezone: unknown): Timing {
  const zone = parseTimezone(timezone);
  if (typeof timing === "object" && timing !== null) {
    return { cron: null, every: parseDuration(timing.every, "every", LIMITS.every), timezone: zone };
  }
  return { cron: parseCron(timing), every: null, timezone: zone };
}

function parseCron(value: unknown): string {
  const cron = parseText(value, "cron").trim().replaceAll(/\s+/g, " ");
  const expected = 'a cron of 5 fields, or 6 with seconds first, that fires at times, such as "0 9 * * 1-5"';
  // The parser would take a date too.
  const isPattern = NICKNAME.test(cron) || /^(\S+ ){4,5}\S+$/.test(cron);
  if (!isPattern || !fires(cron)) throw new ValidationError("cron", expected, describe(value));
  return cron;
}

/** Whether it can be read, and has a day in 400 years: those of the calendar repeat then. */
function fires(cron: string): boolean {
  try {
    return parsed(cron, "UTC").nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

function parseTimezone(value: unknown): string {
  const valid = typeof value === "string" && /^[a-z]/i.test(value) && isKnown(value);
  if (!valid) {
    throw new ValidationError("timezone", 'an IANA time zone, such as "Europe/Paris"', describe(value));
  }
  return value;
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

/**
 * `no-wildcard`: hour, minute and second without `*`, `?` and step are fixed times, as in Vixie cron. Of these each fires once a
 * day: at the first moment after a gap of the wall clock that holds it, and at the first of the two where the clock is put back.
 */
function parsed(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, paused: true, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
}

/**
 * The moments of a timing that was parsed before.
 *
 * @param origin one of the firings: those of an interval are counted from it
 */
export function momentsOf({ cron, every, timezone }: Timing, origin: number): Moments {
  if (every !== null) {
    return {
      after: (moment) => origin + (Math.floor((moment - origin) / every) + 1) * every,
      upTo: (moment) => origin + Math.floor((moment - origin) / every) * every,
    };
  }
  const pattern = parsed(cron ?? "", timezone);
  return {
    after: (moment) => pattern.nextRun(new Date(moment))?.getTime() ?? null,
    upTo: (moment) => pattern.previousRuns(1, new Date(moment + 1))[0]?.getTime() ?? null,
  };
}

/** The first firing of a schedule that begins now. */
export function firstFiring(timing: Timing, now: number): number | null {
  return momentsOf(timing, now).after(now);
}

/** The firings that come, the next one first. */
export function listFirings(timing: Timing, nextAt: number | null, count: number): number[] {
  const firings: number[] = [];
  const moments = nextAt === null ? null : momentsOf(timing, nextAt);
  for (let at = nextAt; at !== null && firings.length < count; at = moments?.after(at) ?? null)
    firings.push(at);
  return firings;
}
