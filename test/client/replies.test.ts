import { afterAll, describe, expect, it } from "vitest";
import { type ClientOptions, createClient } from "../../src/client/index.ts";
import { createApi } from "../../src/http/api.ts";
import { ID } from "../http/calls.ts";
import { add, collect, errorOf, KEY, startServer } from "./context.ts";

const server = await startServer();
afterAll(() => server.close());

/** A client that always gets this reply, and what it sent for it. */
function answering(response: () => Response, options: Partial<ClientOptions> = {}) {
  const sent: Request[] = [];
  const send = (url: string, init: RequestInit) => {
    sent.push(new Request(url, init));
    return response();
  };
  return { sent, client: createClient({ url: "https://jobs.test", retries: 0, fetch: send, ...options }) };
}

const page =
  (status: number, headers = {}) =>
  () =>
    new Response(`<html><title>Sign in</title>${" ".repeat(200)}</html>`, {
      status,
      headers: { "content-type": "text/html", ...headers },
    });

describe("a reply that is not the API's", () => {
  it("is told of with its status, its type and how it begins", async () => {
    const error = await errorOf(answering(page(200)).client.queues());
    expect(error).toMatchObject({ code: "invalid_reply", status: 200 });
    expect(String(error)).toContain(
      'expected JSON in reply to GET /v1/queues, got 200 with text/html, "<html><title>Sign in</title>',
    );
    expect(String(error)).toContain("see that url is that of OmniQ's API");
    expect(String(error).length).toBeLessThan(300);
    const failed = await errorOf(answering(page(404)).client.task(ID));
    expect(failed).toMatchObject({ code: "http_error", status: 404 });
    expect(String(failed)).toContain(`to GET /v1/tasks/${ID}, got 404 with text/html`);
  });

  it("is no reply where it leads elsewhere: what is posted would be fetched there", async () => {
    const { client, sent } = answering(page(301, { location: "https://other.test/v1/tasks" }));
    const error = await errorOf(client.enqueue(add, { a: 1, b: 2 }));
    expect(error).toMatchObject({ code: "http_error", status: 301 });
    expect(String(error)).toContain(", to https://other.test/v1/tasks");
    expect(sent[0]?.redirect).toBe("manual");
  });

  it("is broken JSON, or a problem of another API's", async () => {
    const headers = { "content-type": "application/json" };
    const broken = answering(() => new Response('{"queues": [', { headers })).client;
    expect(await errorOf(broken.queues())).toMatchObject({ code: "invalid_reply" });
    const other = answering(() => Response.json({ title: "no" }, { status: 400 })).client;
    expect(await errorOf(other.queues())).toMatchObject({ code: "http_error", status: 400 });
    const empty = answering(() => new Response(null, { status: 502 })).client;
    expect(String(await errorOf(empty.queues()))).toContain('got 502 with no type, ""');
  });

  it("is JSON of another API, which is taken for none of ours", async () => {
    for (const body of [null, [], "ok", 7, {}, { ok: true }]) {
      const { client } = answering(() => Response.json(body));
      const calls = [
        client.enqueue(add, { a: 1, b: 2 }),
        client.enqueueMany([]),
        client.task(ID),
        client.tasks(),
        client.result(ID),
        client.cancel(ID),
        client.queues(),
        client.health(),
        collect(client.bulk.runAll({ action: "retry", filter: { all: true } })),
        collect(client.schedules.each()),
      ];
      for (const call of calls) {
        expect(await errorOf(call)).toMatchObject({ code: "invalid_reply", status: 200, tries: 1 });
      }
    }
    const { client } = answering(() => Response.json({ ok: true }));
    expect(String(await errorOf(client.tasks()))).toContain("expected JSON with tasks in reply to GET");
  });

  it("is a page where nothing was to come, or text", async () => {
    const { client } = answering(page(200));
    for (const call of [client.delete(ID), client.schedules.delete("digest"), client.metrics()]) {
      expect(await errorOf(call)).toMatchObject({ code: "invalid_reply", status: 200 });
    }
  });

  it("may have a code that this client does not know yet", async () => {
    const problem = { code: "too_tired", detail: "come back tomorrow" };
    const { client } = answering(() => Response.json(problem, { status: 418 }));
    expect(await errorOf(client.queues())).toMatchObject({
      ...problem,
      message: problem.detail,
      status: 418,
    });
  });
});

