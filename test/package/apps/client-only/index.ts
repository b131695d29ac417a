import { createClient } from "omniq/client";

interface Env {
  readonly QUEUE: Fetcher;
}

/** What a Worker does that only enqueues: its queue is another Worker. */
export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const client = createClient({ url: "https://queue", fetch: (url, init) => env.QUEUE.fetch(url, init) });
    const { id } = await client.enqueue("greet", { name: "client" });
    return Response.json(await client.result(id, { wait: "20s" }));
  },
};
