import { CATCH_UPS, type CatchUp } from "./catch-ups.ts";
import { describe } from "./describe.ts";
import { parseDuration, parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS } from "./options.ts";
import type { ScheduleSettings, ScheduleTiming, ScheduleUnique } from "./schedule.ts";
import { parseTiming, type Timing } from "./timing.ts";
import { parseUnique } from "./unique.ts";

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

/**
 * What else a unique may say is refused: the payload of all its firings is one, and a firing that meets another task is left out.
 *
 * @throws {ValidationError}
 */
export function parseScheduleUnique(unique: ScheduleUnique | undefined): ScheduleUnique | undefined {
  if (unique === undefined) return undefined;
  const parsed = parseUnique(unique);
  for (const [field, value] of Object.entries(unique)) {
    if (field === "while" || value === undefined) continue;
    throw new ValidationError(`unique.${field}`, "absent in a schedule", describe(value));
  }
  return { while: parsed.while };
}
