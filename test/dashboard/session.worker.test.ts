import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { createQueue } from "../../src/core/queue.ts";
import { dashboard } from "../../src/dashboard/index.tsx";
import { IDLE_LIFETIME, SESSION_LIFETIME } from "../../src/dashboard/session.ts";
import { parseKeys } from "../../src/http/keys.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { caller } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";
import { cookieOf, post, refresh, tokenOf, visit } from "./browser.ts";

const database = await openD1();
beforeEach(() => database.clear());

const entry = async (name: string, scopes: string, key: string) => `${name}:${scopes}:${await sha256(key)}`;
const KEYS = [
  await entry("ada", "admin", "a-key"),
  await entry("bob", "read", "b-key"),
  await entry("ci", "enqueue", "c-key"),
];
const start = (keys = KEYS, secret = {}) =>
  startWorker([], {}, { OMNIQ_AUTH: "keys", OMNIQ_KEYS: keys.join(","), ...secret }).call;

/** The dashboard alone, by a clock that the test sets. */
async function startAt(clock: { now: number }) {
  const queue = createQueue({ storage: d1Storage(env.DB), tasks: [] });
  const app = dashboard(queue, { keys: parseKeys(KEYS.join(",")), now: () => clock.now });
  return caller((request) => app.fetch(request));
}

