import { describe, it } from "vitest";
import { openD1 } from "../support/d1.ts";
import { simulateTicks } from "./schedule-simulation.ts";

describe("fifty schedules over five hours on D1, by two Workers whose ticks are lost, late and doubled", () => {
  it("each firing is made exactly once under all, and as the policy says under the others", async () => {
    await simulateTicks(await openD1(), 5, 2);
  }, 120_000);
});
