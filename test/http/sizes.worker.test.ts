import { afterEach, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
afterEach(() => database.clear());

const MB = 2 ** 20;
const LIMIT = 256 * 1024;
const count = async () => (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n;
const task = (args: unknown[], kwargs = {}) => ({ funcPath: "sample.wordcount", args, kwargs, delay: "1h" });
const post = (json: unknown) => call("POST", "/v1/tasks", { json });

function chunked(text: string): ReadableStream {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(sent, sent + 65_536));
      sent += 65_536;
    },
  });
}

describe("sizes", () => {
  it("refuses a payload of 3 MB with 413", async () => {
    const { status, headers, body } = await post(task(["x".repeat(3 * MB)]));
    expect(status).toBe(413);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      code: "too_large",
      field: "the body",
      expected: `at most ${MB} bytes`,
      got: "more",
    });
    expect(await count()).toBe(0);
  });

  it("refuses it too where it comes in pieces without a length, and reads no more than the limit", async () => {
    const { call } = startWorker(tasks);
    const raw = chunked(JSON.stringify(task(["x".repeat(3 * MB)])));
    const { status, body } = await call("POST", "/v1/tasks", { raw });
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "too_large", field: "the body" });
    expect(await count()).toBe(0);
  });

  it("takes a body that comes in pieces", async () => {
    expect((await call("POST", "/v1/tasks", { raw: chunked(JSON.stringify(task(["a b"]))) })).status).toBe(
      201,
    );
  });

  it("takes args and kwargs of 256 KB together, and refuses a byte more with 413", async () => {
    const fits = "x".repeat(LIMIT - '[""]{}'.length);
    expect((await post(task([fits]))).status).toBe(201);
    const { status, body } = await post(task([`${fits}x`]));
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "too_large", expected: expect.stringContaining("bytes of JSON") });
    expect(await count()).toBe(1);
  });

  it("counts bytes, not characters", async () => {
    const { status, body } = await post(task(["é".repeat(LIMIT / 2)]));
    expect(status).toBe(413);
    expect(body).toMatchObject({ field: "args", got: `${LIMIT + 4} bytes` });
    const together = await post(task(["é".repeat(LIMIT / 4)], { text: "é".repeat(LIMIT / 4) }));
    expect(together).toMatchObject({ status: 413, body: { field: "kwargs" } });
    expect(await count()).toBe(0);
  });

  it("refuses a batch with one payload too large, and names it", async () => {
    const members = [task(["a"]), task(["x".repeat(LIMIT)])];
    const { status, body } = await call("POST", "/v1/tasks/batch", { json: { tasks: members } });
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: "too_large", field: "tasks[1].args" });
    expect(await count()).toBe(0);
  });

  it("takes a batch of several MB, and refuses one of more than 8 MB with 413", async () => {
    const fits = Array.from({ length: 40 }, () => task(["x".repeat(200_000)]));
    expect((await call("POST", "/v1/tasks/batch", { json: { tasks: fits } })).status).toBe(201);
    expect(await count()).toBe(40);
    const more = Array.from({ length: 45 }, () => task(["x".repeat(200_000)]));
    const { status, body } = await call("POST", "/v1/tasks/batch", { json: { tasks: more } });
    expect(status).toBe(413);
    expect(body).toMatchObject({ field: "the body", expected: `at most ${8 * MB} bytes` });
    expect(await count()).toBe(40);
  });
});

describe("values", () => {
  const refused = {
    code: "too_large",
    field: "the body",
    expected: "at most 500000 commas, brackets and braces",
  };

  it.each([
    ["empty objects", `{"tasks": [${"{},".repeat(600_000)}{}]}`],
    ["numbers", `{"tasks": [${"1,".repeat(600_000)}1]}`],
    ["arrays in arrays", "[".repeat(600_000)],
    ["objects in objects", '{"a":'.repeat(600_000)],
    ["names", `{${'"a":1,'.repeat(600_000)}"a":1}`],
    ["texts", `["\\\\",${'"\\"",'.repeat(600_000)}""]`],
  ])("refuses more than 500,000 of them in a batch before they are parsed: %s", async (_, raw) => {
    const { status, body } = await call("POST", "/v1/tasks/batch", { raw });
    expect(status).toBe(413);
    expect(body).toMatchObject({ ...refused, got: expect.stringMatching(/^(60|120)\d{4}$/) });
  });

  it("refuses them in one task too", async () => {
    const { status, body } = await call("POST", "/v1/tasks", {
      raw: `{"args": [${"{},".repeat(300_000)}{}]}`,
    });
    expect({ status, ...body }).toMatchObject({ status: 413, ...refused });
  });

  it("takes as many as a payload of 256 KB can hold", async () => {
    const numbers = Array.from({ length: 130_000 }, () => 1);
    expect((await post(task([numbers]))).status).toBe(201);
    const tasks = Array.from({ length: 3 }, () => task([numbers]));
    expect((await call("POST", "/v1/tasks/batch", { json: { tasks } })).status).toBe(201);
  });

  it("counts nothing in texts", async () => {
    const text = '[{,"'.repeat(40_000);
    const tasks = Array.from({ length: 20 }, () => task([text]));
    expect((await call("POST", "/v1/tasks/batch", { json: { tasks } })).status).toBe(201);
    expect(await count()).toBe(20);
  });
});
