import { Hono } from "hono";
import { parseText } from "../core/options.ts";
import type { PurgeOptions } from "../core/retention.ts";
import type { ApiVariables } from "./api.ts";
import { requires } from "./auth.ts";
import { limitBody, readJson, TASK_BYTES } from "./body.ts";
import { PurgeQuery, parse, QueueBody } from "./schemas.ts";

const UNKNOWN = { depth: 0, more: false, oldestDueAge: null, running: 0, paused: false, concurrency: null };

export function queueRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/queues", requires("read"), async (context) =>
    context.json({ queues: await context.var.queue.queues() }),
  );

  app.put("/queues/:name", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const { queue } = context.var;
    const name = parseText(context.req.param("name"), "name");
    const settings = parse(QueueBody, await readJson(context));
    await queue.configureQueue(name, settings);
    const known = (await queue.queues()).find((summary) => summary.name === name);
    // A replica may not have it yet.
    return context.json({ ...UNKNOWN, ...known, ...settings, name });
  });

  app.delete("/results", requires("admin"), async (context) => {
    const { olderThan, cursor: from } = parse(PurgeQuery, context.req.query());
    const { purged, cursor } = await context.var.queue.purge({ olderThan: readAge(olderThan), cursor: from });
    return context.json({ purged, more: cursor !== null, cursor });
  });

  return app;
}

/** A moment, in milliseconds or as ISO 8601, or how long ago it was. */
function readAge(text: string): PurgeOptions["olderThan"] {
  if (/^\d+$/.test(text)) return { before: Number(text) };
  return /^\d{4}-/.test(text) ? { before: text } : text;
}
