import { afterAll, describe, expect, it, vi } from "vitest";
import { Client } from "../../src/client/client.ts";
import { type ClientOptions, createClient, OmniqError } from "../../src/client/index.ts";
import { delayBefore } from "../../src/client/patience.ts";
import { Transport } from "../../src/client/transport.ts";
import { ID } from "../http/calls.ts";
import { add, errorOf, KEY, startServer } from "./context.ts";

const server = await startServer();
afterAll(() => server.close());
const healthy = createClient({ url: server.url, key: KEY });

interface Sent {
  readonly url: string;
  readonly body: unknown;
  readonly headers: Headers;
}
type Fault = (send: () => Promise<Response>, signal: AbortSignal) => Response | Promise<Response>;

/** A client whose first sends meet the faults, one each, and whose later ones reach the server. Its waits take no time. */
function through(faults: readonly Fault[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const clock = { now: 0 };
  const sleep = async (duration: number, signal?: AbortSignal) => {
    slept.push(duration);
    clock.now += duration;
    signal?.throwIfAborted();
  };
  const send: ClientOptions["fetch"] = (url, init) => {
    const fault = faults[sent.length] ?? ((go) => go());
    sent.push({ url, body: init.body, headers: new Headers(init.headers) });
    return fault(() => fetch(url, init), init.signal ?? new AbortController().signal);
  };
  const transport = new Transport(
    { url: server.url, key: KEY, fetch: send, ...options },
    { now: () => clock.now, random: () => 0, sleep },
  );
  return { client: new Client(transport), sent, slept, clock };
}

const disconnect: Fault = () => Promise.reject(new TypeError("fetch failed"));
/** The server does it, and its reply does not come. */
const loseReply: Fault = async (send) => {
  await send();
  throw new TypeError("fetch failed", { cause: new Error("other side closed") });
};
const answer =
  (status: number, headers: Record<string, string> = {}, body: string | null = null): Fault =>
  () =>
    new Response(body, { status, headers });
const problem = (status: number, code: string) =>
  answer(status, { "content-type": "application/problem+json" }, JSON.stringify({ code, detail: "as told" }));
const hang: Fault = () => new Promise(() => {});

const later = { delay: "1h" };

describe("a call that fails on its way", () => {
  it("is sent again with the same key and the same bytes, and is done once", async () => {
    const { client, sent } = through([disconnect, loseReply, problem(503, "storage_unavailable")]);
    const { id } = await client.enqueue(add, { a: 1, b: 2 }, { ...later, queue: "once" });
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1);
    const keys = new Set(sent.map(({ headers }) => headers.get("idempotency-key")));
    expect([...keys]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect((await client.tasks({ queue: "once" })).items).toMatchObject([{ id }]);
  });

  it("has another key each time, or that of the caller, or none where each task has an id", async () => {
    const { client, sent } = through([]);
    const id = "018f0000-06bb-7e37-a6ed-ea59e3b6fd01";
    await client.enqueue(add, { a: 1, b: 2 }, later);
    await client.enqueue(add, { a: 1, b: 2 }, later);
    await client.enqueue(add, { a: 1, b: 2 }, { ...later, idempotencyKey: "order-7" });
    await client.enqueue(add, { a: 1, b: 2 }, { ...later, id });
    await client.enqueueMany([{ funcPath: "math.add", kwargs: { a: 1, b: 2 }, id, ...later }]);
    const keys = sent.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys.slice(2)).toEqual(["order-7", null, null]);
    expect(keys[0]).not.toBe(keys[1]);
    expect(sent[2]?.body).not.toContain("order-7");
    const { client: impatient, sent: once } = through([], { retries: 0 });
    await impatient.enqueue(add, { a: 1, b: 2 }, later);
    expect(once[0]?.headers.get("idempotency-key")).toBeNull();
  });

  it("is given up after its retries, with the last error", async () => {
    const { client, sent } = through([disconnect, disconnect, loseReply], { retries: 2 });
    const error = await errorOf(client.task(ID));
    expect(sent).toHaveLength(3);
    expect(error).toMatchObject({ code: "network_error", status: null, tries: 3 });
    expect(String(error)).toContain("(fetch failed: other side closed)");
  });

  it.each([429, 502, 503, 504, 520, 524])("is sent again after %i", async (status) => {
    const { client, sent } = through([answer(status)]);
    expect(await client.queues()).toBeInstanceOf(Array);
    expect(sent).toHaveLength(2);
  });

  it.each([
    [400, "invalid_input"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "task_not_found"],
    [408, "http_error"],
    [409, "wrong_status"],
    [410, "task_purged"],
    [422, "idempotency_conflict"],
    [500, "internal_error"],
    [507, "storage_full"],
    [503, "schema_missing"],
    [503, "migration_failed"],
    [503, "invalid_config"],
  ])("is not sent again after %i %s", async (status, code) => {
    const { client, sent } = through([problem(status, code)]);
    expect(await errorOf(client.retry(ID))).toMatchObject({ code, status, detail: "as told", tries: 1 });
    expect(sent).toHaveLength(1);
  });

  it("waits twice as long each time, up to 10 s, half of it by chance", async () => {
    const { client, slept } = through(Array(9).fill(disconnect), { retries: 8 });
    expect(await errorOf(client.queues())).toMatchObject({ tries: 9 });
    expect(slept).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect([delayBefore(new OmniqError({ code: "network_error", detail: "" }), 1, 0.5)]).toEqual([187.5]);
  });

  it("waits for as long as it is asked to, and gives up where that is more than a minute", async () => {
    const date = (ahead: number) => new Date(Date.now() + ahead).toUTCString();
    const { client, slept } = through([
      answer(429, { "retry-after": "3" }),
      answer(503, { "retry-after": date(-5_000) }),
    ]);
    await client.queues();
    expect(slept).toEqual([3_125, 250]);
    const impatient = through([answer(503, { "retry-after": date(3_600_000) })]);
    const error = await errorOf(impatient.client.queues());
    expect(error).toMatchObject({
      code: "http_error",
      status: 503,
      retryAfter: expect.any(Number),
      tries: 1,
    });
  });
});

