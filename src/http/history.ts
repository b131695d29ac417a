import { Hono } from "hono";
import * as v from "valibot";
import { digitsOrText } from "../core/duration.ts";
import { requires } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import { parse } from "./schemas.ts";
import { readQuery } from "./url.ts";

const Moment = v.optional(v.pipe(v.string(), v.transform(digitsOrText)));

/** Ranges and forms are checked by the engine. */
export const HistoryQuery = v.strictObject({
  from: Moment,
  to: Moment,
  queue: v.optional(v.string()),
  cursor: v.optional(v.string()),
});

export function historyRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/history", requires("read"), async (context) =>
    context.json(await context.var.queue.history(parse(HistoryQuery, readQuery(context)))),
  );

  app.all("/history", allowOnly("GET", "HEAD"));

  return app;
}
