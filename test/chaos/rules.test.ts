import { describe, expect, it } from "vitest";
import { check, RULES } from "./checker.ts";
import type { FinalState } from "./history.ts";
import { BROKEN } from "./rules/broken.ts";
import { finished, ID, type Story, state, story, task } from "./story.ts";

function rulesBroken({ events }: Story, end: FinalState): string[] {
  return [...new Set(check(events, end).map(({ rule }) => rule))];
}

describe("the checker finds broken that", () => {
  const cases: readonly [rule: string, how: string, Story, FinalState][] = [
    ["every acknowledged enqueue exists", "a task is gone", story().enqueued(), state([])],
    [
      "a receipt names the task that was asked for",
      "it names another",
      finished().did(
        { verb: "enqueue", tasks: [{ id: "other", maxRetries: 1, mayMeet: false }] },
        { verb: "enqueue", receipts: [{ id: ID, duplicate: true }] },
      ),
      state([task()]),
    ],
    [
      "a batch is all or nothing",
      "half of one is there",
      story().tried({
        verb: "enqueue",
        tasks: [ID, "task 2"].map((id) => ({ id, maxRetries: 1, mayMeet: false })),
      }),
      state([task({ status: "PENDING", eta: 2_000_000 })]),
    ],
    [
      "every task is final or still due",
      "one is left RUNNING",
      story().enqueued().claimed(1),
      state([task({ status: "RUNNING", leaseExpiresAt: 5_000 })]),
    ],
    [
      "every task is final or still due",
      "one is due and nobody runs it",
      story().enqueued(),
      state([task({ status: "RETRYING", attempts: 0 })]),
    ],
    ["an interval task never ends in a success", "one does", finished(), state([task({ interval: 100 })])],
    [
      "no task is under two live leases",
      "one is claimed while another holds it",
      finished().claimed(2).claimed(3).ran(3).settled(3, "done"),
      state([task({ attempts: 3 })]),
    ],
    [
      "no task is under two live leases",
      "two claims are given the same attempt",
      story().enqueued().claimed(1).claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "attempts only rise",
      "a later claim has a smaller attempt",
      story().enqueued().claimed(2).ran(2).settled(2, "retry").claimed(1).ran(1).settled(1, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "attempts only rise",
      "the task has fewer attempts than were claimed",
      story().enqueued().claimed(2).ran(2).settled(2, "done"),
      state([task({ attempts: 1 })]),
    ],
    [
      "a handler runs only under a claim of its own",
      "one starts unclaimed",
      finished().ran(2),
      state([task()]),
    ],
    [
      "an attempt is started once",
      "one runs twice",
      story().enqueued().claimed(1).ran(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "a stale worker's acknowledgement changes nothing",
      "one is taken after a later claim",
      story().enqueued().claimed(1).passed(200).rescued(1).claimed(2).settled(1, "done").ran(2),
      state([task({ attempts: 2 })]),
    ],
    [
      "a stale worker's acknowledgement changes nothing",
      "an attempt is ended twice",
      story().enqueued().claimed(1).ran(1).settled(1, "done").settled(1, "retry"),
      state([task()]),
    ],
    [
      "the result on file is the last acknowledged attempt's",
      "a SUCCESS has none",
      finished(),
      state([task()], []),
    ],
    [
      "the result on file is the last acknowledged attempt's",
      "it is another attempt's",
      story().enqueued().claimed(1).ran(1).settled(1, "retry").claimed(2).ran(2).settled(2, "done"),
      state(
        [task({ attempts: 2, failures: 1 })],
        [{ id: ID, attempts: 1, status: "SUCCESS", result: '"done"' }],
      ),
    ],
    [
      "the result on file is the last acknowledged attempt's",
      "it is not what the handler returned",
      story().enqueued().claimed(1).ran(1, '"other"').settled(1, "done"),
      state([task()]),
    ],
    [
      "an acknowledged success stays",
      "the task waits again",
      finished(),
      state([task({ status: "PENDING", eta: 2_000_000 })]),
    ],
    [
      "an acknowledged success stays",
      "the task waits again after an operator was refused",
      finished().tried({ verb: "cancel", id: ID }, true),
      state([task({ status: "PENDING", eta: 2_000_000 })]),
    ],
    [
      "an acknowledged success stays",
      "the task is cancelled after all",
      finished().changed("cancel"),
      state([task({ status: "CANCELLED" })]),
    ],
    [
      "a cancelled task is never started again",
      "one is claimed",
      story().enqueued().changed("cancel").claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "a cancelled task is never started again",
      "one is claimed that was retried before the cancel",
      story()
        .enqueued()
        .changed("cancel")
        .changed("retry")
        .changed("cancel")
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "a cancelled task is never started again",
      "one is claimed whose retry was refused",
      story()
        .enqueued()
        .changed("cancel")
        .tried({ verb: "retry", id: ID }, true)
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    [
      "a cancelled task is never started again",
      "one is claimed while its retry is not asked for yet",
      story().enqueued().changed("cancel").claimed(1).changed("retry").ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "no failure budget is exceeded",
      "a task has failed too often",
      story().enqueued(),
      state([task({ status: "FAILED", failures: 3 })]),
    ],
    [
      "no failure budget is exceeded",
      "a task has more failures than may be",
      story().enqueued().claimed(1).ran(1, null).settled(1, "snooze").claimed(2).ran(2).settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "no failure budget is exceeded",
      "a task is FAILED with retries left",
      story().enqueued().claimed(1).ran(1, null).settled(1, "fail"),
      state([task({ status: "FAILED", failures: 1 })]),
    ],
    [
      "no failure budget is exceeded",
      "a task is FAILED with retries left, since its error ended an attempt before",
      story()
        .enqueued()
        .claimed(1)
        .ran(1, null)
        .settled(1, "fail", { retryable: false })
        .changed("retry")
        .claimed(2)
        .ran(2, null)
        .settled(2, "fail"),
      state([task({ status: "FAILED", attempts: 2, failures: 1 })]),
    ],
    [
      "no failure budget is exceeded",
      "a task has more failures than may be, after an operator was refused",
      story()
        .enqueued()
        .tried({ verb: "retry", id: ID }, true)
        .claimed(1)
        .ran(1, null)
        .settled(1, "snooze")
        .claimed(2)
        .ran(2)
        .settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "no task pays for the database's fault",
      "one is FAILED by a refusal of the database",
      story().enqueued().claimed(1).ran(1).settled(1, "fail", { retryable: false, error: "StorageRejected" }),
      state([task({ status: "FAILED", failures: 1 })]),
    ],
    [
      "no task pays for the database's fault",
      "one is run again for an outage of it",
      story()
        .enqueued()
        .claimed(1)
        .ran(1, null)
        .settled(1, "retry", { error: "StorageUnavailable" })
        .claimed(2)
        .ran(2)
        .settled(2, "done"),
      state([task({ attempts: 2, failures: 1 })]),
    ],
    [
      "a queue's concurrency is never exceeded",
      "two of one run at once",
      story().enqueued([ID, "task 2"]).configured({ concurrency: 1 }).claimed(1).claimed(1, { id: "task 2" }),
      state([task({ status: "CANCELLED" }), task({ id: "task 2", status: "CANCELLED" })]),
    ],
    [
      "a paused queue starts nothing",
      "one is claimed",
      story().enqueued().configured({ paused: true }).claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
    [
      "a paused queue starts nothing",
      "one is claimed after another setting of it",
      story()
        .enqueued()
        .configured({ paused: true })
        .configured({ concurrency: 1 })
        .claimed(1)
        .ran(1)
        .settled(1, "done"),
      state([task()]),
    ],
    ...BROKEN,
  ];

  it.each(cases)("%s: %s", (rule, _, told, end) => {
    expect(rulesBroken(told, end)).toContain(rule);
  });

  it("has a history that breaks each rule", () => {
    expect(new Set(cases.map(([rule]) => rule))).toEqual(new Set(RULES));
  });
});