describe("signing in to the dashboard", () => {
  it("a page leads to it and from there back, with what it was asked for", async () => {
    const call = start();
    const away = await visit(call, "/tasks?status=FAILED&text=a%20b");
    expect(away.status).toBe(303);
    const location = away.headers.get("location") ?? "";
    expect(location).toBe(`sign-in?to=${encodeURIComponent("tasks?status=FAILED&text=a%20b")}`);
    const form = await visit(call, `/${location}`);
    expect(form.text).toContain('name="to" value="tasks?status=FAILED&amp;text=a%20b"');
    const done = await post(call, "/sign-in", { key: "a-key", to: "tasks?status=FAILED&text=a%20b" });
    expect([done.status, done.headers.get("location")]).toEqual([303, "tasks?status=FAILED&text=a%20b"]);
    const page = await visit(call, "/tasks", cookieOf(done));
    expect(page.status).toBe(200);
    expect(page.text).toContain("ada");
  });

  it.each([
    "tasks?text=*%2F*",
    "tasks?text=a/b*c!(d)'e;f@g$h|i{j}[k]^`~",
    "schedules/it's%20*(daily)*!",
    "schedules/.hidden?done=run",
    "schedules/a%2Fb",
    "tasks?from=2026-11-24T09:00&queue=caf%C3%A9",
  ])("leads back with every character that was there: %s", async (to) => {
    const call = start();
    const location = (await visit(call, `/${to}`)).headers.get("location") ?? "";
    const kept = new URL(location, `http://omniq.test/${to}`).searchParams.get("to") ?? "";
    const whole = new URL(`http://omniq.test/${to}`);
    expect(`/${kept}`).toBe(whole.pathname + whole.search);
    const { headers } = await post(call, "/sign-in", { key: "a-key", to: kept });
    expect(headers.get("location")).toBe(kept);
  });

  it("from a page below it leads back to that", async () => {
    const { headers } = await visit(start(), "/tasks/some-id");
    expect(headers.get("location")).toBe(`../sign-in?to=${encodeURIComponent("tasks/some-id")}`);
  });

  it.each([
    "https://example.com",
    "//example.com",
    "/tasks",
    "javascript:alert(1)",
    "tasks//x",
    "tasks/../../x",
    "tasks/%2e%2E/x",
    "tasks/.",
    "tasks\\x",
    "tasks?x\ny: z",
    "x:y",
    "../x",
    "\\x",
  ])("leads to no other site and to no other path: %s", async (to) => {
    const { headers } = await post(start(), "/sign-in", { key: "a-key", to });
    expect(headers.get("location")).toBe("overview");
  });

  it("a key that is none, or may not read, is refused with the reason", async () => {
    for (const [key, reason] of [
      ["x", "none of the keys"],
      ["", "none of the keys"],
      ["c-key", "may not read"],
    ] as const) {
      const { status, text, headers } = await post(start(), "/sign-in", { key });
      expect(status).toBe(401);
      expect(text).toContain(reason);
      expect(headers.get("set-cookie")).toBeNull();
    }
  });

  it("the session is a cookie that scripts do not see, and on https for this host alone", async () => {
    const call = start();
    const cookie = (await post(call, "/sign-in", { key: "a-key" })).headers.get("set-cookie") ?? "";
    for (const part of ["Path=/", "HttpOnly", "SameSite=Lax", `Max-Age=${IDLE_LIFETIME / 1_000}`]) {
      expect(cookie).toContain(part);
    }
    expect(cookie).not.toContain("a-key");
    expect(cookie).not.toContain(await sha256("a-key"));
  });

  it("a session that was tampered with, or is of other keys, is none", async () => {
    const call = start();
    const cookie = cookieOf(await post(call, "/sign-in", { key: "b-key" }));
    expect((await visit(call, "/tasks", cookie)).status).toBe(200);
    const forged = cookie.replace("bob", "ada");
    expect((await visit(call, "/tasks", forged)).status).toBe(303);
    expect((await visit(call, "/tasks", `${cookie.split("=")[0]}=x`)).status).toBe(303);
    const rotated = start([KEYS[0] ?? "", await entry("bob", "read", "new-key")]);
    expect((await visit(rotated, "/tasks", cookie)).status).toBe(303);
  });

  it("a session is signed with OMNIQ_SESSION_SECRET too: the keys' digests alone make none", async () => {
    const cookie = cookieOf(await post(start(), "/sign-in", { key: "a-key" }));
    const guarded = start(KEYS, { OMNIQ_SESSION_SECRET: "s" });
    expect((await visit(guarded, "/tasks", cookie)).status).toBe(303);
    const own = cookieOf(await post(guarded, "/sign-in", { key: "a-key" }));
    expect((await visit(guarded, "/tasks", own)).status).toBe(200);
    expect((await visit(start(KEYS, { OMNIQ_SESSION_SECRET: "t" }), "/tasks", own)).status).toBe(303);
  });

  it("what is live has the page loaded anew once the session has ended", async () => {
    const { status, headers } = await refresh(start(), "/tasks");
    expect([status, headers.get("hx-refresh")]).toEqual([401, "true"]);
  });

  it("is renewed while it is used, and ends an hour after it was used last, and 12 after it began", async () => {
    const clock = { now: Date.now() };
    const call = await startAt(clock);
    const first = cookieOf(await post(call, "/sign-in", { key: "a-key" }));
    const token = tokenOf(await visit(call, "/tasks", first));
    const start = clock.now;
    clock.now += IDLE_LIFETIME / 2 - 1_000;
    expect((await visit(call, "/tasks", first)).headers.get("set-cookie")).toBeNull();
    clock.now += 2_000;
    const renewed = await visit(call, "/tasks", first);
    // A form of a page from before is still of this session.
    expect(tokenOf(renewed)).toBe(token);
    let cookie = cookieOf(renewed);
    expect(cookie).not.toBe("");
    clock.now = start + IDLE_LIFETIME;
    expect((await visit(call, "/tasks", first)).status).toBe(303);
    while (clock.now < start + SESSION_LIFETIME - 1_000) {
      const page = await visit(call, "/tasks", cookie);
      expect(page.status).toBe(200);
      cookie = cookieOf(page) || cookie;
      clock.now = Math.min(clock.now + IDLE_LIFETIME / 3, start + SESSION_LIFETIME - 1_000);
    }
    expect((await visit(call, "/tasks", cookie)).status).toBe(200);
    clock.now = start + SESSION_LIFETIME;
    expect((await visit(call, "/tasks", cookie)).status).toBe(303);
  });

  it("is for https alone where a proxy says that the browser came by it", async () => {
    const answer = await start()("POST", "/sign-in", {
      raw: "key=a-key",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
        "x-forwarded-proto": "https",
      },
    });
    expect(answer.headers.get("set-cookie")).toMatch(/^__Host-omniq_session_\w+=.*; Secure/);
  });

  it("of a key that is configured twice is that of the entry which the API goes by", async () => {
    const call = start([await entry("ada", "admin", "a-key"), await entry("eve", "read", "a-key")]);
    const authorization = "Bearer a-key";
    expect((await call("PUT", "/v1/queues/mail", { json: {}, headers: { authorization } })).status).toBe(403);
    const page = await visit(call, "/tasks", cookieOf(await post(call, "/sign-in", { key: "a-key" })));
    expect(page.text).toContain("eve");
    expect(page.text).not.toContain("ada");
  });

  it("a form whose session has ended leads back to its page, by way of signing in", async () => {
    const call = start();
    for (const [path, to] of [
      ["/queues/pause", "queues"],
      ["/tasks/some-id/cancel", "tasks/some-id"],
      ["/schedules/run", "schedules"],
      ["/sign-out", ""],
    ]) {
      const { status, headers } = await post(call, path ?? "", { name: "mail" });
      const location = new URL(headers.get("location") ?? "", `http://omniq.test${path}`);
      expect([status, location.pathname, location.searchParams.get("to") ?? ""]).toEqual([
        303,
        "/sign-in",
        to,
      ]);
    }
  });

  it("a form of another session says that it is old, and leads back to its page", async () => {
    const call = start();
    const [first, second] = [
      cookieOf(await post(call, "/sign-in", { key: "a-key" })),
      cookieOf(await post(call, "/sign-in", { key: "a-key" })),
    ];
    const token = tokenOf(await visit(call, "/queues", first));
    const { status, text } = await post(call, "/queues/pause", { name: "mail", token }, second);
    expect(status).toBe(403);
    expect(text).toContain("This form is out of date");
    expect(text).toContain('href="../queues"');
  });

  it("signing out ends it, and needs the form of this session", async () => {
    const call = start();
    const cookie = cookieOf(await post(call, "/sign-in", { key: "a-key" }));
    expect((await post(call, "/sign-out", {}, cookie)).status).toBe(403);
    const token = tokenOf(await visit(call, "/tasks", cookie));
    const { status, headers } = await post(call, "/sign-out", { token }, cookie);
    expect(status).toBe(303);
    expect(headers.get("set-cookie")).toMatch(/omniq_session_\w+=; Max-Age=0/);
  });

  it("a form that is larger than any key is refused before it is read", async () => {
    const { status, headers } = await post(start(), "/sign-in", { key: "a-key", to: "x".repeat(100_000) });
    expect([status, headers.get("set-cookie")]).toEqual([413, null]);
  });

  it("another site's form is refused", async () => {
    for (const origin of ["https://example.com", "null"]) {
      const { status, text } = await start()("POST", "/sign-in", {
        raw: "key=a-key",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          origin,
          "sec-fetch-site": "cross-site",
        },
      });
      expect(status).toBe(403);
      expect(text).toContain("Expected the form to be one of this site, got one of another");
    }
  });
});
