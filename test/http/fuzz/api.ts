/** Calls of the API as they are meant, with bodies of any kind. */
import fc from "fast-check";
import { HistoryQuery } from "../../../src/http/history.ts";
import { CountQuery } from "../../../src/http/operate-schemas.ts";
import { NextQuery, ScheduleListQuery } from "../../../src/http/schedule-schemas.ts";
import { ListQuery, PurgeQuery, ResultQuery } from "../../../src/http/schemas.ts";
import * as bodies from "./bodies.ts";
import { queueName as anyQueue, IDS, SCHEDULES } from "./likely.ts";
import { type Body, type Call, call } from "./probe.ts";
import * as texts from "./texts.ts";

type Write = (members: fc.Arbitrary<bodies.Member[]>) => fc.Arbitrary<Body>;

const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...IDS) },
  { weight: 1, arbitrary: texts.segment.map(encodeURIComponent) },
);
const queueName = anyQueue.filter(texts.isSegment).map(encodeURIComponent);

const schedule = fc
  .oneof({ weight: 9, arbitrary: fc.constantFrom(...SCHEDULES) }, { weight: 1, arbitrary: texts.segment })
  .map(encodeURIComponent);

const LIKELY: Readonly<Record<string, fc.Arbitrary<string>>> = {
  status: fc.constantFrom("PENDING", "SUCCESS", "FAILED", "CANCELLED"),
  queue: anyQueue,
  funcPath: fc.constantFrom("fuzz.echo", "sample.add"),
  cursor: fc.constantFrom(...IDS),
  limit: fc.constantFrom("1", "5", "100"),
  olderThan: fc.constantFrom("30d", "1d", "2026-01-01T00:00:00Z", "1795510800000"),
  count: fc.constantFrom("1", "100", "101"),
  from: fc.constantFrom("0", "2026-11-24T00:00:00Z", "1h"),
  to: fc.constantFrom("2026-11-24T01:00:00Z", "1"),
  pages: fc.constantFrom("1", "100", "0"),
  createdBefore: fc.constantFrom("2999-01-01T00:00:00Z", "0"),
  createdAfter: fc.constantFrom("0", "2026-11-24T00:00:00Z"),
  // None that would be waited for.
  wait: fc.constantFrom("0", "0s", "1ms", "31s"),
};

function query(schema: { readonly entries: object }): fc.Arbitrary<string> {
  const parameters = Object.keys(schema.entries).map((name) => {
    const likely = LIKELY[name] ?? texts.text;
    return fc.tuple(fc.constant(name), fc.oneof({ weight: 9, arbitrary: likely }, texts.text));
  });
  const parameter = fc.oneof(
    { weight: 9, arbitrary: fc.oneof(...parameters) },
    fc.tuple(texts.name, texts.text),
  );
  const encode = (pair: readonly string[]) => pair.map(encodeURIComponent).join("=");
  return fc.array(parameter, { maxLength: 3 }).map((pairs) => `?${pairs.map(encode).join("&")}`);
}

const withoutBody: fc.Arbitrary<Call> = fc.oneof(
  query(ListQuery).map((query) => call("GET", `/v1/tasks${query}`, "read")),
  id.map((id) => call("GET", `/v1/tasks/${id}`, "read")),
  fc
    .tuple(id, query(ResultQuery))
    .map(([id, query]) => call("GET", `/v1/tasks/${id}/result${query}`, "read")),
  fc.constant(call("GET", "/v1/queues", "read")),
  id.map((id) => call("POST", `/v1/tasks/${id}/cancel`, "admin")),
  id.map((id) => call("POST", `/v1/tasks/${id}/retry`, "admin")),
  id.map((id) => call("POST", `/v1/tasks/${id}/run`, "admin")),
  id.map((id) => call("DELETE", `/v1/tasks/${id}`, "admin")),
  query(CountQuery).map((query) => call("GET", `/v1/tasks/count${query}`, "read")),
  query(PurgeQuery).map((query) => call("DELETE", `/v1/results${query}`, "admin")),
  query(HistoryQuery).map((query) => call("GET", `/v1/history${query}`, "read")),
  fc.constant(call("GET", "/metrics", "read")),
  query(ScheduleListQuery).map((query) => call("GET", `/v1/schedules${query}`, "read")),
  schedule.map((name) => call("GET", `/v1/schedules/${name}`, "read")),
  fc
    .tuple(schedule, query(NextQuery))
    .map(([name, query]) => call("GET", `/v1/schedules/${name}/next${query}`, "read")),
  fc
    .tuple(schedule, fc.constantFrom("enable", "disable", "run"))
    .map(([name, verb]) => call("POST", `/v1/schedules/${name}/${verb}`, "admin")),
  schedule.map((name) => call("DELETE", `/v1/schedules/${name}`, "admin")),
  fc.constant(call("GET", "/healthz", null)),
);

export function withBody(write: Write): fc.Arbitrary<Call> {
  const task = write(bodies.task).map((body) => call("POST", "/v1/tasks", "enqueue", body));
  const batch = write(bodies.batch).map((body) => call("POST", "/v1/tasks/batch", "enqueue", body));
  const queue = fc
    .tuple(queueName, write(bodies.queueSettings))
    .map(([name, body]) => call("PUT", `/v1/queues/${name}`, "admin", body));
  const onTask = (method: string, verb: string, members: fc.Arbitrary<bodies.Member[]>) =>
    fc.tuple(id, write(members)).map(([id, body]) => call(method, `/v1/tasks/${id}${verb}`, "admin", body));
  const onSchedule = (method: string, verb: string, members: fc.Arbitrary<bodies.Member[]>) =>
    fc
      .tuple(schedule, write(members))
      .map(([name, body]) => call(method, `/v1/schedules/${name}${verb}`, "admin", body));
  return fc.oneof(
    { weight: 10, arbitrary: task },
    { weight: 4, arbitrary: batch },
    { weight: 2, arbitrary: queue },
    { weight: 1, arbitrary: onTask("PATCH", "", bodies.taskChange) },
    { weight: 1, arbitrary: onTask("POST", "/reschedule", bodies.newEta) },
    {
      weight: 2,
      arbitrary: write(bodies.bulk).map((body) => call("POST", "/v1/tasks/bulk", "admin", body)),
    },
    {
      weight: 2,
      arbitrary: write(bodies.schedule).map((body) => call("POST", "/v1/schedules", "admin", body)),
    },
    { weight: 1, arbitrary: onSchedule("PATCH", "", bodies.scheduleChanges) },
    { weight: 1, arbitrary: onSchedule("POST", "/disable", bodies.disabling) },
  );
}

export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: withBody((members) => members.map(bodies.toObject)) },
  { weight: 2, arbitrary: withoutBody },
);
