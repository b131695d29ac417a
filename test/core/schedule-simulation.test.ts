import { afterAll, describe, it } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { simulateTicks } from "./schedule-simulation.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describe("fifty schedules over a day, by two Workers whose ticks are lost, late and doubled", () => {
  it("each firing is made exactly once under all, and as the policy says under the others", async () => {
    await simulateTicks(await openLibsql({ url: `file:${folder.path}/queue.db` }), 25, 1);
  }, 120_000);
});
