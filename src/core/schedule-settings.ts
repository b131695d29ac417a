import { CATCH_UPS, type CatchUp } from "./catch-ups.ts";
import { describe } from "./describe.ts";
import { parseDuration, parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS } from "./options.ts";
import type { ScheduleSettings, ScheduleTiming } from "./schedule.ts";
import { parseTiming, type Timing } from "./timing.ts";

/** When a schedule fires, every default applied. */
export interface ParsedScheduleSettings extends Timing {
  readonly catchUp: CatchUp;
  readonly catchUpLimit: number;
  readonly jitter: number;
}

/** @throws {ValidationError} */
export function parseScheduleSettings(
  timing: ScheduleTiming,
  { timezone = "UTC", catchUp = "last", catchUpLimit = 100, jitter = 0 }: ScheduleSettings,
): ParsedScheduleSettings {
  return {
    ...parseTiming(timing, timezone),
    catchUp: parseCatchUp(catchUp),
    catchUpLimit: parseInteger(catchUpLimit, "catchUpLimit", LIMITS.catchUpLimit),
    jitter: parseDuration(jitter, "jitter", LIMITS.jitter),
  };
}

function parseCatchUp(value: unknown): CatchUp {
  const known = CATCH_UPS.find((policy) => policy === value);
  if (known === undefined) throw new ValidationError("catchUp", CATCH_UPS.join(" or "), describe(value));
  return known;
}
