import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { schedule } from "../../src/core/schedule.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const digest = defineTask<{ to?: string; secret?: string }>("digest.send", {
  redact: ["kwargs.secret"],
  maxRetries: 2,
  run: ({ to }) => `sent to ${to}`,
});
const database = await openD1();
const { call, tick, settled } = startWorker([digest], { cronDeadline: 500 });
beforeEach(() => database.clear());

const nightly = { name: "nightly", cron: "0 3 * * *", funcPath: "digest.send", kwargs: { to: "team" } };
const create = (body: object = {}) => call("POST", "/v1/schedules", { json: { ...nightly, ...body } });

describe("POST /v1/schedules", () => {
  it("makes a schedule, with every default applied", async () => {
    const { status, body, headers } = await create({
      timezone: "Europe/Paris",
      priority: 1,
      expiresIn: "1h",
    });
    expect(status).toBe(201);
    expect(headers.get("location")).toBe("/v1/schedules/nightly");
    expect(body).toEqual({
      ...{ name: "nightly", cron: "0 3 * * *", every: null, timezone: "Europe/Paris", jitter: 0 },
      ...{ catchUp: "last", catchUpLimit: 100, enabled: true, disabledReason: null, app: null },
      ...{ funcPath: "digest.send", args: [], kwargs: { to: "team" }, lastAt: null, lastTaskId: null },
      options: {
        ...{ queue: "default", priority: 1, maxRetries: 2, timeout: 25_000, uniqueKey: null },
        ...{ uniqueWhile: null, expiresIn: 3_600_000, resultTtl: null, onSuccess: "keep" },
      },
      ...{ nextAt: expect.any(Number), createdAt: expect.any(Number), updatedAt: body.createdAt },
    });
    expect((await call("GET", "/v1/schedules/nightly")).body).toEqual(body);
  });

  it("answers 409 to a name that there is", async () => {
    await create();
    expect(await create()).toMatchObject({ status: 409, body: { code: "schedule_exists" } });
  });

  it.each([
    [{ cron: "0 25 * * *" }, "cron"],
    [{ cron: "0 0 31 2 *" }, "cron"],
    [{ cron: "2027-01-01T00:00:00" }, "cron"],
    [{ cron: "* * * * * * *" }, "cron"],
    [{ cron: undefined }, "cron"],
    [{ every: "5m" }, "every"],
    [{ cron: undefined, every: "10ms" }, "every"],
    [{ timezone: "Europe/Atlantis" }, "timezone"],
    [{ timezone: "+02:00" }, "timezone"],
    [{ timezone: "" }, "timezone"],
    [{ catchUp: "some" }, "catchUp"],
    [{ catchUpLimit: 0 }, "catchUpLimit"],
    [{ jitter: "2d" }, "jitter"],
    [{ priority: 10 }, "priority"],
    [{ name: "" }, "name"],
    [{ funcPath: "unknown" }, "funcPath"],
    [{ eta: 1 }, "eta"],
    [{ kwargs: [] }, "kwargs"],
    [{ unique: { while: "always" } }, "unique.while"],
    [{ unique: { while: "active", within: "1h" } }, "unique.within"],
    [{ unique: null }, "unique"],
  ])("refuses %j before it asks the database", async (fault, field) => {
    const answer = await create(fault);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body.field).toBe(field);
    expect(await database.sql("SELECT * FROM schedules")).toEqual([]);
  });

  it("stores what is redacted whole, and never shows it", async () => {
    expect((await create({ kwargs: { secret: "s3cret" } })).body.kwargs).toEqual({ secret: "[redacted]" });
    await call("PATCH", "/v1/schedules/nightly", { json: { priority: 3 } });
    expect(await database.sql("SELECT kwargs FROM schedules")).toEqual([{ kwargs: '{"secret":"s3cret"}' }]);
    expect((await call("GET", "/v1/schedules")).text).not.toContain("s3cret");
  });
});