describe("what a lost reply leaves in doubt", () => {
  it("cancels and deletes once, without an error", async () => {
    const { client } = through([(send) => send(), loseReply]);
    const { id } = await client.enqueue(add, { a: 1, b: 2 }, later);
    expect(await client.cancel(id)).toMatchObject({ id, status: "CANCELLED" });
    const deleting = through([loseReply]);
    expect(await deleting.client.delete(id)).toBeUndefined();
    expect(deleting.sent).toHaveLength(2);
    expect(await errorOf(healthy.task(id))).toMatchObject({ code: "task_not_found" });
  });

  it("does not take for cancelled what had ended otherwise", async () => {
    const { id } = await healthy.enqueue(add, { a: 1, b: 2 });
    await healthy.result(id, { wait: "20s" });
    const { client } = through([loseReply]);
    expect(await errorOf(client.cancel(id))).toMatchObject({ code: "wrong_status", tries: 2 });
  });

  it("does not run a schedule twice: only where the server did nothing it is sent again", async () => {
    const { client, sent } = through([(send) => send(), loseReply]);
    const kwargs = { a: 1, b: 2 };
    await client.schedules.create({ name: "once", cron: "0 0 1 1 *", funcPath: "math.add", kwargs });
    expect(await errorOf(client.schedules.run("once"))).toMatchObject({ code: "network_error" });
    expect(sent).toHaveLength(2);
    expect((await client.tasks({ schedule: "once" })).items).toHaveLength(1);
    const refused = through([answer(429)]);
    expect(await refused.client.schedules.run("once")).toMatchObject({ duplicate: false });
  });
});

