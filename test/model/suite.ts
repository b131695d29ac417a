import { it } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { explore } from "./explore.ts";

/** What the environment may say. */
export interface Variables {
  /** Defaults to the same for every run. */
  readonly MODEL_SEED?: string | undefined;
  /** Defaults to what fits in a few seconds. */
  readonly MODEL_PROGRAMS?: string | undefined;
}

const SEED = 20_261_124;
/** Most milliseconds that one program takes, on the slowest database of a busy machine. */
const PATIENCE = 2_000;
/** To find the shortest program that shows a difference. */
const SHRINKING = 600_000;

export interface Place {
  readonly open: () => Promise<TestDatabase>;
  /** A second database, which takes the results. */
  readonly openResults?: () => Promise<TestDatabase>;
  /** True for a replica, whose reads lag behind the writes. Defaults to false. */
  readonly lags?: boolean;
  /** How many programs run where the environment does not say. */
  readonly programs: number;
}

/**
 * Random programs, which the storage on a database must answer as the model does.
 *
 * @example MODEL_SEED=1 MODEL_PROGRAMS=10000 npx vitest run test/model
 */
export function itFollowsTheModel(
  name: string,
  { open, openResults, lags, programs: usual }: Place,
  { MODEL_SEED = `${SEED}`, MODEL_PROGRAMS = `${usual}` }: Variables,
): void {
  const [seed, programs] = [Number(MODEL_SEED), Number(MODEL_PROGRAMS)];
  it(`${name} answers any program as the specification says: ${programs} of them`, {
    timeout: SHRINKING + programs * PATIENCE,
  }, async () => {
    await explore(await open(), { seed, programs, lags, results: await openResults?.() });
  });
}
