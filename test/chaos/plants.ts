/** Bugs to plant in a storage, one at a time: a checker that does not find them proves nothing. */
import type { Driver } from "../../src/storage/driver.ts";
import type { Statement } from "../../src/storage/statements/statement.ts";

export interface Plant {
  readonly name: string;
  /** The statements of one batch as the bug makes them; the same array where it is not touched. */
  readonly spoil: (statements: readonly Statement[]) => readonly Statement[];
}

/** A bug in the text of a statement: the first pattern finds the statement, the second what is replaced in it. */
function inText(statement: RegExp, pattern: RegExp, replacement: string) {
  return (statements: readonly Statement[]) =>
    statements.some(({ sql }) => statement.test(sql))
      ? statements.map((one) =>
          statement.test(one.sql) ? { ...one, sql: replaceIn(one.sql, pattern, replacement) } : one,
        )
      : statements;
}

function replaceIn(sql: string, pattern: RegExp, replacement: string): string {
  const spoiled = sql.replace(pattern, replacement);
  if (spoiled === sql) throw new Error(`expected ${pattern} in ${sql}`);
  return spoiled;
}

const SETTLE = /UPDATE tasks AS t SET\s+status = CASE/;
const RESULT = /INSERT INTO results[\s\S]*t\.attempts, t\.last_attempt_at/;
const CLAIM = /SET status = 'RUNNING', attempts = attempts \+ 1/;

/** The one that only a certain accident brings to light. */
export const MISSING_FENCE: Plant = {
  name: "the fence of the attempt is removed",
  spoil: inText(SETTLE, /AND t\.attempts = j\.value ->> 'attempts'/, ""),
};

export const PLANTS: readonly Plant[] = [
  {
    name: "a heartbeat does not extend the lease",
    spoil: inText(
      /SET lease_expires_at = max\(t\.lease_expires_at, \?\d\) FROM/,
      /max\(t\.lease_expires_at, \?(\d)\)/,
      "max(t.lease_expires_at, 0 * ?$1)",
    ),
  },
  {
    name: "a rescue takes leases that hold",
    spoil: inText(
      /t\.lease_expires_at <= \?/,
      /t\.lease_expires_at <= \?(\d)/g,
      "t.lease_expires_at <= ?$1 + 900",
    ),
  },
  {
    name: "a claim does not count as an attempt",
    spoil: inText(CLAIM, /attempts = attempts \+ 1/, "attempts = max(1, attempts)"),
  },
  {
    name: "the task is settled before its result is written",
    spoil: (statements) =>
      statements.some(({ sql }) => SETTLE.test(sql)) ? statements.toReversed() : statements,
  },
  {
    name: "a result bears another attempt",
    spoil: inText(RESULT, /t\.attempts, t\.last_attempt_at/, "t.attempts - 1, t.last_attempt_at"),
  },
  {
    name: "a failure that is sent again counts again",
    spoil: inText(SETTLE, /t\.status = 'RUNNING' AND/, "t.status IN ('RUNNING', 'RETRYING') AND"),
  },
  {
    name: "a snooze counts as a failure",
    spoil: inText(
      SETTLE,
      /WHEN 'retry' THEN t\.failures \+ 1/,
      "WHEN 'retry' THEN t.failures + 1 WHEN 'snooze' THEN t.failures + 1",
    ),
  },
  {
    name: "a failure is not counted",
    spoil: inText(SETTLE, /WHEN 'retry' THEN t\.failures \+ 1/, "WHEN 'retry' THEN t.failures"),
  },
  {
    name: "a cancelled task stays due",
    spoil: inText(/SET status = 'CANCELLED'/, /'CANCELLED'/, "'PENDING'"),
  },
  {
    name: "a queue's concurrency is not looked at",
    spoil: inText(CLAIM, /concurrency IS NULL/g, "concurrency > 0"),
  },
  {
    name: "an enqueue loses its last task",
    spoil: inText(
      /INSERT INTO tasks/,
      /WHERE true ON CONFLICT/,
      "WHERE key < max(1, json_array_length(?1) - 1) ON CONFLICT",
    ),
  },
];

/** The driver with a bug. */
export function planted(driver: Driver, { spoil }: Plant): Driver {
  return {
    migrateCommand: driver.migrateCommand,
    all: (statement) => driver.all(spoil([statement])[0] ?? statement),
    batch: (statements) => driver.batch(spoil(statements)),
    decide: (reads, tablePrefix) => driver.decide(spoil(reads), tablePrefix),
    native: (statement) => driver.native(statement),
    session: (bookmark) => driver.session(bookmark),
  };
}
