import fc from "fast-check";
import type { TestDatabase } from "../support/database.ts";
import { program } from "./programs/program.ts";
import { type Command, runProgram } from "./run.ts";

export interface Exploration {
  /** Decides the programs. */
  readonly seed: number;
  /** How many are run. */
  readonly programs: number;
  /** Takes the results. Defaults to the tasks' own database. */
  readonly results?: TestDatabase | undefined;
  /** True for a replica, whose plain reads lag behind the writes. Defaults to false. */
  readonly lags?: boolean | undefined;
}

/**
 * Runs random programs on the storage and on the model, one after the other on one database, which is emptied in between.
 *
 * @throws where they differ, with the shortest program found that shows it, to be pasted into a test
 * @example await explore(await openLibsql({ url: "file:model.db" }), { seed: 1, programs: 10_000 })
 */
export async function explore(
  database: TestDatabase,
  { seed, programs, results, lags }: Exploration,
): Promise<void> {
  const run = async (commands: readonly Command[]) => {
    // A libSQL file answers without a turn of the event loop, which the native client needs to free what it has used.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await Promise.all([database.clear(), results?.clear()]);
    await runProgram(commands, database.storage({ results: results?.driver }), lags);
  };
  const property = fc.asyncProperty(program, run);
  const { counterexample, errorInstance, numRuns } = await fc.check(property, { seed, numRuns: programs });
  if (counterexample === null) return;
  // What does not come again is told as it was seen: no program shows it.
  const fault = (await shorten(counterexample[0], run)) ?? `${errorInstance}`;
  throw new Error(
    `program ${numRuns} of MODEL_SEED=${seed} shows a difference; shortened, it is:\n\n${fault}\n`,
  );
}

/** Leaves out each command that the fault does not need: what fast-check shrank may hold some still. */
async function shorten(
  commands: readonly Command[],
  run: (commands: readonly Command[]) => Promise<void>,
): Promise<string | null> {
  const faultOf = async (program: readonly Command[]) => {
    try {
      await run(program);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  let program = commands;
  for (let at = commands.length - 1; at >= 0; at--) {
    const shorter = program.toSpliced(at, 1);
    if ((await faultOf(shorter)) !== null) program = shorter;
  }
  return faultOf(program);
}
