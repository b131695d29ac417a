/** Requests to the dashboard as they are meant, and with something else in each place where a text can be given. */
import fc from "fast-check";
import * as texts from "../http/fuzz/texts.ts";

/** Tasks that are there, by their status. */
export const IDS = {
  PENDING: "018f0000-06bb-7e37-a6ed-ea59e3b6fd60",
  FAILED: "018f0000-06bb-7e37-a6ed-ea59e3b6fd61",
  SUCCESS: "018f0000-06bb-7e37-a6ed-ea59e3b6fd62",
} as const;

export const QUEUE = "mail";
export const SCHEDULE = "nightly";

/** Who sends a form, and what shows that a page of this session gave it. */
export const VISITORS = ["nobody", "reader", "producer", "admin"] as const;
export type Visitor = (typeof VISITORS)[number];
export const TOKENS = ["own", "another", "none"] as const;
export const SITES = ["same", "other", "silent"] as const;

export interface DashboardRequest {
  readonly method: string;
  /** From where it is mounted, with its query. */
  readonly path: string;
  /** The form; null where it has no body. */
  readonly fields: readonly (readonly [string, string])[] | null;
  /** How the form is written; `text/plain` and `application/json` are none that it is read from. */
  readonly type: "urlencoded" | "multipart" | "text/plain" | "application/json";
  readonly visitor: Visitor;
  readonly token: (typeof TOKENS)[number];
  readonly site: (typeof SITES)[number];
  readonly isPartial: boolean;
}

const id = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.values(IDS)) },
  { weight: 1, arbitrary: fc.constant("018f0000-06bb-7e37-a6ed-ffffffffffff") },
  { weight: 1, arbitrary: texts.segment.map(encodeURIComponent) },
);
const schedule = fc
  .oneof({ weight: 4, arbitrary: fc.constant(SCHEDULE) }, { weight: 1, arbitrary: texts.segment })
  .map(encodeURIComponent);

const LIKELY: Readonly<Record<string, fc.Arbitrary<string>>> = {
  status: fc.constantFrom("PENDING", "FAILED"),
  queue: fc.constantFrom(QUEUE, "cards"),
  name: fc.constantFrom(QUEUE, SCHEDULE),
  funcPath: fc.constant("fuzz.page"),
  text: fc.constantFrom("a", IDS.FAILED),
  from: fc.constant("2026-11-24T09:00"),
  to: fc.constantFrom("tasks", "2026-11-24T09:00"),
  cursor: fc.constantFrom(...Object.values(IDS)),
  errorType: fc.constant("Error"),
  action: fc.constantFrom("retry", "delete"),
  before: fc.constantFrom("4102444800000", "0"),
  total: fc.constant("2"),
  changed: fc.constant("1"),
  skipped: fc.constant("1"),
  concurrency: fc.constantFrom("3", "", "0", "1e9"),
  reason: fc.constant("away"),
  stays: fc.constant("1"),
  range: fc.constantFrom("hour", "day"),
  done: fc.constantFrom("run", "delete", "pause"),
  show: fc.constant(SCHEDULE),
  key: fc.constant("none"),
  args: fc.constantFrom("[]", "[1]", "{}", "["),
  kwargs: fc.constantFrom("{}", '{"a":1}', "[]", '{"__proto__":1}'),
  priority: fc.constantFrom("5", "10", ""),
  eta: fc.constantFrom("2999-01-01T00:00", ""),
  id: fc.constantFrom("01a20fe4-f98f-7031-8000-000000000031", ...Object.values(IDS)),
};
const NAMES = Object.keys(LIKELY);

const field = fc
  .oneof({ weight: 12, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: texts.name })
  .chain((name) => {
    const likely = Object.hasOwn(LIKELY, name) ? (LIKELY[name] ?? texts.text) : texts.text;
    const value = fc.oneof({ weight: 3, arbitrary: likely }, { weight: 1, arbitrary: texts.text });
    return value.map((value): readonly [string, string] => [name, value]);
  });

/** A form with all that any of the actions reads; what comes later in it goes before. */
const form = fc
  .tuple(fc.record(LIKELY), fc.oneof(fc.constant([]), fc.array(field, { maxLength: 6 })), fc.boolean())
  .map(([likely, others, isWhole]) => (isWhole ? [...Object.entries(likely), ...others] : others));

const query = fc.array(field, { maxLength: 4 }).map((fields) => {
  const search = fields.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  return search === "" ? "" : `?${search}`;
});

const PAGES = ["", "overview", "overview/data", "tasks", "queues", "schedules", "dead-letters", "workers"];
const page = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PAGES, "dead-letters/confirm", "dead-letters/run", "sign-in") },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.constantFrom("", "/copy")).map(([id, end]) => `tasks/${id}${end}`),
  },
  { weight: 1, arbitrary: schedule.map((name) => `schedules/${name}`) },
  { weight: 1, arbitrary: texts.segment.map(encodeURIComponent) },
);

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(id, fc.constantFrom("run", "retry", "cancel", "delete", "copy"))
      .map(([id, verb]) => `tasks/${id}/${verb}`),
  },
  { weight: 2, arbitrary: fc.constantFrom("pause", "resume", "concurrency").map((verb) => `queues/${verb}`) },
  { weight: 2, arbitrary: fc.constantFrom("run", "enable", "disable").map((verb) => `schedules/${verb}`) },
  { weight: 2, arbitrary: fc.constant("dead-letters/run") },
  { weight: 1, arbitrary: fc.constantFrom("sign-in", "sign-out") },
  { weight: 1, arbitrary: page },
);

const common = {
  type: fc.constantFrom<DashboardRequest["type"]>(
    ...(["urlencoded", "urlencoded", "urlencoded", "multipart", "text/plain", "application/json"] as const),
  ),
  visitor: fc.constantFrom(...VISITORS, "admin" as const, "admin" as const),
  token: fc.constantFrom(...TOKENS, "own" as const, "own" as const),
  site: fc.constantFrom(...SITES, "same" as const, "same" as const),
  isPartial: fc.boolean(),
};

const join = ([path, search]: readonly [string, string]) => `/${path}${search}`;

export const request: fc.Arbitrary<DashboardRequest> = fc.oneof(
  fc.record({
    ...common,
    method: fc.constantFrom("GET", "GET", "GET", "HEAD", "OPTIONS", "DELETE"),
    path: fc.tuple(page, query).map(join),
    fields: fc.constant(null),
  }),
  fc.record({
    ...common,
    method: fc.constantFrom("POST", "POST", "POST", "POST", "PUT"),
    path: fc.tuple(action, query).map(join),
    fields: form,
  }),
);
