import { afterAll, describe, expect, it } from "vitest";
import { check } from "./checker.ts";
import { type ChaosDatabase, openFile } from "./databases.ts";
import { readFinalState } from "./final-state.ts";
import { PLANTS, planted } from "./plants.ts";
import { simulate } from "./simulation.ts";

describe.concurrent("the chaos finds a bug that was planted:", () => {
  const opened: ChaosDatabase[] = [];
  afterAll(async () => {
    for (const { close } of opened) await close();
  });

  it.each(PLANTS)("$name", { timeout: 120_000 }, async (plant) => {
    const target = await openFile();
    opened.push(target);
    const { history, end } = await simulate({
      seed: 7,
      tasks: 400,
      workers: 3,
      faults: target.faults,
      rate: 0.15,
      connect: (chaos) => planted(target.connect(chaos), plant),
      readState: (at) => readFinalState(target.database, at),
    });
    expect(check(history, end).map(({ rule }) => rule)).toContain(plant.breaks);
  });
});
