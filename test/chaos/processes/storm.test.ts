import { afterAll, describe, expect, it } from "vitest";
import { openFile, openServer, type ProcessDatabase } from "./databases.ts";
import { canMount } from "./disk.ts";
import { storm } from "./storm.ts";

const OPEN: readonly (readonly [name: string, open: () => Promise<ProcessDatabase>])[] = [
  [
    `one libSQL file${(await canMount()) ? "" : " (whose disk is never full: none can be mounted here)"}`,
    openFile,
  ],
  ["one libSQL server, which has a replica", openServer],
];

describe.each(OPEN)("four runners over %s, killed, suspended and wrong about the time", (_, open) => {
  let database: ProcessDatabase | undefined;
  afterAll(() => database?.close());

  it("keep every promise", { timeout: 660_000 }, async () => {
    database = await open();
    const { end, faults, violations } = await storm({
      seed: 20_261_125,
      tasks: 600,
      workers: 4,
      database,
    });
    expect(violations).toEqual([]);
    expect(end.tasks.length).toBeGreaterThan(450);
    expect([...faults.keys()]).toEqual(expect.arrayContaining(database.faults.map(({ name }) => name)));
  });
});
