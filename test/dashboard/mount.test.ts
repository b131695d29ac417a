import { Hono } from "hono";
import { afterAll, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { baseOf, dashboard } from "../../src/dashboard/index.tsx";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { add } from "../../src/tasks.ts";
import { type Answer, caller } from "../support/http.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { targetsOf, visit } from "./browser.ts";

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
    ["/", "/*", ""],
    ["/tasks", "/*", ""],
    ["/tasks/1", "/*", "../"],
    ["/omniq", "/omniq/*", "omniq/"],
    ["/omniq/", "/omniq/*", ""],
    ["/omniq/tasks/1/edit", "/omniq/*", "../../"],
    ["/of/a/tasks/1", "/of/:tenant/*", "../"],
  ])("from %s under %s is %j", (path, pattern, base) => {
    expect(baseOf(path, pattern)).toBe(base);
  });
});
