import { defineTask } from "omniq";
import { createTestQueue, emptyD1 } from "omniq/testing";

interface Env {
  readonly DB: D1Database;
}

const greet = defineTask<{ name: string }>("greet", { run: ({ name }) => `hello ${name}` });

/** What a test inside workerd does. */
export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const test = await createTestQueue({ storage: emptyD1(env.DB), tasks: [greet] });
    const { id } = await test.queue.enqueue(greet, { name: "D1" });
    await test.assertEnqueued(greet, { name: "D1" });
    const { succeeded } = await test.drain();
    return Response.json({ succeeded, result: (await test.queue.result(id))?.result });
  },
};
