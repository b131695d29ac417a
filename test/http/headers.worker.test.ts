import { describe, expect, it, vi } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { add } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import type { Answer } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";
import { CALLS, later } from "./calls.ts";

await openD1();
const { call } = startWorker([add]);
const keys = { OMNIQ_AUTH: "keys", OMNIQ_KEYS: `reader:read:${await sha256("secret")}` };
const closed = startWorker([add], {}, keys);
const broken = startWorker([add], {}, { OMNIQ_QUERY_BUDGET: "many" });
const failing = startWorker([], {
  storage: () => {
    throw new Error("out of order");
  },
});

const HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

function expectSafe({ headers }: Answer): void {
  expect(Object.fromEntries(headers)).toMatchObject(HEADERS);
  // They would hold for all of the host that the API is a path of.
  for (const name of ["strict-transport-security", "origin-agent-cluster"]) {
    expect(headers.get(name)).toBeNull();
  }
  for (const name of ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"]) {
    expect(headers.get(name)).toBeNull();
  }
}

describe("security headers, and one that forbids to keep the reply", () => {
  it.each(CALLS)("come with %s %s", async (method, path, _scope, json, status) => {
    const answer = await call(method, path, { json });
    expect(answer.status).toBe(status);
    expectSafe(answer);
  });

  it.each([
    [200, "GET", "/healthz", {}],
    [400, "POST", "/v1/tasks", { raw: "{" }],
    [400, "GET", "/v1/tasks?limit=0", {}],
    [400, "GET", "/v1/%ff", {}],
    [404, "GET", "/v1/nothing", {}],
    [404, "OPTIONS", "/", {}],
    [405, "PATCH", "/v1/tasks", {}],
    [405, "OPTIONS", "/v1/tasks", { headers: { origin: "https://example.com" } }],
    [413, "POST", "/v1/tasks", { raw: "x".repeat(2 ** 20 + 1) }],
    [415, "POST", "/v1/tasks", { json: later, headers: { "content-type": "text/plain" } }],
  ])("come with %d for %s %s", async (status, method, path, options) => {
    const answer = await call(method, path, options);
    expect(answer.status).toBe(status);
    expectSafe(answer);
  });

  it("come with 401 and 403, on every call", async () => {
    for (const [method, path, scope, json] of CALLS) {
      const anonymous = await closed.call(method, path, { json });
      expect(anonymous.status).toBe(401);
      expectSafe(anonymous);
      if (scope === "read") continue;
      const reader = await closed.call(method, path, { json, headers: { authorization: "Bearer secret" } });
      expect(reader.status).toBe(403);
      expectSafe(reader);
    }
  });

  it("come with 500 and 503", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    for (const path of ["/healthz", "/v1/tasks"]) {
      const unconfigured = await broken.call("GET", path);
      expect(unconfigured.status).toBe(503);
      expectSafe(unconfigured);
      const failed = await failing.call("GET", path);
      expect(failed.status).toBe(500);
      expectSafe(failed);
    }
    vi.restoreAllMocks();
  });
});
