import { Hono } from "hono";
import { parseDuration, parseInstant } from "../core/duration.ts";
import { LIMITS, parseId, parseText } from "../core/options.ts";
import type { ApiVariables } from "./api.ts";
import { requires } from "./auth.ts";
import { limitBody, readJson, TASK_BYTES } from "./body.ts";
import { PurgeQuery, parse, QueueBody } from "./schemas.ts";

/** Pages of 1,000 tasks that one call purges at most: about 5 queries each. */
const PURGE_PAGES = 5;

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
    const { queue } = context.var;
    const { olderThan, cursor } = parse(PurgeQuery, context.req.query());
    const limit = parseAge(olderThan, queue.now());
    let purged = 0;
    let next = cursor === undefined ? null : parseId(cursor, "cursor");
    for (let page = 0; page < PURGE_PAGES; page++) {
      const done = await queue.storage.purgeResults({
        olderThan: limit,
        failedOlderThan: limit,
        cursor: next,
      });
      purged += done.purged;
      next = done.cursor;
      if (next === null) break;
    }
    return context.json({ purged, more: next !== null, cursor: next });
  });

  return app;
}

/** A moment, or how long ago it was. Nothing finished in the future: ids from there stay unknown, not purged. */
function parseAge(text: string, now: number): number {
  if (/^\d+$/.test(text)) return Math.min(now, parseInstant(Number(text), "olderThan"));
  if (/^\d{4}-/.test(text)) return Math.min(now, parseInstant(text, "olderThan"));
  return now - parseDuration(text, "olderThan", LIMITS.timeToLive);
}
