import { afterAll, describe, expect, it } from "vitest";
import { check } from "./checker.ts";
import { type OpenedDatabase, openFile, openReplica, openServer, openTwoFiles } from "./databases.ts";
import { simulate } from "./simulation.ts";

const OPEN: readonly (readonly [name: string, open: () => Promise<OpenedDatabase>])[] = [
  ["a libSQL file", openFile],
  ["a libSQL file, its results in another,", openTwoFiles],
  ["a libSQL server", openServer],
  ["a libSQL server through a read replica", openReplica],
];

describe.each(OPEN)("three workers, a producer and an operator on %s that fails them", (_, open) => {
  let database: OpenedDatabase | undefined;
  afterAll(() => database?.close());

  it("keep every promise", { timeout: 120_000 }, async () => {
    database = await open();
    const simulated = await simulate({ seed: 20_261_124, tasks: 600, workers: 3, database });
    expect(check(simulated.history, simulated.end)).toEqual([]);
    expect(simulated.end.tasks.length).toBeGreaterThan(500);
    expect(simulated.faults.size).toBeGreaterThan(5);
  });
});
