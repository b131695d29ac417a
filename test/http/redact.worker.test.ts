import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { json, newTask } from "../support/tasks.ts";
import { startWorker } from "../support/worker.ts";

const R = "[redacted]";

const given: unknown[] = [];
const events: QueueEvent[] = [];
const charge = defineTask("card.charge", {
  input: v.object({
    to: v.string(),
    card: v.object({ number: v.string(), year: v.number() }),
    fail: v.optional(v.string()),
  }),
  redact: ["kwargs.card.number", "args[0]", "result.receipts[*].code"],
  maxRetries: 0,
  run(input, { args }) {
    given.push({ input, args });
    if (input.fail !== undefined) throw new Error(input.fail);
    return { to: input.to, receipts: [{ code: "hunter2", at: 1 }] };
  },
});
const whole = defineTask<object>("vault.store", { redact: true, run: (input) => input });
const plain = defineTask<object>("plain", { run: (input) => input });

const { call, settled } = startWorker(
  [charge, whole, plain],
  { onEvent: (event) => void events.push(event) },
  { OMNIQ_LOG_LEVEL: "debug" },
);
const database = await openD1();

const lines: string[] = [];
beforeEach(async () => {
  await database.clear();
  for (const list of [given, events, lines]) list.length = 0;
  for (const level of ["debug", "info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
});
afterEach(async () => {
  await settled();
  vi.restoreAllMocks();
});

const later = {
  funcPath: "card.charge",
  kwargs: { to: "a@example.com", card: { number: "hunter2", year: 2030 } },
  args: ["hunter2", "plain"],
  delay: "1h",
};
const now = { ...later, delay: 0 };
const shown = { kwargs: { to: "a@example.com", card: { number: R, year: 2030 } }, args: [R, "plain"] };

const post = (body: object, headers = {}) => call("POST", "/v1/tasks", { json: body, headers });
const get = (path: string) => call("GET", `/v1/tasks${path}`);
const result = (id: unknown) => get(`/${id}/result?wait=10s`);

describe("a task whose definition redacts some of it", () => {
  it("is shown without that by each reply that shows a task", async () => {
    const posted = await post(later);
    expect(posted.status).toBe(201);
    const { id } = posted.body;
    const replies = [
      posted,
      await get(`/${id}`),
      await call("POST", `/v1/tasks/${id}/cancel`),
      await get(`/${id}`),
      await call("POST", `/v1/tasks/${id}/retry`),
    ];
    for (const { text, body } of replies) {
      expect(body).toMatchObject({ id, ...shown });
      expect(text).not.toContain("hunter2");
    }
    for (const query of ["", "?funcPath=card.charge", "?queue=default&limit=1"]) {
      const { text, body } = await get(query);
      expect(body).toMatchObject({ tasks: [{ id, ...shown }] });
      expect(text).not.toContain("hunter2");
    }
  });

  it("is shown without that to whoever enqueues it again", async () => {
    const own = { ...later, id: newTask().id };
    const unique = { ...later, uniqueKey: "one" };
    for (const [body, headers] of [
      [own, {}],
      [unique, {}],
      [later, { "idempotency-key": "one" }],
    ] as const) {
      const first = await post(body, headers);
      const second = await post(body, headers);
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toMatchObject({ id: first.body.id, duplicate: true, ...shown });
      expect(second.text).not.toContain("hunter2");
    }
  });

  it("is compared by what it holds: another secret is another content", async () => {
    const { id } = newTask();
    const other = { ...later, kwargs: { ...later.kwargs, card: { number: "hunter3", year: 2030 } } };
    await post({ ...later, id });
    const conflict = await post({ ...other, id });
    expect(conflict).toMatchObject({ status: 409, body: { code: "id_conflict" } });
    await post(later, { "idempotency-key": "one" });
    const reused = await post(other, { "idempotency-key": "one" });
    expect(reused).toMatchObject({ status: 422, body: { code: "idempotency_conflict" } });
    expect(conflict.text + reused.text).not.toContain("hunter");
  });

  it("is stored whole, and its handler is given all of it", async () => {
    const { id } = (await post(now)).body;
    await result(id);
    expect(given).toEqual([{ input: now.kwargs, args: now.args }]);
    expect(await database.sql("SELECT args, kwargs FROM tasks")).toEqual([
      { args: JSON.stringify(now.args), kwargs: JSON.stringify(now.kwargs) },
    ]);
  });

  it("has a result that is shown without what is redacted of it", async () => {
    const { id } = (await post(now)).body;
    const { status, text, body } = await result(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "SUCCESS",
      result: { to: "a@example.com", receipts: [{ code: R, at: 1 }] },
    });
    expect(text).not.toContain("hunter2");
  });

  it("has an error that is told as its handler threw it", async () => {
    const { id } = (await post({ ...now, kwargs: { ...now.kwargs, fail: "no funds" } })).body;
    expect((await result(id)).body).toMatchObject({ status: "FAILED", error: { message: "no funds" } });
    expect((await get(`/${id}`)).body).toMatchObject({ ...shown, errors: [{ message: "no funds" }] });
  });

  it("leaves no secret in the log, nor in what the listener hears", async () => {
    await result((await post(now)).body.id);
    await result((await post({ ...now, kwargs: { ...now.kwargs, fail: "no funds" } })).body.id);
    await post({ ...now, kwargs: { ...now.kwargs, card: { number: 4111 } } });
    await settled();
    expect(lines.join("\n")).toContain("task succeeded");
    expect(lines.join("\n")).toContain("task failed");
    expect(events.map(({ type }) => type)).toContain("task.succeeded");
    expect(lines.join("\n") + JSON.stringify(events)).not.toMatch(/hunter2|4111/);
  });
});

describe("a refused payload", () => {
  const batch = async (member: object) =>
    call("POST", "/v1/tasks/batch", { json: { tasks: [later, member] } });

  for (const [what, change, field] of [
    ["a redacted field", { kwargs: { to: "a", card: { number: 411_111, year: 1 } } }, "kwargs.card.number"],
    ["what holds one", { kwargs: { to: "a", card: "411111" } }, "kwargs.card"],
    ["args that are no array", { args: "411111" }, "args"],
    ["kwargs that are no object", { kwargs: "411111" }, "kwargs"],
  ] as const) {
    it(`is not quoted where it is ${what}`, async () => {
      const member = { ...later, ...change };
      const alone = await post(member);
      expect(alone).toMatchObject({ status: 400, body: { code: "invalid_input", field } });
      const among = await batch(member);
      expect(among).toMatchObject({
        status: 400,
        body: { code: "invalid_input", field: `tasks[1].${field}` },
      });
      expect(alone.text + among.text).not.toContain("411111");
    });
  }

  it("of a task that was enqueued under an older schema is not quoted in its error", async () => {
    const stored = newTask({
      funcPath: "card.charge",
      kwargs: json({ to: "a", card: { number: 411_111, year: 1 } }),
      eta: 0,
    });
    await database.storage().enqueueMany([stored], Date.now());
    await post(now);
    const { text, body } = await result(stored.id);
    expect(body).toMatchObject({
      status: "FAILED",
      error: { message: `expected kwargs.card.number to be valid (${R}), got "${R}"` },
    });
    expect(text + lines.join("\n")).not.toContain("411111");
  });
});

describe("a task whose definition redacts everything", () => {
  it("shows the names of its payload, and no value of it or of its result", async () => {
    const { body, text } = await post({
      funcPath: "vault.store",
      kwargs: { a: "hunter2", b: { c: 1 } },
      args: [7],
    });
    expect(body).toMatchObject({ kwargs: { a: R, b: R }, args: [R] });
    const ended = await result(body.id);
    expect(ended.body).toMatchObject({ status: "SUCCESS", result: R });
    expect(text + ended.text).not.toContain("hunter2");
  });
});

describe("what is shown whole", () => {
  it("is a task whose definition redacts nothing, among others that do", async () => {
    const { id } = (await post({ funcPath: "plain", kwargs: { a: "seen" } })).body;
    await post(later);
    expect((await result(id)).body).toMatchObject({ result: { a: "seen" } });
    expect((await get("")).body).toMatchObject({ tasks: [shown, { kwargs: { a: "seen" } }] });
  });

  it("is a task of a name that this Worker does not know", async () => {
    const stored = newTask({ funcPath: "elsewhere", kwargs: json({ a: "seen" }) });
    await database.storage().enqueueMany([stored], Date.now());
    expect((await get(`/${stored.id}`)).body).toMatchObject({ kwargs: { a: "seen" } });
  });
});
