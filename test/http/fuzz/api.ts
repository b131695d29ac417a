/** Calls of the API as they are meant, with bodies of any kind. */
import fc from "fast-check";
import { CountQuery } from "../../../src/http/operate-schemas.ts";
import { ListQuery, PurgeQuery, ResultQuery } from "../../../src/http/schemas.ts";
import * as bodies from "./bodies.ts";
import { type Body, type Call, call } from "./probe.ts";
import * as texts from "./texts.ts";

type Write = (members: fc.Arbitrary<bodies.Member[]>) => fc.Arbitrary<Body>;

const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...bodies.IDS) },
  { weight: 1, arbitrary: texts.segment.map(encodeURIComponent) },
);
const queueName = bodies.queueName.filter(texts.isSegment).map(encodeURIComponent);

const LIKELY: Readonly<Record<string, fc.Arbitrary<string>>> = {
  status: fc.constantFrom("PENDING", "SUCCESS", "FAILED", "CANCELLED"),
  queue: bodies.queueName,
  funcPath: fc.constantFrom("fuzz.echo", "sample.add"),
  cursor: fc.constantFrom(...bodies.IDS),
  limit: fc.constantFrom("1", "5", "100"),
  olderThan: fc.constantFrom("30d", "1d", "2026-01-01T00:00:00Z", "1795510800000"),
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
  fc.constant(call("GET", "/healthz", null)),
);

export function withBody(write: Write): fc.Arbitrary<Call> {
  const task = write(bodies.task).map((body) => call("POST", "/v1/tasks", "enqueue", body));
  const batch = write(bodies.batch).map((body) => call("POST", "/v1/tasks/batch", "enqueue", body));
  const queue = fc
    .tuple(queueName, write(bodies.queueSettings))
    .map(([name, body]) => call("PUT", `/v1/queues/${name}`, "admin", body));
  return fc.oneof(
    { weight: 5, arbitrary: task },
    { weight: 2, arbitrary: batch },
    { weight: 1, arbitrary: queue },
  );
}

export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: withBody((members) => members.map(bodies.toObject)) },
  { weight: 2, arbitrary: withoutBody },
);
