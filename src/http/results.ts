import { Hono } from "hono";
import type { PurgeOptions } from "../core/retention.ts";
import { requires } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { PurgeQuery, parse } from "./schemas.ts";

export function resultRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.delete("/results", requires("admin"), async (context) => {
    const { olderThan, cursor: from } = parse(PurgeQuery, context.req.query());
    const { purged, cursor } = await context.var.queue.purge({ olderThan: toAge(olderThan), cursor: from });
    return context.json({ purged, more: cursor !== null, cursor });
  });

  return app;
}

/** A moment, in milliseconds or as ISO 8601; any other text says how long ago. */
function toAge(value: number | string): PurgeOptions["olderThan"] {
  return typeof value === "number" || /^\d{4}-/.test(value) ? { before: value } : value;
}
