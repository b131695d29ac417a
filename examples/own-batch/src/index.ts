import { d1Storage } from "omniq/d1";
import { createWorker } from "omniq/worker";
import { type Env, sendReceipt, tasks } from "./tasks.ts";

const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks });

export default {
  scheduled: worker.scheduled,

  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (request.method !== "POST" || pathname !== "/orders") return worker.fetch(request, env, ctx);
    const { email, total } = await request.json<{ email: string; total: number }>();
    const orderId = crypto.randomUUID();
    const insert = env.DB.prepare("INSERT INTO orders (id, email, total) VALUES (?, ?, ?)");
    const queue = worker.queueFor(env);
    const receipt = await queue.statements(sendReceipt, { orderId });
    try {
      // The order and its task are there together, or neither is.
      await env.DB.batch([insert.bind(orderId, email, total), ...receipt]);
    } catch (error) {
      return Response.json({ error: String(error) }, { status: 400 });
    }
    queue.kick(ctx);
    return Response.json({ orderId }, { status: 201 });
  },
} satisfies ExportedHandler<Env>;
