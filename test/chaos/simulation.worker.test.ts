import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { d1Driver } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { chaoticBinding } from "./binding.ts";
import { check } from "./checker.ts";
import { type Chaos, D1_FAULTS } from "./faults.ts";
import { simulate } from "./simulation.ts";

it("three workers, a producer and an operator on D1 that fails them keep every promise", async () => {
  const database = {
    faults: D1_FAULTS,
    connect: (chaos: Chaos) => d1Driver(chaoticBinding(env.DB, chaos)),
    database: await openD1(),
  };
  const simulated = await simulate({ seed: 20_261_124, tasks: 600, workers: 3, database });
  expect(check(simulated.history, simulated.end)).toEqual([]);
  expect(simulated.end.tasks.length).toBeGreaterThan(500);
  expect(simulated.faults.size).toBeGreaterThan(5);
}, 120_000);
