import { describe, expect, it } from "vitest";
import { check, RULES } from "./checker.ts";
import type { FinalState, FinalTask } from "./history.ts";
import { ID, Story } from "./story.ts";

const story = () => new Story();

/** A story of one task that was claimed, run and settled once. */
const finished = () => story().enqueued().claimed(1).ran(1).settled(1, "done");

function task(overrides: Partial<FinalTask> = {}): FinalTask {
  return {
    id: ID,
    queue: "default",
    status: "SUCCESS",
    eta: 0,
    interval: null,
    attempts: 1,
    failures: 0,
    maxRetries: 1,
    leaseExpiresAt: null,
    ...overrides,
  };
}

function state(tasks: FinalTask[], results = tasks.map(resultOf)): FinalState {
  return { at: 1_000_000, tasks, results: results.flatMap((result) => result ?? []) };
}

function resultOf({ id, attempts, status }: FinalTask) {
  if (status !== "SUCCESS" && status !== "FAILED") return undefined;
  return { id, attempts, status, result: status === "SUCCESS" ? '"done"' : null };
}

function rulesBroken({ events }: Story, end: FinalState): string[] {
  return [...new Set(check(events, end).map(({ rule }) => rule))];
}

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
        .tried({
          verb: "settle",
          settlements: [{ id: ID, attempts: 1, kind: "retry", counted: false, retryable: true }],
        })
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
        .did(
          {
            verb: "settle",
            settlements: [{ id: ID, attempts: 1, kind: "snooze", counted: false, retryable: true }],
          },
          { verb: "settle", settled: [] },
        )
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
      "a task that waits for its time",
      story().enqueued(),
      state([task({ status: "PENDING", eta: 2_000_000 })]),
    ],
    [
      "a queue at its concurrency",
      story().enqueued().limited(1).claimed(1).ran(1).settled(1, "done"),
      state([task()]),
    ],
  ])("%s", (_, { events }, end) => {
    expect(check(events, end)).toEqual([]);
  });
});

describe("the checker finds broken that", () => {
  const cases: readonly [rule: string, how: string, Story, FinalState][] = [
    ["every acknowledged enqueue exists", "a task is gone", story().enqueued(), state([])],
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
      "a cancelled task is never started again",
      "one is claimed",
      story().enqueued().changed("cancel").claimed(1).ran(1).settled(1, "done"),
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
      "a queue's concurrency is never exceeded",
      "two of one run at once",
      story().enqueued([ID, "task 2"]).limited(1).claimed(1).claimed(1, { id: "task 2" }),
      state([task({ status: "CANCELLED" }), task({ id: "task 2", status: "CANCELLED" })]),
    ],
  ];

  it.each(cases)("%s: %s", (rule, _, told, end) => {
    expect(rulesBroken(told, end)).toContain(rule);
  });

  it("has a history that breaks each rule", () => {
    expect(new Set(cases.map(([rule]) => rule))).toEqual(new Set(RULES));
  });
});
