import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type ClientOptions, createClient } from "../../src/client/index.ts";
import { newId } from "../../src/core/id.ts";
import { createQueue } from "../../src/core/queue.ts";
import { createApi } from "../../src/http/api.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { add } from "../../src/tasks.ts";
import { counted, openD1 } from "../support/d1.ts";

const { binding, rows, reset } = counted(env.DB);
await openD1();
const queue = createQueue({ storage: d1Storage(binding), tasks: [add] });
const api = createApi(() => ({ queue, keys: null }));

/** Rows that are written for what a client does over HTTP. */
async function rowsOf(
  act: (client: ReturnType<typeof createClient>) => Promise<unknown>,
  options: Partial<ClientOptions> = {},
) {
  reset();
  await act(createClient({ url: "http://omniq.test", fetch: api.request, ...options }));
  return { ...rows };
}

const kwargs = { a: 1, b: 2 };

describe("rows that a client's enqueue costs on D1", () => {
  it("1 more for its idempotency key, and 1 as that is purged after a day", async () => {
    expect((await rowsOf((client) => client.enqueue(add, kwargs))).written).toBe(3);
    reset();
    await queue.storage.purgeIdempotencyKeys(Date.now() + 1_000);
    expect(rows.written).toBe(1);
  });

  it("1 more for a batch, whatever the number of its tasks", async () => {
    const tasks = Array.from({ length: 100 }, () => ({ funcPath: add.name, kwargs }));
    expect((await rowsOf((client) => client.enqueueMany(tasks))).written).toBe(201);
  });

  it("none where the task has an id, or nothing is sent again", async () => {
    const id = newId(Date.now());
    expect((await rowsOf((client) => client.enqueue(add, kwargs, { id }))).written).toBe(2);
    expect((await rowsOf((client) => client.enqueue(add, kwargs, { id }))).written).toBe(0);
    expect((await rowsOf((client) => client.enqueue(add, kwargs), { retries: 0 })).written).toBe(2);
  });
});

describe("the bookmark of a client", () => {
  it("is the one that D1 gives, and goes with the next request", async () => {
    const sent: (string | null)[] = [];
    const send: ClientOptions["fetch"] = (url, init) => {
      sent.push(new Headers(init.headers).get("x-d1-bookmark"));
      return api.request(url, init);
    };
    const client = createClient({ url: "http://omniq.test", fetch: send });
    const { id } = await client.enqueue(add, kwargs);
    const { bookmark } = client;
    expect(bookmark).toMatch(/^[0-9a-f]{8}-/);
    expect(await client.task(id)).toMatchObject({ id, status: "PENDING" });
    expect(sent).toEqual([null, bookmark]);
  });
});
