import { describe, expect, it } from "vitest";
import { check } from "./checker.ts";
import type { FinalState } from "./history.ts";
import { ended, finished, ID, type Story, state, story, task } from "./story.ts";

describe("the checker finds nothing in", () => {
  it.each<[string, Story, FinalState]>([
    ["a task that was run once", finished(), state([task()])],
    [
      "a task that failed and was retried",
      story().enqueued().claimed(1).ran(1, null).settled(1, "retry").claimed(2).ran(2).settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "a task whose worker died, was rescued and run again",
      story().enqueued().claimed(1).passed(200).rescued(1).claimed(2).ran(2).settled(2, "done"),
      state([task({ attempts: 2 })]),
    ],
    [
      "a claim whose worker never heard of it",
      story().enqueued().tried({ verb: "claim" }).passed(200).claimed(2).ran(2).settled(2, "done"),
      state([task({ attempts: 2 })]),
    ],
    [
      "a settlement that took effect and was not answered",
      story()
        .enqueued()
        .claimed(1)
        .tried({ verb: "settle", settlements: [ended(1, "retry")] })
        .claimed(2)
        .ran(2)
        .settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "a crash that counted, whose rescuer died before it could tell",
      story()
        .enqueued()
        .claimed(1)
        .passed(200)
        .tried({ verb: "rescue" })
        .claimed(2)
        .ran(2)
        .settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "a settlement that took effect, was sent again after the next claim and answered as lost",
      story()
        .enqueued()
        .claimed(1)
        .ran(1)
        .did({ verb: "settle", settlements: [ended(1, "snooze")] }, { verb: "settle", settled: [] })
        .claimed(2)
        .ran(2)
        .settled(2, "done"),
      state([task({ attempts: 2 })]),
    ],
    [
      "an enqueue that was not answered and took no effect",
      finished().tried({ verb: "enqueue", tasks: [{ id: "other", maxRetries: 0, mayMeet: false }] }, false),
      state([task()]),
    ],
    [
      "a task that was cancelled, retried by an operator and run",
      story().enqueued().changed("cancel").changed("retry").claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "a task that was cancelled, and retried by a call that was sent twice and refused for what the first send did",
      story()
        .enqueued()
        .changed("cancel")
        .tried({ verb: "retry", id: ID }, false)
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "a task that was cancelled and retried twice",
      story()
        .enqueued()
        .changed("cancel")
        .changed("retry")
        .changed("cancel")
        .changed("retry")
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "a task whose error ended it with retries left",
      story()
        .enqueued()
        .claimed(1)
        .ran(1, null)
        .settled(1, "fail", { retryable: false, error: "NonRetryable" }),
      state([task({ status: "FAILED", failures: 1 })]),
    ],
    [
      "a task that waits for its time",
      story().enqueued(),
      state([task({ status: "PENDING", eta: 2_000_000 })]),
    ],
    [
      "a task that met another by its unique key",
      finished().did(
        { verb: "enqueue", tasks: [{ id: "other", maxRetries: 1, mayMeet: true }] },
        { verb: "enqueue", receipts: [{ id: ID, duplicate: true }] },
      ),
      state([task()]),
    ],
    [
      "an enqueue that was not answered, and answered when it came again",
      story()
        .tried({ verb: "enqueue", tasks: [{ id: ID, maxRetries: 1, mayMeet: false }] }, false)
        .enqueued()
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "an interval task that was cancelled after two successes",
      finished().claimed(2).ran(2).settled(2, "done").changed("cancel"),
      state(
        [task({ status: "CANCELLED", interval: 100, attempts: 2 })],
        [{ id: ID, attempts: 2, status: "SUCCESS", result: '"done"' }],
      ),
    ],
    [
      "a queue that was paused and resumed",
      story()
        .enqueued()
        .configured({ paused: true })
        .configured({ paused: false })
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "a queue at its concurrency",
      story().enqueued().configured({ concurrency: 1 }).claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
  ])("%s", (_, { events }, end) => {
    expect(check(events, end)).toEqual([]);
  });
});
