import { describe, expect, it } from "vitest";
import { replay } from "./replay.ts";

describe("dead letters that are replayed over HTTP, with a runner beside the server", () => {
  it("all run once, in bounded calls, taken up again by the cursor, while other tasks go on", async () => {
    const { calls, others, tasks, results } = await replay(20_000, 2);
    const report = { changed: 5_000, skipped: 0, examined: 5_000, cursor: expect.any(String) };
    const end = { changed: 0, skipped: 0, examined: 0, cursor: null };
    expect(calls).toEqual([report, report, report, report, end]);
    expect(tasks).toEqual([
      { status: "SUCCESS", attempts: 1, count: others.length },
      { status: "SUCCESS", attempts: 2, count: 20_000 },
    ]);
    expect(results).toBe(20_000 + others.length);
  }, 120_000);
});
