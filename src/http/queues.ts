import { Hono } from "hono";
import { parseText } from "../core/options.ts";
import { requires } from "./auth.ts";
import { limitBody, readJson, TASK_BYTES } from "./body.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import { parse, QueueBody } from "./schemas.ts";

/** A queue that has no tasks and that nobody configured. */
const UNUSED = { depth: 0, more: false, oldestDueAge: null, running: 0, paused: false, concurrency: null };

export function queueRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/queues", requires("read"), async (context) =>
    context.json({ queues: await context.var.queue.queues() }),
  );

  app.all("/queues", allowOnly("GET", "HEAD"));

  app.put("/queues/:name", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const { queue } = context.var;
    const name = parseText(context.req.param("name"), "name");
    const settings = parse(QueueBody, await readJson(context));
    await queue.configureQueue(name, settings);
    const known = (await queue.queues()).find((summary) => summary.name === name);
    // A replica may not have it yet.
    return context.json({ ...UNUSED, ...known, ...settings, name });
  });

  app.all("/queues/:name", allowOnly("PUT"));

  return app;
}