describe("the other routes of /v1/schedules", () => {
  it("list by name, a page at a time", async () => {
    for (const name of ["b", "a/é", "c"]) await create({ name });
    const first = (await call("GET", "/v1/schedules?limit=2")).body;
    expect(first).toMatchObject({ schedules: [{ name: "a/é" }, { name: "b" }], cursor: "b" });
    const second = (await call("GET", "/v1/schedules?limit=2&cursor=b")).body;
    expect(second).toMatchObject({ schedules: [{ name: "c" }], cursor: null });
    expect((await call("GET", "/v1/schedules/a%2F%C3%A9")).body.name).toBe("a/é");
    expect((await call("GET", "/v1/schedules?limit=x")).body).toMatchObject({ field: "limit" });
  });

  it("PATCH changes what it names, and keeps the next firing where the timing stays", async () => {
    const { nextAt } = (await create({ uniqueKey: "k" })).body;
    const kept = (await call("PATCH", "/v1/schedules/nightly", { json: { kwargs: { to: "me" } } })).body;
    expect(kept).toMatchObject({ nextAt, kwargs: { to: "me" }, options: { uniqueKey: "k" } });
    const moved = (await call("PATCH", "/v1/schedules/nightly", { json: { every: "1h", uniqueKey: null } }))
      .body;
    expect(moved).toMatchObject({ cron: null, every: 3_600_000, options: { uniqueKey: null } });
    expect(moved.nextAt).not.toBe(nextAt);
    const refused = await call("PATCH", "/v1/schedules/nightly", { json: { timezone: "x y" } });
    expect(refused).toMatchObject({ status: 400, body: { field: "timezone" } });
  });

  it("PATCH deleteOnSuccess: false keeps the tasks with their results, as if it had never been said", async () => {
    await create({ deleteOnSuccess: true });
    const patch = (json: object) => call("PATCH", "/v1/schedules/nightly", { json });
    expect((await patch({ priority: 1 })).body).toMatchObject({ options: { onSuccess: "delete" } });
    expect((await patch({ deleteOnSuccess: false })).body).toMatchObject({ options: { onSuccess: "keep" } });
    expect((await patch({ keepResult: false })).body).toMatchObject({ options: { onSuccess: "forget" } });
    expect((await patch({ priority: 2 })).body).toMatchObject({ options: { onSuccess: "forget" } });
  });

  it("disable and enable, again and again", async () => {
    await create();
    for (let n = 0; n < 2; n++) {
      expect((await call("POST", "/v1/schedules/nightly/disable")).body).toMatchObject({
        ...{ enabled: false, disabledReason: "disabled by an operator", nextAt: null },
      });
    }
    expect((await call("GET", "/v1/schedules/nightly/next")).body).toEqual({ firings: [] });
    for (let n = 0; n < 2; n++) {
      const { body } = await call("POST", "/v1/schedules/nightly/enable");
      expect(body).toMatchObject({ enabled: true, disabledReason: null, nextAt: expect.any(Number) });
    }
  });

  it("disable for a reason that is given, and show it", async () => {
    await create();
    const disable = (json: unknown) => call("POST", "/v1/schedules/nightly/disable", { json });
    expect(await disable({ reason: "" })).toMatchObject({ status: 400, body: { field: "reason" } });
    expect(await disable({ why: "x" })).toMatchObject({ status: 400, body: { field: "why" } });
    expect((await disable({ reason: "moved to the other app" })).body).toMatchObject({ enabled: false });
    expect((await call("GET", "/v1/schedules")).body).toMatchObject({
      schedules: [{ enabled: false, disabledReason: "moved to the other app" }],
    });
    await call("POST", "/v1/schedules/nightly/enable");
    expect((await disable({})).body).toMatchObject({ disabledReason: "disabled by an operator" });
  });

  it("take a unique, keep it through an edit, and lose it by null", async () => {
    const own = { uniqueKey: "schedule:nightly", uniqueWhile: "pending" };
    expect((await create({ unique: { while: "pending" } })).body).toMatchObject({ options: own });
    const edit = async (json: object) => (await call("PATCH", "/v1/schedules/nightly", { json })).body;
    expect(await edit({ priority: 1 })).toMatchObject({ options: own });
    expect(await edit({ unique: null })).toMatchObject({ options: { uniqueKey: null, uniqueWhile: null } });
    await create({ name: "other", unique: {} });
    const first = await call("POST", "/v1/schedules/other/run");
    const second = await call("POST", "/v1/schedules/other/run");
    expect([first.status, second.status]).toEqual([201, 200]);
    await settled();
  });

  it("tell the next firings", async () => {
    const { nextAt } = (await create()).body;
    const { body } = await call("GET", "/v1/schedules/nightly/next?count=3");
    expect(body.firings).toEqual([0, 1, 2].map((day) => Number(nextAt) + day * 86_400_000));
    expect((await call("GET", "/v1/schedules/nightly/next?count=101")).body).toMatchObject({
      field: "count",
    });
  });

  it("run it now, though it is disabled, and keep its firings", async () => {
    await create();
    await call("POST", "/v1/schedules/nightly/disable");
    const { status, body } = await call("POST", "/v1/schedules/nightly/run");
    expect([status, body.duplicate]).toEqual([201, false]);
    await settled();
    expect((await call("GET", `/v1/tasks/${body.id}`)).body).toMatchObject({
      ...{ schedule: "nightly", scheduledFor: expect.any(Number), status: "SUCCESS", maxRetries: 2 },
    });
  });

  it("DELETE it", async () => {
    await create();
    expect((await call("DELETE", "/v1/schedules/nightly")).status).toBe(204);
    const gone = { status: 404, body: { code: "schedule_not_found" } };
    expect(await call("DELETE", "/v1/schedules/nightly")).toMatchObject(gone);
    expect(await call("GET", "/v1/schedules/nightly")).toMatchObject(gone);
    expect(await call("GET", "/v1/schedules/nightly/next")).toMatchObject(gone);
    for (const verb of ["enable", "disable", "run"]) {
      expect(await call("POST", `/v1/schedules/nightly/${verb}`)).toMatchObject(gone);
    }
    expect(await call("PATCH", "/v1/schedules/nightly", { json: {} })).toMatchObject(gone);
  });

  it("answer 405 to another method", async () => {
    expect((await call("PUT", "/v1/schedules/nightly")).headers.get("allow")).toBe(
      "GET, HEAD, PATCH, DELETE",
    );
    expect((await call("GET", "/v1/schedules/nightly/run")).status).toBe(405);
  });
});

