import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { createApi } from "../../src/http/api.ts";
import { add } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { CALLS, ID, later } from "./calls.ts";

const SCOPES = ["enqueue", "read", "admin"] as const;
const entries = await Promise.all(
  SCOPES.map(async (scope) => `${scope}:${scope}:${await sha256(`${scope}-secret`)}`),
);
const both = `both:enqueue+read:${await sha256("both-secret")}`;
const variables = { OMNIQ_AUTH: "keys", OMNIQ_KEYS: [...entries, both].join(",") };
const { call } = startWorker([add], {}, variables);
const database = await openD1();
beforeEach(() => database.clear());
const rows = async () =>
  (
    await database.sql(
      "SELECT id FROM tasks UNION ALL SELECT name FROM queues UNION ALL SELECT name FROM schedules",
    )
  ).length;

const DIGEST = await sha256("read-secret");
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });

/** What needs no key: it shows no data. */
const OPEN = ["GET /healthz", "GET /openapi.json", "GET /docs", "GET /docs.css"];

describe("auth", () => {
  it("is told here of every route that the API has", () => {
    const { routes } = createApi(() => {
      throw new Error("expected no request");
    });
    const served = routes.filter(({ method }) => method !== "ALL");
    const told = CALLS.map(([method, path]) => {
      const pattern = path.replace(ID, ":id").replace("mail", ":name").replace(/\?.*/, "");
      return `${method} ${pattern}`;
    });
    expect(new Set([...told, ...OPEN])).toEqual(
      new Set(served.map(({ method, path }) => `${method} ${path}`)),
    );
  });

  it.each(CALLS)("%s %s needs the scope %s", async (method, path, scope, json, allowed) => {
    for (const key of SCOPES) {
      const { status, headers, body } = await call(method, path, { json, headers: withKey(`${key}-secret`) });
      if (key === scope || key === "admin") {
        expect(status).toBe(allowed);
        await database.clear();
      } else {
        expect(status).toBe(403);
        expect(headers.get("content-type")).toBe("application/problem+json");
        const expected = `a key with the scope ${scope}`;
        expect(body).toMatchObject({
          code: "forbidden",
          field: "Authorization",
          expected,
          got: `one with ${key}`,
        });
        expect(await rows()).toBe(0);
      }
    }
  });

  it("takes a key with several scopes for each of them, and for no other", async () => {
    const headers = withKey("both-secret");
    expect((await call("POST", "/v1/tasks", { json: later, headers })).status).toBe(201);
    expect((await call("GET", "/v1/tasks", { headers })).status).toBe(200);
    expect((await call("POST", `/v1/tasks/${ID}/cancel`, { headers })).status).toBe(403);
  });

  it("shows a key that may not read no payload but what it sent", async () => {
    const nightly = { ...later, uniqueKey: "nightly" };
    const post = (kwargs: object, key: string) =>
      call("POST", "/v1/tasks", { json: { ...nightly, kwargs }, headers: withKey(`${key}-secret`) });
    const { body: task } = await post({ a: 41, b: 42 }, "admin");
    const shown = { id: task.id, status: "PENDING", duplicate: true };
    const met = await post({ a: 1, b: 2 }, "enqueue");
    expect(met).toMatchObject({ status: 200, body: shown });
    for (const field of ["args", "kwargs", "errors"]) expect(met.body).not.toHaveProperty(field);
    expect((await post({ a: 41, b: 42 }, "enqueue")).body).toEqual({ ...task, duplicate: true });
    expect((await post({ a: 1, b: 2 }, "both")).body).toEqual({ ...task, duplicate: true });
  });

  it("takes the scheme in any case", async () => {
    expect(
      (await call("GET", "/v1/queues", { headers: { authorization: "bearer  read-secret" } })).status,
    ).toBe(200);
  });

  it.each([
    ["no header", {}, "none"],
    ["a wrong key", withKey("wrong"), "another"],
    ["the digest of a key", withKey(DIGEST), "another"],
    ["an empty key", { authorization: "Bearer " }, "none"],
    ["another scheme", { authorization: `Basic ${btoa("read-secret:")}` }, "none"],
    ["a key alone", { authorization: "read-secret" }, "none"],
    ["two keys", { authorization: "Bearer read-secret admin-secret" }, "none"],
  ])("answers 401 to every call with %s, and does nothing", async (_, headers, got) => {
    for (const [method, path, , json] of CALLS) {
      const answer = await call(method, path, { json, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="omniq"');
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.body).toMatchObject({ code: "unauthorized", field: "Authorization", got });
      expect(answer.text).not.toContain("secret");
    }
    expect(await rows()).toBe(0);
  });

  it("asks for a key before it looks at the body", async () => {
    const huge = `"${"x".repeat(3 * 2 ** 20)}"`;
    expect((await call("POST", "/v1/tasks", { raw: huge })).status).toBe(401);
    expect((await call("POST", "/v1/tasks", { raw: "{" })).status).toBe(401);
  });

  it.each([{}, { OMNIQ_KEYS: "" }])(
    "answers 401 to everything but /healthz where no keys are configured: %j",
    async (keys) => {
      const { call } = startWorker([add], {}, { OMNIQ_AUTH: undefined, ...keys });
      expect((await call("GET", "/healthz")).status).toBe(200);
      for (const [method, path, , json] of CALLS) {
        expect((await call(method, path, { json, headers: withKey("read-secret") })).status).toBe(401);
      }
      for (const path of ["/", "/v1", "/v1/nothing", "/healthz/more"])
        expect((await call("GET", path)).status).toBe(401);
    },
  );

  it("lets everybody do everything with OMNIQ_AUTH=none", async () => {
    const { call } = startWorker([add], {}, { ...variables, OMNIQ_AUTH: "none" });
    for (const [method, path, , json, allowed] of CALLS) {
      expect((await call(method, path, { json })).status).toBe(allowed);
    }
  });

  it("lets no page of another site act with OMNIQ_AUTH=none, which a browser may send what has no body for", async () => {
    const { call } = startWorker([add], {}, { ...variables, OMNIQ_AUTH: "none" });
    const evil = { origin: "https://evil.example" };
    const form = "application/x-www-form-urlencoded";
    const simple: Record<string, string>[] = [
      { ...evil, "sec-fetch-site": "cross-site" },
      { ...evil, "sec-fetch-site": "same-site", "content-type": form },
      { origin: "null", "content-type": "text/plain" },
    ];
    for (const headers of simple) {
      const { status, body } = await call("POST", `/v1/tasks/${ID}/cancel`, { headers });
      expect([status, body.code]).toEqual([403, "forbidden"]);
    }
    const allowed: Record<string, string>[] = [
      { origin: "http://omniq.test" },
      { ...evil, "sec-fetch-site": "cross-site", "content-type": "application/json" },
    ];
    for (const headers of allowed) {
      expect((await call("POST", `/v1/tasks/${ID}/cancel`, { headers })).body.code).not.toBe("forbidden");
    }
  });
});
