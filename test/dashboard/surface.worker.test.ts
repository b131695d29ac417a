import { beforeEach, describe, expect, it } from "vitest";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { targetsOf, visit } from "./browser.ts";

const database = await openD1();
beforeEach(() => database.clear());
const { call } = startWorker([]);

describe("the dashboard of a Worker", () => {
  it("is at its root, for a browser", async () => {
    const { status, headers } = await visit(call, "/");
    expect([status, headers.get("location")]).toEqual([302, "overview"]);
    expect((await call("GET", "/")).body).toMatchObject({ code: "not_found" });
  });

  it("leaves the API what is its own", async () => {
    for (const path of ["/v1/queues", "/healthz", "/metrics"]) {
      const { status, headers } = await visit(call, path);
      expect(status).toBe(200);
      expect(headers.get("content-type")).not.toContain("html");
    }
    expect((await visit(call, "/v1/nothing")).body).toMatchObject({ code: "not_found" });
  });

  it("leaves it the page of its reference too, which a browser asks for and which needs no key", async () => {
    const { call } = startWorker([], {}, { OMNIQ_AUTH: "keys" });
    const { status, text } = await visit(call, "/docs");
    expect(status).toBe(200);
    expect(text).toContain("HTTP API");
    expect((await visit(call, "/docs.css")).headers.get("content-type")).toContain("text/css");
  });

  it("is not there where it is turned off", async () => {
    const { call } = startWorker([], { dashboard: false });
    for (const path of ["/", "/tasks", "/sign-in"]) {
      expect((await visit(call, path)).body).toMatchObject({ code: "not_found" });
    }
  });

  it("shows a page for what is not there", async () => {
    const { status, text } = await visit(call, "/nothing");
    expect(status).toBe(404);
    expect(text).toContain("There is no such page");
  });

  it("is held to a strict policy, which its pages need no exception from", async () => {
    for (const path of ["/overview", "/tasks", "/sign-in", "/nothing"]) {
      const { headers, text } = await visit(call, path);
      expect(headers.get("cache-control")).toBe("no-store");
      // What holds for the whole host, or for hosts below it, is for whoever has that to say.
      for (const name of ["strict-transport-security", "origin-agent-cluster"])
        expect(headers.get(name)).toBeNull();
      if (text === "") continue;
      expect(headers.get("content-security-policy")?.split("; ").sort()).toEqual([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "script-src 'self'",
        "style-src 'self'",
      ]);
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:|hx-on/);
      expect(
        targetsOf({ status: 200, headers, text, body: {} }).filter((target) => /^(\/|\w+:)/.test(target)),
      ).toEqual([]);
    }
  });

  it("serves its assets to be kept for good, by a name that changes with them", async () => {
    const page = await visit(call, "/tasks");
    const assets = targetsOf(page).filter((target) => target.startsWith("assets/"));
    expect(assets.length).toBeGreaterThanOrEqual(4);
    for (const asset of assets) {
      expect(asset).toMatch(/-[0-9a-f]{12}\.(css|js|svg)$/);
      const { status, headers, text } = await call("GET", `/${asset}`);
      expect(status).toBe(200);
      expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(text.length).toBeGreaterThan(100);
    }
    expect((await call("GET", "/assets/htmx.js")).status).toBe(404);
  });
});
