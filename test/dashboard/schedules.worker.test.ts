import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { post, refresh, targetsOf, visit } from "./browser.ts";

const digest = defineTask("mail.digest", { queue: "mail", redact: ["kwargs.secret"], run: () => {} });

const database = await openD1();
beforeEach(() => database.clear());

const { call, settled } = startWorker([digest]);

async function create(name: string, more: object = {}) {
  const json = { name, cron: "0 9 * * *", funcPath: "mail.digest", kwargs: { secret: "s3cret" }, ...more };
  expect((await call("POST", "/v1/schedules", { json })).status).toBe(201);
}

const scheduleOf = async (name: string) =>
  (await call("GET", `/v1/schedules/${encodeURIComponent(name)}`)).body;

describe("the schedules page", () => {
  it("says what to do where there are none", async () => {
    expect((await visit(call, "/schedules")).text).toContain("No schedules yet");
  });

  it("lists each with its timing, its next firings, its last one and its state", async () => {
    await create("morning", { timezone: "Europe/Paris" });
    await create("often", { cron: undefined, every: "5m" });
    await post(call, "/schedules/disable", { name: "often", reason: "the <b>bucket</b> moves" });
    const { text } = await visit(call, "/schedules");
    for (const shown of [
      "0 9 * * *, Europe/Paris",
      "every 5 min",
      "mail.digest",
      "Enabled",
      "Disabled",
      "never",
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).toContain("the &lt;b&gt;bucket&lt;/b&gt; moves");
  });

  it("disables one with a reason or without, and enables it", async () => {
    await create("morning");
    await post(call, "/schedules/disable", { name: "morning", reason: "moving" });
    expect(await scheduleOf("morning")).toMatchObject({
      enabled: false,
      disabledReason: "moving",
      nextAt: null,
    });
    await post(call, "/schedules/enable", { name: "morning" });
    expect(await scheduleOf("morning")).toMatchObject({ enabled: true, disabledReason: null });
    await post(call, "/schedules/disable", { name: "morning", reason: " " });
    expect(await scheduleOf("morning")).toMatchObject({ disabledReason: "disabled by an operator" });
  });

  it.each([".", "..", "a/../b", "%2e%2e", "?a=b&c#d", '"><i>'])(
    "leads to each, whatever it is called: %s",
    async (name) => {
      await create(name);
      const list = await visit(call, "/schedules");
      const target = targetsOf(list).find((target) => /^schedules[/?](?:show=)?./.test(target)) ?? "";
      const { pathname, search } = new URL(target, "http://omniq.test/schedules");
      const page = await visit(call, pathname + search);
      expect([page.status, /Next firings/.test(page.text)]).toEqual([200, true]);
      const { headers } = await post(call, "/schedules/run", { name, stays: "1" });
      const back = new URL(headers.get("location") ?? "", "http://omniq.test/schedules/run");
      expect((await visit(call, back.pathname + back.search)).text).toContain("Its task is enqueued now");
    },
  );

  it("runs one now, and leads back to where that was asked for", async () => {
    await create("a b/c.d");
    const { headers } = await post(call, "/schedules/run", { name: "a b/c.d" });
    expect(headers.get("location")).toBe("../schedules?done=run&name=a+b%2Fc.d");
    await settled();
    const { body } = await call("GET", "/v1/tasks");
    expect(body.tasks).toMatchObject([{ funcPath: "mail.digest", schedule: "a b/c.d", status: "SUCCESS" }]);
    const own = await post(call, "/schedules/run", { name: "a b/c.d", stays: "1" });
    expect(own.headers.get("location")).toBe("../schedules/a%20b%2Fc.d?done=run");
  });

  it("tells one that is not there, and a reason that cannot be used", async () => {
    expect((await post(call, "/schedules/run", { name: "none" })).status).toBe(404);
    expect((await visit(call, "/schedules/none")).text).toContain("There is no such schedule");
    await create("morning");
    const { status, text } = await post(call, "/schedules/disable", {
      name: "morning",
      reason: "x".repeat(300),
    });
    expect(status).toBe(400);
    expect(text).toContain('role="alert"');
  });
});

describe("the page of one schedule", () => {
  it("tells its next 10 firings, by the clock of its time zone, and the tasks that it made", async () => {
    await create("a b/c.d", { timezone: "America/New_York" });
    await post(call, "/schedules/run", { name: "a b/c.d" });
    await settled();
    await call("POST", "/v1/tasks", { json: { funcPath: "mail.digest", delay: "1h" } });
    const { status, text } = await visit(call, "/schedules/a%20b%2Fc.d");
    expect(status).toBe(200);
    expect(text.match(/09:00:00 (GMT-[45]|E[SD]T)/g)).toHaveLength(10);
    expect(text.match(/class="badge success">Success/g)).toHaveLength(1);
    expect(text).not.toContain("badge pending");
    expect((await refresh(call, "/schedules/a%20b%2Fc.d")).text).toMatch(/^<div id="schedule" class="live"/);
  });

  it("does not show what the definition of its task redacts", async () => {
    await create("morning");
    const { text } = await visit(call, "/schedules/morning");
    expect(text).toContain("[redacted]");
    expect(text).not.toContain("s3cret");
  });

  it("has no firings while it is disabled, and says why", async () => {
    await create("morning");
    await post(call, "/schedules/disable", { name: "morning", reason: "moving" });
    const { text } = await visit(call, "/schedules/morning");
    expect(text).toContain("None while it is disabled");
    expect(text).toContain("Disabled: moving");
  });
});
