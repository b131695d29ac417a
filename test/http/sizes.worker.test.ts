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

  it("takes a batch of several MB, and refuses one of more than 16 MB with 413", async () => {
    const fits = Array.from({ length: 40 }, () => task(["x".repeat(200_000)]));
    expect((await call("POST", "/v1/tasks/batch", { json: { tasks: fits } })).status).toBe(201);
    expect(await count()).toBe(40);
    const more = Array.from({ length: 90 }, () => task(["x".repeat(200_000)]));
    const { status, body } = await call("POST", "/v1/tasks/batch", { json: { tasks: more } });
    expect(status).toBe(413);
    expect(body).toMatchObject({ field: "the body", expected: `at most ${16 * MB} bytes` });
    expect(await count()).toBe(40);
  });
});