describe("the time that a call takes", () => {
  it("is limited for each try, that of reading its reply included", async () => {
    const stuck: Fault = () => new Response(new ReadableStream({ start: () => {} }));
    const { client, sent } = through([hang, stuck], { timeout: "200ms" });
    expect(await client.queues()).toBeInstanceOf(Array);
    expect(sent).toHaveLength(3);
    const never = through([hang], { timeout: 100, retries: 0 });
    expect(await errorOf(never.client.queues())).toMatchObject({
      code: "request_timeout",
      message: expect.stringContaining("GET /v1/queues within 100 ms"),
    });
  });

  it("ends at an abort, with its reason, while a try is under way", async () => {
    const controller = new AbortController();
    const { client, sent } = through([hang], { timeout: Number.POSITIVE_INFINITY });
    const call = errorOf(client.queues({ signal: controller.signal }));
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await call).toBe(reason);
  });

  it("ends at an abort while it waits for the next try", async () => {
    const controller = new AbortController();
    const refuse = () => new Response(null, { status: 429, headers: { "retry-after": "50" } });
    const client = createClient({ url: server.url, fetch: refuse });
    const call = errorOf(client.queues({ signal: controller.signal }));
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    expect(await call).toBe(reason);
  });

  it("tells a fetch to stop where the time is over", async () => {
    const signals: AbortSignal[] = [];
    const note: Fault = (_send, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    };
    const { client } = through([note], { timeout: 20, retries: 0 });
    expect(await errorOf(client.queues())).toMatchObject({ code: "request_timeout" });
    expect(signals[0]?.aborted).toBe(true);
  });

  it("may be longer than any timer", async () => {
    const { client } = through([], { timeout: "365d" });
    expect(await client.queues()).toBeInstanceOf(Array);
  });

  it("is none where the signal was aborted before", async () => {
    const { client, sent } = through([]);
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    expect(await errorOf(client.enqueue(add, { a: 1, b: 2 }, { signal }))).toBe(reason);
    expect(sent).toHaveLength(0);
  });
});

describe("a long wait for a result", () => {
  const ended = { taskId: ID, status: "SUCCESS", result: 3, error: null };
  const none = () => Response.json({ taskId: ID, result: null }, { status: 202 });
  const waits = (sent: readonly Sent[]) => sent.map(({ url }) => new URL(url).searchParams.get("wait"));

  it("is many calls, of at most 30 s each", async () => {
    const waiting: Fault = () => {
      clock.now += 30_000;
      return none();
    };
    const { client, sent, slept, clock } = through([waiting, waiting, () => Response.json(ended)]);
    expect(await client.result(ID, { wait: "2m" })).toEqual(ended);
    expect(waits(sent)).toEqual(["30000", "30000", "30000"]);
    expect(slept).toEqual([]);
  });

  it("is null at its end, to which the last call is cut", async () => {
    const waiting: Fault = () => {
      clock.now += 30_000;
      return none();
    };
    const { client, sent, clock } = through([waiting, waiting, waiting]);
    expect(await client.result(ID, { wait: "70s" })).toBeNull();
    expect(waits(sent)).toEqual(["30000", "30000", "10000"]);
  });

  it("pauses where the server answers sooner than it is asked to", async () => {
    const { client, sent, slept } = through([none, none, none]);
    expect(await client.result(ID, { wait: "1500ms" })).toBeNull();
    expect(slept).toEqual([1_000, 500]);
    expect(waits(sent)).toEqual(["1500", "500", null]);
  });

  it("gives each call as much more time as it is to wait", async () => {
    const slow: Fault = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return Response.json(ended);
    };
    const { client } = through([slow], { timeout: 100, retries: 0 });
    expect(await client.result(ID, { wait: "1s" })).toEqual(ended);
  });

  it("ends at an abort", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const abort: Fault = () => {
      controller.abort(reason);
      return none();
    };
    const { client, sent } = through([none, abort]);
    expect(await errorOf(client.result(ID, { wait: "1h", signal: controller.signal }))).toBe(reason);
    expect(sent).toHaveLength(2);
  });

  it("refuses a wait that it cannot read", async () => {
    for (const wait of ["1 fortnight", "-1s", "30", -1, Number.NaN]) {
      const error = await errorOf(healthy.result(ID, { wait }));
      expect(error).toMatchObject({ code: "invalid_input", field: "wait" });
    }
  });
});
