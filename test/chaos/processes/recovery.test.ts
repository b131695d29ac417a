import { describe, expect, it } from "vitest";
import { story } from "../story.ts";
import { judgeRecovery, measureRecovery } from "./recovery.ts";

const LEASE = 2_000;

describe("work goes on within one lease of the last fault", () => {
  /** A task is started so many milliseconds after the last fault. */
  const judge = (milliseconds: number) => {
    const told = story().enqueued().claimed(1);
    const calmAt = told.events.at(-1)?.at ?? 0;
    const { events } = told.passed(milliseconds - 1).ran(1);
    return judgeRecovery(measureRecovery(events, calmAt), LEASE);
  };

  it("holds where a task is started in time", () => {
    expect(judge(LEASE)).toEqual([]);
  });

  it("is broken where one is started later", () => {
    expect(judge(LEASE + 1)).toMatchObject([{ rule: "work goes on within one lease of the last fault" }]);
  });

  it("is broken where none is started any more, whatever was before", () => {
    const { events } = story().enqueued().claimed(1).ran(1).settled(1, "done");
    expect(judgeRecovery(measureRecovery(events, 1_000_000), LEASE)).toHaveLength(1);
  });
});