describe("a Worker with schedules", () => {
  const often = schedule("often", "* * * * * *", digest, { to: "all" }, { catchUp: "all" });

  it("declares them at its first tick and fires them on any, but not by a kick", async () => {
    const worker = startWorker([digest], { schedules: [often], cronDeadline: 2_500 });
    await create({ name: "due", cron: undefined, every: "1s" });
    await database.sql("UPDATE schedules SET next_at = 1000 WHERE name = 'due'");
    await worker.call("POST", "/v1/tasks", { json: { funcPath: "digest.send" } });
    await worker.settled();
    expect(await database.sql("SELECT id FROM tasks WHERE schedule IS NOT NULL")).toEqual([]);
    await worker.tick();
    const names = await database.sql(
      "SELECT DISTINCT schedule FROM tasks WHERE status = 'SUCCESS' ORDER BY 1",
    );
    expect(names.map((row) => row.schedule)).toEqual([null, "due", "often"]);
    const [doubled] = await database.sql(
      "SELECT count(*) AS n FROM (SELECT 1 FROM tasks WHERE schedule = 'often' GROUP BY scheduled_for HAVING count(*) > 1)",
    );
    expect(doubled?.n).toBe(0);
  });

  it("disables what its code declares no more, and nothing where it says nothing of schedules", async () => {
    await startWorker([digest], { schedules: [often], cronDeadline: 100 }).tick();
    await tick();
    const enabled = async () => (await database.sql("SELECT enabled, disabled_reason FROM schedules"))[0];
    expect(await enabled()).toMatchObject({ enabled: 1 });
    await startWorker([digest], { schedules: [], app: "other", cronDeadline: 100 }).tick();
    expect(await enabled()).toMatchObject({ enabled: 1 });
    await startWorker([digest], { schedules: [], cronDeadline: 100 }).tick();
    expect(await enabled()).toEqual({ enabled: 0, disabled_reason: "removed from the code" });
  });
});
