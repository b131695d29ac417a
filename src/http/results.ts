import { Hono } from "hono";
import { ValidationError } from "../core/errors.ts";
import type { PurgeOptions } from "../core/retention.ts";
import { requires } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import { PurgeQuery, parse, YEAR } from "./schemas.ts";
import { readQuery } from "./url.ts";

export function resultRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.delete("/results", requires("admin"), async (context) => {
    const { olderThan, cursor: from } = parse(PurgeQuery, readQuery(context));
    const { purged, cursor } = await context.var.queue.purge({ olderThan: toAge(olderThan), cursor: from });
    return context.json({ purged, more: cursor !== null, cursor });
  });

  app.all("/results", allowOnly("DELETE"));

  return app;
}

/** A moment, in milliseconds or as ISO 8601; any other text says how long ago. */
function toAge(value: number | string): PurgeOptions["olderThan"] {
  if (typeof value === "number" && value < YEAR) {
    throw new ValidationError("olderThan", 'a text like "7d", or a moment after 1970', `${value}`);
  }
  return typeof value === "number" || /^\d{4}-/.test(value) ? { before: value } : value;
}
