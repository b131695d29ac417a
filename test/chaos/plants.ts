/** Bugs to plant in a storage, one at a time: a checker that does not find them proves nothing. */
import { StorageRejected, StorageUnavailable } from "../../src/core/errors.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { type Acted, comeBackLate, renewLate } from "./accident.ts";
import type { Chaos } from "./faults.ts";
import { FEATURE_PLANTS } from "./feature-plants.ts";
import { CLAIM, inText, type Plant, RENEW, RESULT, SETTLE } from "./plant.ts";
import type { ChaosDatabase } from "./simulation.ts";

/** Each in a run of its own. */
export const PLANTS: readonly Plant[] = [
  {
    name: "a heartbeat does not extend the lease",
    rules: ["no task is under two live leases"],
    spoil: inText(RENEW, /max\(t\.lease_expires_at, \?(\d)\)/, "max(t.lease_expires_at, 0 * ?$1)"),
  },
  {
    name: "a rescue takes leases that hold",
    rules: ["no task is under two live leases"],
    spoil: inText(
      /t\.lease_expires_at <= \?/,
      /t\.lease_expires_at <= \?(\d)/g,
      "t.lease_expires_at <= ?$1 + 900",
    ),
  },
  {
    name: "a claim does not count as an attempt",
    rules: ["attempts only rise", "an attempt is started once"],
    spoil: inText(CLAIM, /attempts, attempts \+ 1\)/, "attempts, max(1, attempts))"),
  },
  {
    name: "the task is settled before its result is written",
    rules: ["the result on file is the last acknowledged attempt's"],
    spoil: (statements) =>
      statements.some(({ sql }) => SETTLE.test(sql)) ? statements.toReversed() : statements,
  },
  {
    name: "a result bears another attempt",
    rules: ["the result on file is the last acknowledged attempt's"],
    spoil: inText(RESULT, /t\.attempts, t\.last_attempt_at/, "t.attempts - 1, t.last_attempt_at"),
  },
  {
    name: "a failure that is sent again counts again",
    rules: ["no failure budget is exceeded"],
    spoil: inText(SETTLE, /t\.status = 'RUNNING' AND/, "t.status IN ('RUNNING', 'RETRYING') AND"),
  },
  {
    name: "a snooze counts as a failure",
    rules: ["no failure budget is exceeded"],
    spoil: inText(
      SETTLE,
      /WHEN 'retry' THEN t\.failures \+ 1/,
      "WHEN 'retry' THEN t.failures + 1 WHEN 'snooze' THEN t.failures + 1",
    ),
  },
  {
    name: "a failure is not counted",
    rules: ["no failure budget is exceeded"],
    spoil: inText(SETTLE, /WHEN 'retry' THEN t\.failures \+ 1/, "WHEN 'retry' THEN t.failures"),
  },
  {
    name: "a cancelled task stays due",
    rules: ["a cancelled task is never started again"],
    spoil: inText(
      /SET status = 'CANCELLED', cancel_reason = 'operator'/,
      /'CANCELLED', cancel_reason = 'operator'/,
      "'PENDING'",
    ),
  },
  {
    name: "a queue's concurrency is not looked at",
    rules: ["a queue's concurrency is never exceeded"],
    spoil: inText(CLAIM, /concurrency IS NULL/g, "concurrency > 0"),
  },
  {
    name: "an enqueue loses its last task",
    rules: ["every acknowledged enqueue exists"],
    spoil: inText(
      /INSERT INTO tasks[\s\S]*WHERE true ON CONFLICT/,
      /WHERE true ON CONFLICT/,
      "WHERE key < max(1, json_array_length(?1) - 1) ON CONFLICT",
    ),
  },
  {
    name: "an enqueue that comes again starts its tasks anew",
    rules: ["attempts only rise", "a stale worker's acknowledgement changes nothing"],
    spoil: inText(
      /INSERT INTO tasks/,
      /ON CONFLICT DO NOTHING/,
      "ON CONFLICT (id) DO UPDATE SET status = 'PENDING', attempts = 0, lease_expires_at = NULL",
    ),
  },
  {
    name: "a paused queue is served",
    rules: ["a paused queue starts nothing"],
    spoil: inText(CLAIM, /\bpaused\b/g, "0"),
  },
  {
    name: "a success ends an interval task",
    rules: ["an interval task never ends in a success"],
    spoil: inText(SETTLE, /iif\(t\.interval IS NULL, 'SUCCESS', 'PENDING'\)/, "'SUCCESS'"),
  },
  {
    name: "in a database of its own, a result bears another attempt",
    rules: ["the result on file is the last acknowledged attempt's"],
    secondDatabase: true,
    spoil: inText(/INSERT INTO results[\s\S]*FROM json_each/, /(value ->> 'attempts')(?=, value)/, "$1 - 1"),
  },
  {
    name: "a database that does not answer passes for one that refuses what has ended",
    rules: ["no task pays for the database's fault"],
    misread: (error, statements) =>
      error instanceof StorageUnavailable && statements.some(({ sql }) => SETTLE.test(sql))
        ? new StorageRejected(error.message, { reason: "value" })
        : error,
  },
];

/** What only a certain accident brings to light. */
export const ACTED: readonly (Plant & { readonly accident: (driver: Driver) => Promise<Acted> })[] = [
  {
    name: "the fence of the attempt is removed",
    rules: ["the result on file is the last acknowledged attempt's"],
    spoil: inText(SETTLE, /AND t\.attempts = j\.value ->> 'attempts'/, ""),
    accident: comeBackLate,
  },
  {
    name: "a renewal that arrives late shortens the lease",
    rules: ["no task is under two live leases"],
    spoil: inText(RENEW, /max\(t\.lease_expires_at, (\?\d)\)/, "$1"),
    accident: renewLate,
  },
  ...FEATURE_PLANTS,
];

/** The database, reached through a driver with a bug. */
export function plantedDatabase(database: ChaosDatabase, plant: Plant): ChaosDatabase {
  const connect = (chaos: Chaos) => planted(database.connect(chaos), plant);
  const results =
    database.results && plantedDatabase({ ...database, ...database.results, results: undefined }, plant);
  return { ...database, connect, results };
}

/** The driver with a bug. */
export function planted(driver: Driver, { spoil = same, misread = same }: Plant): Driver {
  return {
    migrateCommand: driver.migrateCommand,
    all: (statement) => driver.all(spoil([statement])[0] ?? statement),
    batch: async (statements) => {
      try {
        return await driver.batch(spoil(statements));
      } catch (error) {
        throw misread(error, statements);
      }
    },
    decide: (reads, tablePrefix) => driver.decide(spoil(reads), tablePrefix),
    native: (statement) => driver.native(statement),
    session: (bookmark) => driver.session(bookmark),
  };
}

function same<T>(value: T): T {
  return value;
}
