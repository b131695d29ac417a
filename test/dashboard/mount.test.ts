import { Hono } from "hono";
import { afterAll, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { createQueue } from "../../src/core/queue.ts";
import { dashboard } from "../../src/dashboard/index.tsx";
import { placeOf } from "../../src/dashboard/mount.ts";
import { parseKeys } from "../../src/http/keys.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { add } from "../../src/tasks.ts";
import { type Answer, caller } from "../support/http.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { cookieOf, post, targetsOf, tokenOf, visit } from "./browser.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const storage = libsqlStorage({ url: `file:${folder.path}/queue.db` });
await storage.initialize();
const queue = createQueue({ storage, tasks: [add] });
await queue.enqueue(add, { a: 1, b: 2 });

const app = new Hono();
app.get("/", (context) => context.text("the app's own"));
app.route("/omniq", dashboard(queue, { keys: null }));
app.route("/of/:tenant", dashboard(queue, { keys: null }));
app.route("/closed", dashboard(queue));
app.mount("/mounted", dashboard(queue, { keys: null }).fetch);
const call = caller((request) => app.fetch(request));

/** Where a link of a page leads. */
const resolve = (page: string, target: string) => new URL(target, `http://omniq.test${page}`).pathname;

const statusOf = async (path: string) => (await visit(call, path)).status;

describe("the dashboard under a path of another app", () => {
  it.each(["/omniq", "/of/a%20b", "/mounted"])("its links lead to it wherever it is: %s", async (mount) => {
    const pages: [string, Answer][] = [];
    for (const path of [`${mount}/tasks`, `${mount}/nothing`, `${mount}/tasks/nothing/deep`]) {
      pages.push([path, await visit(call, path)]);
    }
    for (const [path, page] of pages) {
      const targets = targetsOf(page).filter((target) => !target.startsWith("#"));
      expect(targets.length).toBeGreaterThan(5);
      for (const target of targets)
        expect(resolve(path, target), `${target} on ${path}`).toMatch(`${mount}/`);
      const assets = targets
        .map((target) => resolve(path, target))
        .filter((target) => target.includes("/assets/"));
      expect(assets.length).toBeGreaterThan(2);
      for (const asset of assets) expect(await statusOf(asset)).toBe(200);
    }
    expect(pages.map(([, { status }]) => status)).toEqual([200, 404, 404]);
  });

  it("its root leads to the first page, with a slash behind it or without", async () => {
    for (const path of ["/omniq", "/of/x"]) {
      const { status, headers } = await visit(call, path);
      expect(status).toBe(302);
      expect(await statusOf(resolve(path, headers.get("location") ?? ""))).toBe(200);
    }
  });

  it("it leaves the app its own routes", async () => {
    expect((await visit(call, "/")).text).toBe("the app's own");
    expect((await visit(call, "/else")).headers.get("content-security-policy")).toBeNull();
  });

  it("nobody may look without keys, unless they are null", async () => {
    const { status, headers } = await visit(call, "/closed/tasks");
    expect([status, headers.get("location")]).toEqual([303, "sign-in?to=tasks"]);
    expect((await visit(call, "/closed/sign-in")).text).toContain("No keys are configured");
  });
});

describe("the way back to where the dashboard is mounted", () => {
  it.each([
    ["/", "/*", "", "", ""],
    ["/tasks", "/*", "", "", "tasks"],
    ["/tasks/1", "/*", "../", "", "tasks/1"],
    ["/omniq", "/omniq/*", "./omniq/", "/omniq", ""],
    ["/omniq/", "/omniq/*", "", "/omniq", ""],
    ["/omniq/tasks/1/edit", "/omniq/*", "../../", "/omniq", "tasks/1/edit"],
    ["/of/a/tasks/1", "/of/:tenant/*", "../", "/of/a", "tasks/1"],
  ])("from %s under %s is %j", (path, pattern, base, mount, page) => {
    expect(placeOf({ path, pathname: path, pattern })).toEqual({ base, mount, page });
  });

  it("is found where the app routes by more than the path", () => {
    const [path, pattern] = ["/one.example/omniq/tasks/1", "/one.example/omniq/*"];
    const place = { base: "../", mount: "/omniq", page: "tasks/1" };
    expect(placeOf({ path, pathname: "/omniq/tasks/1", pattern })).toEqual(place);
  });

  it.each([
    "javascript:alert(1)",
    "https:evil.example",
    "%5C%5Cevil.example",
    "%2F%2Fevil.example",
    "%252F%252Fevil.example",
    "a%3Fb",
    "a%23b",
    "%22%3E%3Cb%3E",
  ])("leads to no other site, whatever the path is mounted with: %s", async (tenant) => {
    for (const end of ["", "/", "/overview", "/tasks/x", "/nothing"]) {
      const page = await visit(call, `/of/${tenant}${end}`);
      const location = page.headers.get("location");
      const targets = [...targetsOf(page), ...(location === null ? [] : [location])];
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets.filter((target) => !target.startsWith("#"))) {
        const { origin, pathname } = new URL(target, `http://omniq.test/of/${tenant}${end}`);
        expect([origin, pathname.startsWith(`/of/${tenant}/`)], target).toEqual(["http://omniq.test", true]);
      }
    }
  });
});

