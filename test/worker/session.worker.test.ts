import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { add } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

/** The binding, with a note of where each session starts from. */
const starts: unknown[] = [];
const DB = new Proxy(env.DB, {
  get(target, name) {
    const value: unknown = Reflect.get(target, name);
    if (typeof value !== "function") return value;
    return (...values: unknown[]) => {
      if (name === "withSession") starts.push(values[0]);
      return value.apply(target, values);
    };
  },
});

const database = await openD1();
const { call } = startWorker([add], {}, { DB });
const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
beforeEach(async () => {
  await database.clear();
  starts.length = 0;
});

describe("D1 sessions", () => {
  it("start from the primary where no bookmark is given, and hand one out", async () => {
    const { headers } = await call("GET", "/v1/tasks");
    expect(starts).toEqual(["first-primary"]);
    expect(headers.get("x-d1-bookmark")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/);
  });

  it("go on from the bookmark that is given: what was written before it is seen", async () => {
    const enqueued = await call("POST", "/v1/tasks", { json: later });
    const bookmark = enqueued.headers.get("x-d1-bookmark") ?? "";
    const headers = { "x-d1-bookmark": bookmark };
    const read = await call("GET", `/v1/tasks/${enqueued.body.id}`, { headers });
    expect(starts).toEqual(["first-primary", bookmark]);
    expect(read.body).toEqual(enqueued.body);
    expect(read.headers.get("x-d1-bookmark")).not.toBeNull();
  });

  it.each([
    "garbage",
    "first-unconstrained",
    "00000000",
    "' OR 1=1",
    "0".repeat(59),
    "0".repeat(5_000),
    "00000000-00000003-00000000-00000000000000000000000000000000-",
  ])("do not take %.60j for a bookmark", async (bookmark) => {
    const { status, headers } = await call("GET", "/v1/tasks", { headers: { "x-d1-bookmark": bookmark } });
    expect(status).toBe(200);
    expect(starts).toEqual(["first-primary"]);
    expect(headers.get("x-d1-bookmark")).not.toBe(bookmark);
  });

  it("take a bookmark that was never handed out, and answer all the same", async () => {
    const bookmark = "ffffffff-ffffffff-ffffffff-ffffffffffffffffffffffffffffffff";
    const { status } = await call("GET", "/v1/tasks", { headers: { "x-d1-bookmark": bookmark } });
    expect(status).toBe(200);
  });
});
