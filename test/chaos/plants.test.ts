import { describe, expect, it } from "vitest";
import { comeBackLate } from "./accident.ts";
import { check, type Violation } from "./checker.ts";
import { openFile } from "./databases.ts";
import { readFinalState } from "./final-state.ts";
import { MISSING_FENCE, PLANTS, type Plant, planted } from "./plants.ts";
import { simulate } from "./simulation.ts";

async function violationsOf(plant: Plant, seed: number): Promise<readonly Violation[]> {
  const { connect, faults, database, close } = await openFile();
  const { history, end } = await simulate({
    seed,
    tasks: 300,
    workers: 3,
    faults,
    rate: 0.15,
    connect: (chaos) => planted(connect(chaos), plant),
    readState: (at) => readFinalState(database, at),
  });
  await close();
  return check(history, end);
}

describe.concurrent("the chaos finds a bug that was planted:", () => {
  it.each(PLANTS)("$name", { timeout: 240_000 }, async (plant) => {
    // Some need an accident that not every run has.
    for (const seed of [1, 2, 3, 4, 5, 6]) if ((await violationsOf(plant, seed)).length > 0) return;
    expect.fail("six runs have not found it");
  });
});

describe("a worker that comes back while another runs its task", () => {
  const violationsWith = async (plant?: Plant) => {
    const { database, close } = await openFile();
    const { driver } = database;
    const { history, now } = await comeBackLate(plant === undefined ? driver : planted(driver, plant));
    const end = await readFinalState(database, now);
    await close();
    return check(history, end);
  };

  it("changes nothing", async () => {
    expect(await violationsWith()).toEqual([]);
  });

  it(`is found out where ${MISSING_FENCE.name}`, async () => {
    expect(await violationsWith(MISSING_FENCE)).not.toEqual([]);
  });
});
