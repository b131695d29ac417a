import { type Database, median } from "./figures.ts";
import type { Step, StepAnswer } from "./steps.ts";

/** Rows that D1 billed. */
export interface Rows {
  read: number;
  written: number;
}

export interface TimedStep extends StepAnswer {
  readonly milliseconds: number;
  /** Absent where the database does not count. */
  readonly rows?: Rows;
}

/** A database under measurement. */
export interface Target {
  readonly name: Database;
  /** Runs one step there. It is timed here: in workerd the clock stands still while the Worker computes. */
  step(step: Step): Promise<TimedStep>;
  close(): Promise<void>;
}

export interface Comparison {
  /** Median milliseconds of the engine, and of its floor. */
  readonly engine: number;
  readonly floor: number;
  /** Median of what each round's floor took of its engine's time: a noisy machine slows both. */
  readonly ratio: number;
  readonly last: TimedStep;
}

/**
 * Measures a step and then its floor, by turns, in rounds.
 *
 * @param rounds beside a first one, which only warms up
 * @param prepare brings the database into the state that both begin with
 */
export async function compare(
  target: Target,
  rounds: number,
  prepare: () => Promise<unknown>,
  step: Step,
): Promise<Comparison> {
  const times: { engine: number; floor: number }[] = [];
  let last: TimedStep | undefined;
  for (let round = 0; round <= rounds; round++) {
    await prepare();
    last = await target.step(step);
    await prepare();
    const floor = await target.step({ do: "floor" });
    if (round > 0) times.push({ engine: last.milliseconds, floor: floor.milliseconds });
  }
  if (last === undefined) throw new RangeError("expected at least one round");
  return {
    engine: median(times.map(({ engine }) => engine)),
    floor: median(times.map(({ floor }) => floor)),
    ratio: median(times.map(({ engine, floor }) => floor / engine)),
    last,
  };
}
