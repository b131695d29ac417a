import { describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { seeded } from "../support/random.ts";
import { startWorker } from "../support/worker.ts";

const database = await openD1();
const { call, settled } = startWorker(tasks);

const IDS = ["018f0000-06bb-7e37-a6ed-ea59e3b6fd64", "018f0000-06bb-7e37-a6ed-ea59e3b6fd65"];
/** JSON texts, for some values cannot be made by JSON.stringify. */
const VALUES = [
  ...[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-0",
    "9007199254740993",
    "5",
    "[]",
    "{}",
    '""',
    '"x"',
    "[[[[]]]]",
  ],
  ...[
    '"\\ud800"',
    '"\\u0000"',
    '"\\ufffe\\ufeff"',
    '"30s"',
    '"5m"',
    '"2999-01-01T00:00:00Z"',
    '"sample.wordcount"',
  ],
  ...[
    '"sample.add"',
    '{"a":1,"b":2}',
    '{"a":"\\udfff"}',
    '{"__proto__":{"x":1}}',
    '["a b"]',
    '[null,{"toJSON":1}]',
  ],
  ...[
    ...IDS.map((id) => `"${id}"`),
    `"${"é".repeat(200)}"`,
    `"${"\\u2028".repeat(255)}"`,
    "[".repeat(500) + "]".repeat(500),
  ],
];
const FIELDS = [
  "funcPath",
  "args",
  "kwargs",
  "id",
  "queue",
  "priority",
  "eta",
  "delay",
  "interval",
  "maxRetries",
  "timeout",
  "uniqueKey",
];
const NAMES = [
  ...FIELDS,
  "constructor",
  "__proto__",
  "tasks",
  "toString",
  "",
  "\\ud800",
  "paused",
  "concurrency",
];
const SEGMENTS = [
  "",
  "v1",
  "tasks",
  "batch",
  "queues",
  "results",
  "cancel",
  "retry",
  "result",
  "healthz",
  "%",
  "%00",
  "..",
  "%2F",
  "mail",
  ...IDS,
];
const QUERIES = [
  "",
  "limit",
  "status",
  "queue",
  "funcPath",
  "cursor",
  "wait",
  "olderThan",
  "x",
  "%",
  "limit[]",
];
const TEXTS = [
  "",
  "0",
  "5",
  "1s",
  "-1",
  "PENDING",
  "FAILED",
  "mail",
  "%00",
  "%ff",
  "%F0%9F%8E%88",
  "'",
  "1d",
  "now",
  ...IDS,
];
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
const ROUTES = [
  ...[
    "POST /v1/tasks",
    "POST /v1/tasks/batch",
    "GET /v1/tasks",
    "GET /v1/tasks/ID",
    "GET /v1/tasks/ID/result",
    "GET /v1/queues",
  ],
  ...[
    "POST /v1/tasks/ID/cancel",
    "POST /v1/tasks/ID/retry",
    "PUT /v1/queues/mail",
    "DELETE /v1/results",
    "GET /healthz",
  ],
];

/** One request at random: often nearly right, so that it gets far. */
function generate(random: () => number) {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  const some = (most: number, make: () => string) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, make);
  const member = () => `"${pick(NAMES)}":${pick(VALUES)}`;
  const task = () => {
    const base = random() < 0.8 ? ['"funcPath":"sample.wordcount"', '"args":["a b"]', '"delay":"1h"'] : [];
    return `{${[...base, ...some(random() * 3, member)].join()}}`;
  };
  const wrong = [() => `{${some(4, member).join()}}`, () => pick(VALUES), task];
  const body = (route: string) => {
    const right = route.endsWith("batch") ? `{"tasks":[${[task(), ...some(3, task)].join()}]}` : task();
    const text = random() < 0.8 ? right : (wrong[Math.floor(random() * wrong.length)]?.() ?? "");
    return random() < 0.1 ? text.slice(0, random() * text.length) : text;
  };
  const query = some(2, () => `${pick(QUERIES)}=${pick(TEXTS)}`).filter((pair) => !/^wait=[15]/.test(pair));
  const [method = "GET", route = ""] =
    random() < 0.8
      ? pick(ROUTES).replace("ID", pick(IDS)).split(" ")
      : [pick(METHODS), `/${some(5, () => pick(SEGMENTS)).join("/")}`];
  const headers: Record<string, string> =
    random() < 0.1 ? { "idempotency-key": pick(["a", "b", "c".repeat(300)]) } : {};
  if (random() < 0.1) headers["x-d1-bookmark"] = pick(["garbage", "0", IDS[0] ?? ""]);
  if (random() < 0.05)
    headers["content-type"] = pick(["text/plain", "application/json; charset=utf-16", "x"]);
  const raw = method === "GET" || method === "HEAD" ? undefined : body(route);
  return {
    method,
    path: `${route}${query.length > 0 ? `?${query.join("&")}` : ""}`,
    options: { raw, headers },
  };
}

describe("no request at random is answered with 500 or more", () => {
  it.each([1, 2, 3, 4])(
    "seed %d",
    async (seed) => {
      const random = seeded(seed);
      const statuses = new Map<number, number>();
      for (let count = 0; count < 1_000; count++) {
        const { method, path, options } = generate(random);
        const { status, headers, text, body } = await call(method, path, options);
        const request = `${method} ${path} ${options.raw}`;
        expect(status, `${request} -> ${text}`).toBeLessThan(500);
        if (status >= 400 && method !== "HEAD") {
          expect(headers.get("content-type"), request).toBe("application/problem+json");
          expect(body, request).toMatchObject({
            status,
            code: expect.any(String),
            detail: expect.any(String),
          });
        }
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      // A fuzz that gets nowhere would prove nothing.
      for (const status of [200, 201, 400, 404])
        expect(statuses.get(status), `${status}`).toBeGreaterThan(20);
      await settled();
      const stored = await database.sql("SELECT func_path, args, kwargs, priority FROM tasks");
      expect(stored.length).toBeGreaterThan(20);
      for (const row of stored) expect(row.func_path).toMatch(/^sample\.(wordcount|add)$/);
      await database.clear();
    },
    120_000,
  );
});
