import { describe, expect, it } from "vitest";
import { type Outcome, type Running, rescue, settle } from "../../src/core/transitions.ts";
import { json, NOW, taskError } from "../support/tasks.ts";

const CLAIM = { id: "01936f3e-7d00-7abc-8def-0123456789ab", attempts: 4, claimToken: "token" };
const backoff = (failures: number) => failures * 1_000;

function running(overrides: Partial<Running> = {}): Running {
  return { ...CLAIM, failures: 0, maxRetries: 3, quarantined: false, ...overrides };
}

const error = taskError();
const final = taskError({ retryable: false });

/** The end of an attempt, and what it changes: the table of the specification. */
const table: readonly [name: string, task: Running, outcome: Outcome, change: object | null][] = [
  ["success", running(), { kind: "success", result: json({ n: 1 }) }, { kind: "done", result: '{"n":1}' }],
  [
    "success after failures",
    running({ failures: 3 }),
    { kind: "success", result: json(null) },
    { kind: "done", result: "null" },
  ],
  [
    "the first failure",
    running(),
    { kind: "failure", error },
    { kind: "retry", error, retryAt: NOW + 1_000 },
  ],
  [
    "the last failure that is retried",
    running({ failures: 2 }),
    { kind: "failure", error },
    { kind: "retry", error, retryAt: NOW + 3_000 },
  ],
  [
    "a failure with the retries spent",
    running({ failures: 3 }),
    { kind: "failure", error },
    { kind: "fail", error },
  ],
  [
    "a failure with maxRetries 0",
    running({ maxRetries: 0 }),
    { kind: "failure", error },
    { kind: "fail", error },
  ],
  [
    "an error that is not retryable",
    running(),
    { kind: "failure", error: final },
    { kind: "fail", error: final },
  ],
  [
    "a failure in quarantine",
    running({ quarantined: true }),
    { kind: "failure", error },
    { kind: "retry", error, retryAt: NOW + 1_000 },
  ],
  [
    "a failure for want of queries",
    running({ failures: 3 }),
    { kind: "starved", error },
    { kind: "quarantine", error, counted: false, retryAt: NOW },
  ],
  [
    "an error that is not retryable, for want of queries",
    running(),
    { kind: "starved", error: final },
    { kind: "fail", error: final },
  ],
  ["a snooze", running(), { kind: "snooze", until: NOW + 5 }, { kind: "snooze", until: NOW + 5 }],
  [
    "a snooze with the retries spent",
    running({ failures: 3 }),
    { kind: "snooze", until: NOW },
    { kind: "snooze", until: NOW },
  ],
  ["a release", running(), { kind: "release" }, { kind: "release", until: undefined }],
  [
    "a release for a time",
    running({ quarantined: true }),
    { kind: "release", until: NOW + 60_000 },
    { kind: "release", until: NOW + 60_000 },
  ],
  ["a lost lease", running(), { kind: "lost" }, null],
];

describe("settle", () => {
  for (const [name, task, outcome, change] of table) {
    it(`${name}: ${change === null ? "nothing may be written" : JSON.stringify(change)}`, () => {
      const settlement = settle(task, outcome, NOW, backoff);
      expect(settlement).toEqual(change === null ? null : { ...CLAIM, ...change });
    });
  }

  it("max_retries = N means up to N + 1 runs", () => {
    for (const maxRetries of [0, 1, 5]) {
      let runs = 0;
      let kind: string | undefined;
      while (kind !== "fail") {
        const failures = runs;
        kind = settle(running({ failures, maxRetries }), { kind: "failure", error }, NOW, backoff)?.kind;
        runs += 1;
      }
      expect(runs).toBe(maxRetries + 1);
    }
  });

  it("carries the fencing token, and nothing else of the task", () => {
    const settlement = settle(running(), { kind: "release" }, NOW, backoff);
    expect(Object.keys(settlement ?? {}).sort()).toEqual(["attempts", "claimToken", "id", "kind", "until"]);
  });
});

describe("rescue", () => {
  const rescued = (overrides: Partial<Running>) => rescue(running(overrides), NOW, backoff);
  const expired = { type: "LeaseExpiredError", at: NOW, attempt: 4 };

  it("the first time quarantines at once and counts nothing: the crash may have been another's", () => {
    expect(rescued({})).toMatchObject({
      ...CLAIM,
      kind: "quarantine",
      counted: false,
      retryAt: NOW,
      error: { ...expired, retryable: true },
    });
  });

  it("the first time counts nothing even with all retries but the last spent", () => {
    expect(rescued({ failures: 3 })).toMatchObject({ kind: "quarantine", counted: false, retryAt: NOW });
  });

  it("of a task in quarantine counts as a failure, with its backoff", () => {
    expect(rescued({ quarantined: true, failures: 1 })).toMatchObject({
      kind: "quarantine",
      counted: true,
      retryAt: NOW + 2_000,
      error: { ...expired, retryable: true },
    });
  });

  it("of a task in quarantine with its retries spent fails it", () => {
    expect(rescued({ quarantined: true, failures: 3 })).toMatchObject({
      kind: "fail",
      error: { ...expired, retryable: false },
    });
  });

  it("with maxRetries = 0 quarantines it the first time, as any other, and fails it the second time", () => {
    expect(rescued({ maxRetries: 0 })).toMatchObject({
      kind: "quarantine",
      counted: false,
      retryAt: NOW,
      error: { ...expired, retryable: true },
    });
    expect(rescued({ maxRetries: 0, quarantined: true })).toMatchObject({
      kind: "fail",
      error: { ...expired, retryable: false },
    });
  });
});
