import { afterAll, describe, expect, it } from "vitest";
import { check } from "./checker.ts";
import { type ChaosDatabase, openFile, openReplica, openServer } from "./databases.ts";
import { readFinalState } from "./final-state.ts";
import { simulate } from "./simulation.ts";

const OPEN: readonly (readonly [name: string, open: () => Promise<ChaosDatabase>])[] = [
  ["a libSQL file", openFile],
  ["a libSQL server", openServer],
  ["a libSQL server through a read replica", openReplica],
];

describe.each(OPEN)("three workers, a producer and an operator on %s that fails them", (_, open) => {
  let opened: ChaosDatabase | undefined;
  afterAll(() => opened?.close());

  it("keep every promise", { timeout: 120_000 }, async () => {
    opened = await open();
    const { database, connect, faults } = opened;
    const simulated = await simulate({
      seed: 20_261_124,
      tasks: 600,
      workers: 3,
      faults,
      rate: 0.15,
      connect,
      readState: (at) => readFinalState(database, at),
    });
    expect(check(simulated.history, simulated.end)).toEqual([]);
    expect(simulated.end.tasks.length).toBeGreaterThan(500);
    expect(simulated.faults.size).toBeGreaterThan(5);
  });
});
