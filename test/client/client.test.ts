import { afterAll, describe, expect, it } from "vitest";
import { createClient, enqueueRequest, OmniqError } from "../../src/client/index.ts";
import { ID } from "../http/calls.ts";
import { add, errorOf, fail, KEY, startServer } from "./context.ts";

const server = await startServer();
afterAll(() => server.close());
const client = createClient({ url: server.url, key: KEY });

describe("a client of the API", () => {
  it("enqueues by a definition and gives the result of what it enqueued", async () => {
    const { id, duplicate } = await client.enqueue(add, { a: 1, b: 2 });
    expect(duplicate).toBe(false);
    expect(await client.result(id, { wait: "20s" })).toMatchObject({ status: "SUCCESS", result: { sum: 3 } });
    expect(await client.task(id)).toMatchObject({ id, funcPath: "math.add", status: "SUCCESS" });
  });

  it("enqueues by a name, with the options of an enqueue", async () => {
    const options = { delay: "1h", queue: "mail", args: [1], expiresAt: new Date("2030-01-01T00:00:00Z") };
    const { id } = await client.enqueue("math.add", { a: 1, b: 2 }, options);
    expect(await client.task(id)).toMatchObject({
      status: "PENDING",
      queue: "mail",
      args: [1],
      expiresAt: Date.parse("2030-01-01T00:00:00Z"),
    });
  });

  it("tells a duplicate, and one that was replaced", async () => {
    const options = { delay: "1h", uniqueKey: "one" };
    const first = await client.enqueue(add, { a: 1, b: 2 }, options);
    expect(await client.enqueue(add, { a: 1, b: 2 }, options)).toEqual({ id: first.id, duplicate: true });
    const replacing = { ...options, unique: { onConflict: "replace" } } as const;
    expect(await client.enqueue(add, { a: 2, b: 2 }, replacing)).toEqual({
      id: first.id,
      duplicate: true,
      replaced: true,
    });
  });

  it("enqueues many, with a receipt for each in order", async () => {
    const [delay, uniqueKey] = ["1h", "many"];
    const receipts = await client.enqueueMany([
      { funcPath: "math.add", kwargs: { a: 1, b: 2 }, delay },
      enqueueRequest(add, { a: 1, b: 2 }, { delay, uniqueKey }),
      enqueueRequest(add, { a: 1, b: 2 }, { delay, uniqueKey }),
    ]);
    expect(receipts.map(({ duplicate }) => duplicate)).toEqual([false, false, true]);
    expect(receipts[2]?.id).toBe(receipts[1]?.id);
    expect(receipts[0]?.id).not.toBe(receipts[1]?.id);
  });

  it("answers null while there is no result, and at the end of the wait", async () => {
    const { id } = await client.enqueue(add, { a: 1, b: 2 }, { delay: "1h" });
    expect(await client.result(id)).toBeNull();
    expect(await client.result(id, { wait: 50 })).toBeNull();
  });

  it("tells how a task failed", async () => {
    const { id } = await client.enqueue(fail, {});
    expect(await client.result(id, { wait: "20s" })).toMatchObject({
      status: "FAILED",
      result: null,
      error: { type: "TypeError", message: "as told" },
    });
  });

  it("cancels", async () => {
    const { id } = await client.enqueue(add, { a: 1, b: 2 }, { delay: "1h" });
    expect(await client.cancel(id)).toMatchObject({ id, status: "CANCELLED" });
    expect(await client.result(id)).toMatchObject({ status: "CANCELLED" });
    expect(await errorOf(client.cancel(id))).toMatchObject({ code: "wrong_status", status: 409 });
  });

  it("throws one class of errors, with the server's code, status and field", async () => {
    const error = await errorOf(client.enqueue("math.add", { a: "one", b: 2 }));
    expect(error).toBeInstanceOf(OmniqError);
    expect(error).toMatchObject({
      name: "OmniqError",
      code: "invalid_input",
      status: 400,
      field: "kwargs.a",
      got: '"one"',
      message: expect.stringContaining("expected kwargs.a to be"),
    });
    expect(await errorOf(client.task(ID))).toMatchObject({
      code: "task_not_found",
      status: 404,
      field: null,
    });
    expect(await errorOf(client.task("../queues"))).toMatchObject({ code: "invalid_input", field: "id" });
    const stranger = createClient({ url: server.url });
    expect(await errorOf(stranger.task(ID))).toMatchObject({ code: "unauthorized", status: 401 });
  });

  it("refuses a payload that JSON would change, before it is sent", async () => {
    const at: unknown = new Date();
    expect(await errorOf(client.enqueue("math.add", { at }))).toMatchObject({
      code: "not_serializable",
      field: "kwargs.at",
      status: null,
    });
    const many = client.enqueueMany([{ funcPath: "math.add" }, { funcPath: "math.add", args: [Number.NaN] }]);
    expect(await errorOf(many)).toMatchObject({ code: "not_serializable", field: "tasks[1].args[0]" });
  });

  it("keeps names and numbers as they are stored", async () => {
    const kwargs = { a: 1, b: 2, "\n": -0.5e-7, "\\": "\u2028" };
    const { id } = await client.enqueue("math.add", kwargs, { delay: "1h" });
    expect((await client.task(id)).kwargs).toEqual(kwargs);
  });
});
