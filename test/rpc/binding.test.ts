import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import type { Producer } from "../../src/client/index.ts";
import { ID } from "../http/calls.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The queue's Worker and an app of its own, each in an isolate of its own, as of this date. Nothing ticks. */
function startWorkers(date: string) {
  const platform = { compatibility_date: date, compatibility_flags: ["nodejs_compat"] };
  const binding = { binding: "QUEUE", service: "jobs", entrypoint: "Jobs" };
  const database = { binding: "DB", database_name: "jobs", database_id: ID, migrations_dir: "drizzle" };
  const app = {
    name: "app",
    main: "test/rpc/workers/app.ts",
    services: [binding, { binding: "API", service: "jobs" }, { binding: "SELF", service: "app" }],
  };
  const vars = { OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none" };
  const jobs = { name: "jobs", main: "test/rpc/workers/jobs.ts", d1_databases: [database], vars };
  const workers = [app, jobs].map((config) => ({ config: { ...config, ...platform } }));
  return createTestHarness({ root: ROOT, workers });
}

// Since April 2026 an error keeps its properties from one Worker to another.
describe.each(["2024-11-01", "2026-10-01"])("a queue behind a service binding, as of %s", (date) => {
  const harness = startWorkers(date);
  beforeAll(async () => {
    await harness.listen();
    await harness.getWorker("jobs").applyD1Migrations("DB");
  }, 60_000);
  afterAll(() => harness.close());

  const ask = async (
    verb: string,
    ...given: readonly unknown[]
  ): Promise<{ answer?: unknown; error?: unknown }> => {
    const reply = await harness.fetch("/", { method: "POST", body: JSON.stringify({ verb, given }) });
    return JSON.parse(await reply.text());
  };
  const enqueue = async (...given: readonly unknown[]): Promise<{ id: string; duplicate: boolean }> => {
    const { answer } = await ask("enqueue", ...given);
    return JSON.parse(JSON.stringify(answer));
  };
  const sum = { a: 1, b: 2 };
  const later = { delay: "1h" };

  it("starts what is due at once, in the rest of its own time", async () => {
    const { id, duplicate } = await enqueue("math.add", sum);
    expect(duplicate).toBe(false);
    expect(await ask("result", id, { wait: "20s" })).toMatchObject({
      answer: { taskId: id, status: "SUCCESS", result: { sum: 3 } },
    });
    expect(await ask("task", id)).toMatchObject({ answer: { id, attempts: 1, kwargs: sum } });
  });

  it("enqueues many, with a receipt for each in order", async () => {
    const one = { funcPath: "math.add", kwargs: sum, ...later, uniqueKey: "many" };
    const { answer } = await ask("enqueueMany", [one, { ...one, uniqueKey: "other" }, one]);
    expect(answer).toMatchObject([{ duplicate: false }, { duplicate: false }, { duplicate: true }]);
  });

  it("starts those of many that are due", async () => {
    const { answer } = await ask("enqueueMany", [{ funcPath: "math.add", kwargs: sum }]);
    const [{ id }] = JSON.parse(JSON.stringify(answer));
    expect(await ask("result", id, { wait: "20s" })).toMatchObject({ answer: { status: "SUCCESS" } });
  });

  it("cancels, and tells that there is no result yet", async () => {
    const { id } = await enqueue("math.add", sum, later);
    expect(await ask("result", id)).toEqual({ answer: null });
    expect(await ask("cancel", id)).toMatchObject({ answer: { id, status: "CANCELLED" } });
    expect(await ask("result", id)).toMatchObject({ answer: { status: "CANCELLED", result: null } });
  });

  it("enqueues once for one key, and refuses it with another content", async () => {
    const options = { ...later, idempotencyKey: "order-7" };
    const { id } = await enqueue("math.add", sum, options);
    expect(await enqueue("math.add", sum, options)).toEqual({ id, duplicate: true });
    const other = await ask("enqueue", "math.add", { a: 1, b: 3 }, options);
    expect(other).toMatchObject({ error: { code: "idempotency_conflict" } });
    const batch = [{ funcPath: "math.add", kwargs: sum, ...later }];
    const first = await ask("enqueueMany", batch, { idempotencyKey: "order-8" });
    const second = await ask("enqueueMany", batch, { idempotencyKey: "order-8" });
    expect(second).toMatchObject({ answer: [{ ...Object(first.answer)[0], duplicate: true }] });
  });

  it("takes a definition for its name", async () => {
    expect(await ask("definition")).toMatchObject({
      answer: [{ result: { sum: 3 } }, { result: { sum: 7 } }],
    });
  });

  it("has an HTTP API too, for a client whose fetch is a binding's", async () => {
    expect(await ask("http")).toMatchObject({ answer: { status: "SUCCESS", result: { sum: 3 } } });
  });

  it("does not tell what its definitions redact, though their handlers get all of it", async () => {
    const { id } = await enqueue("user.login", { word: "secret" });
    expect(await ask("result", id, { wait: "20s" })).toMatchObject({ answer: { result: { length: 6 } } });
    expect(await ask("task", id)).toMatchObject({ answer: { kwargs: { word: "[redacted]" } } });
  });

  it.each<[code: string, verb: keyof Producer | "unserializable" | "unbound", ...given: unknown[]]>([
    ["unknown_task", "enqueue", "math.sub", {}],
    ["invalid_input", "enqueue", "math.add", { a: "one", b: 2 }],
    ["invalid_input", "enqueue", "math.add", sum, { delay: "soon" }],
    ["invalid_input", "enqueueMany", [{ funcPath: "math.add", kwargs: { a: 1 } }]],
    ["not_serializable", "unserializable"],
    ["invalid_input", "unbound"],
    ["task_not_found", "task", ID],
    ["task_not_found", "result", ID],
    ["task_not_found", "cancel", ID],
    ["parent_not_found", "enqueue", "math.add", sum, { after: [ID] }],
  ])("keeps the code of an error: %s of %s", async (code, verb, ...given) => {
    const { error } = await ask(verb, ...given);
    expect(error).toMatchObject({ code, isOurs: true, name: "OmniqError", status: null });
    expect(error).toMatchObject({ message: expect.stringMatching(/^(expected|no task)/) });
  });

  it("throws to a caller that does without connect, by a message that has the code", async () => {
    expect(await ask("direct", "task", ID)).toMatchObject({
      error: { isOurs: false, message: `omniq/task_not_found: no task has the id ${ID}` },
    });
  });

  it.each<[field: string, verb: keyof Producer, ...given: unknown[]]>([
    ["funcPath", "enqueue"],
    ["options", "enqueue", "math.add", sum, 7],
    ["prio", "enqueue", "math.add", sum, { prio: 1 }],
    ["priority", "enqueue", "math.add", sum, { priority: "high", idempotencyKey: "order-9" }],
    ["tasks", "enqueueMany"],
    ["tasks", "enqueueMany", "math.add"],
    ["tasks[1]", "enqueueMany", [{ funcPath: "math.add", kwargs: sum, ...later }, null]],
    ["tasks[0].funcPath", "enqueueMany", [{}]],
    ["tasks[0].prio", "enqueueMany", [{ funcPath: "math.add", kwargs: sum, prio: 1 }]],
    ["options", "result", ID, 7],
  ])("refuses, as the API does, what no compiler has seen: %s", async (field, verb, ...given) => {
    const { error } = await ask("direct", verb, ...given);
    expect(error).toMatchObject({ message: expect.stringMatching(/^omniq\/invalid_input: expected /) });
    expect(error).toMatchObject({ message: expect.stringContaining(`expected ${field} to be`) });
  });

  it("says that a binding is none to a queue", async () => {
    const { error } = await ask("missing", ID);
    expect(error).toMatchObject({
      code: "internal_error",
      message: expect.stringContaining("the queue's Worker"),
    });
  });

  it("ends a wait at an abort, with its reason", async () => {
    const { id } = await enqueue("math.add", sum, later);
    expect(await ask("abort", id)).toMatchObject({ error: { isOurs: false, message: "enough" } });
  });
});
