import { Hono } from "hono";
import { requires } from "./auth.ts";
import { limitBody, readJson, TASK_BYTES } from "./body.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import { BulkBody, ChangeBody, CountQuery, EtaBody } from "./operate-schemas.ts";
import { parse } from "./schemas.ts";
import { readQuery } from "./url.ts";

/** What operators do with tasks. Its paths come before those that take an id in the place of `bulk` and `count`. */
export function operateRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.post("/tasks/bulk", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const { action, ...options } = parse(BulkBody, await readJson(context));
    const report = await context.var.queue.bulk.run({ action, ...options });
    if (report.changed > 0 && action !== "delete" && action !== "cancel") context.var.api.kick?.();
    return context.json(report);
  });

  app.all("/tasks/bulk", allowOnly("POST"));

  app.get("/tasks/count", requires("read"), async (context) => {
    const { cursor, pages, ...filter } = parse(CountQuery, readQuery(context));
    return context.json(await context.var.queue.bulk.count(filter, { cursor, pages }));
  });

  app.all("/tasks/count", allowOnly("GET", "HEAD"));

  app.patch("/tasks/:id", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const change = parse(ChangeBody, await readJson(context));
    const task = await context.var.queue.change(context.req.param("id"), change);
    context.var.api.kick?.();
    return context.json(task);
  });

  app.delete("/tasks/:id", requires("admin"), async (context) => {
    await context.var.queue.delete(context.req.param("id"));
    return context.body(null, 204);
  });

  app.post("/tasks/:id/run", requires("admin"), async (context) => {
    const task = await context.var.queue.runNow(context.req.param("id"));
    context.var.api.kick?.();
    return context.json(task);
  });

  app.all("/tasks/:id/run", allowOnly("POST"));

  app.post("/tasks/:id/reschedule", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const eta = parse(EtaBody, await readJson(context));
    const task = await context.var.queue.reschedule(context.req.param("id"), eta);
    if (task.eta <= task.updatedAt) context.var.api.kick?.();
    return context.json(task);
  });

  app.all("/tasks/:id/reschedule", allowOnly("POST"));

  return app;
}
