import { Hono } from "hono";
import * as v from "valibot";
import { requires } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { instantParameter, text, textLike } from "./fields.ts";
import { allowOnly } from "./methods.ts";
import { parse } from "./schemas.ts";
import { readQuery } from "./url.ts";

/** Ranges and forms are checked by the engine. */
export const HistoryQuery = v.strictObject({
  from: v.optional(
    instantParameter("From the minute that this moment is in. Defaults to an hour before to."),
  ),
  to: v.optional(instantParameter("Before this moment. Defaults to now.")),
  queue: v.optional(text("Only this queue.")),
  cursor: v.optional(
    textLike({ pattern: "^\\d{1,15}:.+$", examples: ["1795510800000:default"] }, "From the page before."),
  ),
});

export function historyRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/history", requires("read"), async (context) =>
    context.json(await context.var.queue.history(parse(HistoryQuery, readQuery(context)))),
  );

  app.all("/history", allowOnly("GET", "HEAD"));

  return app;
}
