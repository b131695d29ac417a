import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Driver } from "../../src/storage/driver.ts";
import { check } from "./checker.ts";
import { openFile, openTwoFiles } from "./databases.ts";
import { readFinalState } from "./final-state.ts";
import type { Plant } from "./plant.ts";
import { ACTED, PLANTS, planted, plantedDatabase } from "./plants.ts";
import { simulate } from "./simulation.ts";

const RELIABILITY = new URL("../../docs/explanation/reliability.md", import.meta.url);

async function rulesBroken(plant: Plant, seed: number): Promise<string[]> {
  const opened = await (plant.secondDatabase ? openTwoFiles : openFile)();
  const database = plantedDatabase(opened, plant);
  const { history, end } = await simulate({ seed, tasks: 300, workers: 3, database });
  await opened.close();
  return check(history, end).map(({ rule }) => rule);
}

describe.concurrent("the chaos finds a bug that was planted:", () => {
  it.each(PLANTS)("$name", { timeout: 400_000 }, async (plant) => {
    const broken = new Set<string>();
    // Some need an accident that not every run has.
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      for (const rule of await rulesBroken(plant, seed)) broken.add(rule);
      if (plant.rules.every((rule) => broken.has(rule))) break;
    }
    expect([...broken]).toEqual(expect.arrayContaining([...plant.rules]));
  });
});

describe.each(ACTED)("the accident in which it shows that $name", ({ accident, ...plant }) => {
  const rulesBrokenBy = async (wrap: (driver: Driver) => Driver) => {
    const { database, close } = await openFile();
    const { history, now } = await accident(wrap(database.driver));
    const end = await readFinalState(now, database);
    await close();
    return check(history, end).map(({ rule }) => rule);
  };

  it("breaks no rule where that is not so", async () => {
    expect(await rulesBrokenBy((driver) => driver)).toEqual([]);
  });

  it("is found out", async () => {
    const broken = await rulesBrokenBy((driver) => planted(driver, plant));
    expect(broken).toEqual(expect.arrayContaining([...plant.rules]));
  });
});

it("docs/explanation/reliability.md lists the planted bugs, and what each is found as", async () => {
  const rows = [...PLANTS, ...ACTED].map(({ name, rules }) => `| ${name} | ${rules.join("; ")} |\n`);
  const table = `| planted | found as |\n| --- | --- |\n${rows.join("")}\n`;
  expect(await readFile(RELIABILITY, "utf8")).toContain(table);
});