describe("no reply at all", () => {
  it("is told of with its cause", async () => {
    for (const host of ["localhost", "127.0.0.1"]) {
      const error = await errorOf(createClient({ url: `http://${host}:1`, retries: 0 }).health());
      expect(error).toMatchObject({ code: "network_error", status: null, cause: expect.any(Error) });
      expect(String(error)).toMatch(/to GET \/healthz, got none \(fetch failed: .+\): see that url is right/);
    }
    const closed = createClient({ url: server.url, fetch: () => Promise.reject("out of order"), retries: 0 });
    expect(String(await errorOf(closed.health()))).toContain("(out of order)");
  });
});

describe("what goes with each request", () => {
  it("is the key, the caller's headers, and what is accepted", async () => {
    const { client, sent } = answering(() => Response.json({ queues: [] }), {
      url: "https://jobs.test/of/me/",
      key: KEY,
      headers: { "cf-access-client-id": "me" },
    });
    await client.queues();
    expect(sent[0]?.url).toBe("https://jobs.test/of/me/v1/queues");
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({
      authorization: "Bearer secret",
      "cf-access-client-id": "me",
      accept: "application/json",
    });
  });

  it("is one authorization, that of the key", async () => {
    const headers = { Authorization: "Basic other" };
    const { client, sent } = answering(() => Response.json({ queues: [] }), { key: KEY, headers });
    await client.queues();
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer secret");
  });

  it("is no idempotency key that a header does not hold as it is", async () => {
    const { client, sent } = answering(() => Response.json({ id: ID }));
    for (const idempotencyKey of ["", " order", "order ", "or\nder", "örder", "o".repeat(256)]) {
      const error = await errorOf(client.enqueue(add, { a: 1, b: 2 }, { idempotencyKey }));
      expect(error).toMatchObject({ code: "invalid_input", field: "idempotencyKey" });
    }
    expect(sent).toEqual([]);
    await client.enqueue(add, { a: 1, b: 2 }, { idempotencyKey: "order 7" });
    expect(sent[0]?.headers.get("idempotency-key")).toBe("order 7");
  });

  it("is the newest bookmark of all replies, so that a client reads what it wrote", async () => {
    const bookmarks = ["00000002-a", "00000001-a", null, "00000003-a"];
    const { client, sent } = answering(() => {
      const bookmark = bookmarks.shift();
      return Response.json({ queues: [] }, { headers: bookmark ? { "x-d1-bookmark": bookmark } : {} });
    });
    expect(client.bookmark).toBeNull();
    for (let count = 0; count < 4; count++) await client.queues();
    const seen = sent.map(({ headers }) => headers.get("x-d1-bookmark"));
    expect(seen).toEqual([null, "00000002-a", "00000002-a", "00000002-a"]);
    const { bookmark } = client;
    expect(bookmark).toBe("00000003-a");
    const next = answering(() => Response.json({ queues: [] }), { bookmark });
    await next.client.queues();
    expect(next.sent[0]?.headers.get("x-d1-bookmark")).toBe("00000003-a");
  });
});

describe("the options of a client", () => {
  it.each([
    [{ url: "jobs.test" }, "url"],
    [{ url: "file:queue.db" }, "url"],
    [{ url: "https://user:word@jobs.test" }, "url"],
    [{ url: "https://jobs.test?key=word" }, "url"],
    [{ key: "pass word" }, "key"],
    [{ key: "pass\nword" }, "key"],
    [{ timeout: "word" }, "timeout"],
    [{ headers: { "pass word": "1" } }, "headers"],
    [{ headers: { pass: "word\n" + "word" } }, "headers"],
    [{ retries: -1 }, "retries"],
  ] as const)(
    "are refused at once where they cannot be used, and no secret is told: %j",
    (options, field) => {
      const make = () => createClient({ url: "https://jobs.test", ...options });
      expect(make).toThrow(expect.objectContaining({ name: "OmniqError", code: "invalid_input", field }));
      if (field !== "timeout") expect(make).not.toThrow("word");
    },
  );

  it("take a fetch that is nobody's method", async () => {
    const seen: unknown[] = [];
    function send(this: unknown) {
      seen.push(this);
      return Response.json({ queues: [] });
    }
    await createClient({ url: "https://jobs.test", fetch: send }).queues();
    expect(seen).toEqual([undefined]);
  });

  it("take an app of this process in the place of a network", async () => {
    const api = createApi(() => ({ queue: server.queue, keys: null }));
    const client = createClient({ url: "http://in.process", fetch: api.request });
    const { id } = await client.enqueue(add, { a: 1, b: 2 });
    expect(await client.result(id, { wait: "20s" })).toMatchObject({ result: { sum: 3 } });
    await client.delete(id);
    expect(await errorOf(client.task(id))).toMatchObject({ code: "task_not_found" });
  });
});
