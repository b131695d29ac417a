import { expect, it } from "vitest";
import type { ClaimedTask } from "../../../src/core/task.ts";
import { after, lostReply } from "../../support/faulty.ts";
import { json, taskError } from "../../support/tasks.ts";
import { type Context, NOW } from "./context.ts";

/** What operators do takes the results in the second database with it. */
export function describeOperations(context: Context): void {
  const fail = (claim: ClaimedTask) => context.other().markFailed(claim, taskError(), "final", NOW);
  const results = async () => (await context.onFile()).results;

  it("a bulk retry deletes the old results in the second database, and leaves those of others", async () => {
    const claim = await context.claim();
    await fail(claim);
    const done = await context.claim();
    await context.other().markDone(done, json(1), NOW);
    const report = await context.storage.bulk.changePage(
      { status: "FAILED" },
      { action: "retry" },
      null,
      NOW + 1,
    );
    expect(report).toMatchObject({ changed: 1, skipped: 0 });
    expect(await results()).toMatchObject([{ task_id: done.id }]);
  });

  it("a bulk delete takes the results in the second database, also where a reply is lost", async () => {
    await fail(await context.claim());
    await context.other().markDone(await context.claim(), json(1), NOW);
    context.resultsTap.disturb("other", lostReply);
    const report = await context.storage.bulk.changePage({}, { action: "delete" }, null, NOW + 1);
    expect(report).toMatchObject({ changed: 2, skipped: 0 });
    expect(await results()).toEqual([]);
    expect(await context.tasks.sql("SELECT id FROM tasks")).toEqual([]);
  });

  it("a task that ran again between the look and the write is left alone, with its later result", async () => {
    const claim = await context.claim();
    await fail(claim);
    context.resultsTap.disturb(
      "other",
      after(async () => {
        await context.other().retry(claim.id, NOW + 1);
        const again = await context.claimAgain(NOW + 1);
        await context.other().markDone(again, json("later"), NOW + 2);
      }),
    );
    const report = await context.storage.bulk.changePage({}, { action: "delete" }, null, NOW + 3);
    expect(report).toMatchObject({ changed: 0, skipped: 1 });
    expect(await context.other().getResult(claim.id)).toMatchObject({ result: "later", attempts: 2 });
  });

  it("delete takes the result in the second database, and leaves that of a task that it refuses", async () => {
    const done = await context.claim();
    await context.other().markDone(done, json(1), NOW);
    const interval = await context.claim({ interval: 60_000 });
    await context.other().markDone(interval, json(2), NOW);
    await context.storage.operators.delete(done.id);
    await expect(context.storage.operators.delete(interval.id)).rejects.toMatchObject({
      code: "wrong_status",
    });
    expect(await results()).toMatchObject([{ task_id: interval.id }]);
  });
}
