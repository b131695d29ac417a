/** Values that get a request far. */
import fc from "fast-check";
import { BULK_ACTIONS } from "../../../src/core/bulk-options.ts";
import { arrayOf, kept, objectOf } from "./json.ts";
import * as texts from "./texts.ts";

export const asText = (...values: readonly unknown[]) =>
  fc.constantFrom(...values.map((value) => JSON.stringify(value)));

export const IDS = Array.from({ length: 8 }, (_, index) => `018f0000-06bb-7e37-a6ed-ea59e3b6fd6${index}`);
const QUEUES = ["mail", "a/b", "caf\u00e9", "50%", "?#"];

export const SCHEDULES = ["nightly", "a/b", "caf\u00e9", "50%", "?#"];

/** Conditions of a filter. */
const CONDITIONS = {
  status: "PENDING",
  funcPath: "fuzz.echo",
  errorType: "Error",
  schedule: "nightly",
  parentId: IDS[0],
  createdBefore: "2999-01-01T00:00:00Z",
  createdAfter: 0,
};

export const queueName = fc.oneof(fc.constantFrom(...QUEUES), texts.field);

/** Values that get a request far; each field has others by its schema. */
export const LIKELY: Readonly<Record<string, fc.Arbitrary<string>>> = {
  funcPath: asText(...Array.from({ length: 15 }, () => "fuzz.echo"), "sample.add"),
  args: fc.array(kept, { maxLength: 3 }).map((items) => arrayOf(items).text),
  kwargs: fc.array(fc.tuple(texts.name, kept), { maxLength: 3 }).map((members) => objectOf(members).text),
  id: asText(...IDS, IDS[0]?.toUpperCase()),
  queue: queueName.map((name) => JSON.stringify(name)),
  priority: asText(0, 5, 9),
  eta: asText("2999-01-01T00:00:00Z", "2026-11-24T09:00:00.5+01:00", 0, 253_402_300_799_999),
  delay: asText("1h", "1.5h", "0s", 60_000),
  interval: asText("1h", 3_600_000),
  maxRetries: asText(0, 3, 1_000),
  timeout: asText("20s", 1_000),
  uniqueKey: fc.oneof(
    asText("nightly", "hourly"),
    texts.field.map((key) => JSON.stringify(key)),
  ),
  expiresAt: asText("2999-01-01T00:00:00Z", 253_402_300_799_999),
  expiresIn: asText("365d", 3_600_000_000),
  resultTtl: asText("365d", 3_600_000_000),
  unique: asText(
    {},
    { by: ["kwargs.a", "args[0]"], while: "pending" },
    { within: "1h", onConflict: "ignore" },
    { onConflict: "reject" },
    { onConflict: "replace", by: [] },
    { debounce: "5m" },
    { by: ["result"] },
    { within: "1h", debounce: "1h" },
    [],
    { for: "1h" },
  ),
  after: asText(...IDS.map((id) => [id]), [IDS[0], IDS[1], IDS[0]], [], IDS[0]),
  afterFailure: asText("cancel", "start", "cancel", "start", "wait"),
  concurrency: asText(null, 1, 1_000_000),
  // Schedules. Their tasks are due when a round trip drains, and none is before its hour.
  name: asText(...SCHEDULES),
  cron: asText("0 3 * * *", "0 0 3 1 1 *", "@yearly", "0 25 * * *", "* * * * * * *"),
  every: asText("366d", "1h", 3_600_000, "1ms"),
  timezone: asText("UTC", "Europe/Paris", "Australia/Lord_Howe", "Europe/Atlantis"),
  catchUp: asText("skip", "last", "all"),
  catchUpLimit: asText(1, 100, 1_000),
  jitter: asText("10s", 0),
  reason: asText("moved", "x".repeat(255), ""),
  // What operators do to many: never to the witness, whose queue is another.
  action: asText(...BULK_ACTIONS),
  filter: fc
    .tuple(fc.constantFrom(...QUEUES), fc.subarray(Object.entries(CONDITIONS), { maxLength: 3 }))
    .map(([queue, conditions]) => JSON.stringify({ ...Object.fromEntries(conditions), queue })),
  set: asText(
    { priority: 0 },
    { queue: "mail", priority: 9 },
    { delay: "1h" },
    { eta: 0 },
    {},
    { delay: "x" },
  ),
  pages: asText(1, 100, 101),
};