describe("two dashboards on one host", () => {
  it.each([
    ["/first", "/second"],
    ["/each/a", "/each/b"],
  ])("have sessions of their own, though their keys are the same: %s and %s", async (one, other) => {
    const guarded = await startGuarded();
    const signIn = async (mount: string) =>
      cookieOf(await post(guarded, `${mount}/sign-in`, { key: "a-key", to: "tasks" }));
    const [first, second] = [await signIn(one), await signIn(other)];
    const both = `${first}; ${second}`;
    const [nameOfFirst, nameOfSecond] = [first, second].map((cookie) => cookie.split("=")[0]);
    expect(nameOfFirst).not.toBe(nameOfSecond);
    expect((await visit(guarded, `${other}/tasks`, first)).status).toBe(303);
    const page = await visit(guarded, `${one}/tasks`, both);
    expect(page.status).toBe(200);
    const out = await post(guarded, `${one}/sign-out`, { token: tokenOf(page) }, both);
    expect(out.headers.get("set-cookie")).toContain(`${nameOfFirst}=; Max-Age=0`);
    expect((await visit(guarded, `${other}/tasks`, second)).status).toBe(200);
  });

  it("have sessions of their own on two ports, which a browser keeps one jar for", async () => {
    const { fetch } = await guardedApp();
    const signIn = (origin: string) =>
      fetch(
        new Request(`${origin}/first/sign-in`, {
          method: "POST",
          body: new URLSearchParams({ key: "a-key" }),
          headers: { origin },
        }),
      );
    const names = [];
    for (const port of [8787, 8788]) {
      const response = await signIn(`http://omniq.test:${port}`);
      names.push(response.headers.get("set-cookie")?.split("=")[0]);
    }
    expect(new Set(names).size).toBe(2);
  });

  it("lead back to the first page from where one is mounted without a slash", async () => {
    const guarded = await startGuarded();
    const away = await visit(guarded, "/first");
    const form = resolve("/first", away.headers.get("location") ?? "");
    const to = new URL(away.headers.get("location") ?? "", "http://omniq.test/first").searchParams.get("to");
    const done = await post(guarded, form, { key: "a-key", to: to ?? "" });
    const page = resolve(form, done.headers.get("location") ?? "");
    expect((await visit(guarded, page, cookieOf(done))).status).toBe(200);
  });
});

async function guardedApp() {
  const keys = parseKeys(`ada:admin:${await sha256("a-key")}`);
  const guarded = new Hono();
  guarded.route("/first", dashboard(queue, { keys }));
  guarded.route("/second", dashboard(queue, { keys }));
  guarded.route("/each/:tenant", dashboard(queue, { keys }));
  return guarded;
}

async function startGuarded() {
  const guarded = await guardedApp();
  return caller((request) => guarded.fetch(request));
}
