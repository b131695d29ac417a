import { Hono } from "hono";
import { requires } from "./auth.ts";
import { limitBody, readJson, readOptionalJson, TASK_BYTES } from "./body.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import {
  DisableBody,
  NewScheduleBody,
  NextQuery,
  ScheduleChangesBody,
  ScheduleListQuery,
} from "./schedule-schemas.ts";
import { parse } from "./schemas.ts";
import { readQuery } from "./url.ts";

export function scheduleRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/schedules", requires("read"), async (context) => {
    const { items, cursor } = await context.var.queue.schedules.list(
      parse(ScheduleListQuery, readQuery(context)),
    );
    return context.json({ schedules: items, cursor });
  });

  app.post("/schedules", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const request = parse(NewScheduleBody, await readJson(context));
    const schedule = await context.var.queue.schedules.create(request);
    const { pathname } = new URL(context.req.url);
    return context.json(schedule, 201, { location: `${pathname}/${encodeURIComponent(schedule.name)}` });
  });

  app.all("/schedules", allowOnly("GET", "HEAD", "POST"));

  app.get("/schedules/:name", requires("read"), async (context) =>
    context.json(await context.var.queue.schedules.get(context.req.param("name"))),
  );

  app.patch("/schedules/:name", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const changes = parse(ScheduleChangesBody, await readJson(context));
    return context.json(await context.var.queue.schedules.update(context.req.param("name"), changes));
  });

  app.delete("/schedules/:name", requires("admin"), async (context) => {
    await context.var.queue.schedules.delete(context.req.param("name"));
    return context.body(null, 204);
  });

  app.all("/schedules/:name", allowOnly("GET", "HEAD", "PATCH", "DELETE"));

  app.post("/schedules/:name/enable", requires("admin"), async (context) =>
    context.json(await context.var.queue.schedules.enable(context.req.param("name"))),
  );

  app.all("/schedules/:name/enable", allowOnly("POST"));

  app.post("/schedules/:name/disable", requires("admin"), limitBody(TASK_BYTES), async (context) => {
    const { reason } = parse(DisableBody, await readOptionalJson(context));
    return context.json(await context.var.queue.schedules.disable(context.req.param("name"), reason));
  });

  app.all("/schedules/:name/disable", allowOnly("POST"));

  app.post("/schedules/:name/run", requires("admin"), async (context) => {
    const receipt = await context.var.queue.schedules.run(context.req.param("name"));
    context.var.api.kick?.();
    if (receipt.duplicate) return context.json(receipt);
    const { pathname } = new URL(context.req.url);
    return context.json(receipt, 201, {
      location: pathname.replace(/schedules\/[^/]*\/run$/, `tasks/${receipt.id}`),
    });
  });

  app.all("/schedules/:name/run", allowOnly("POST"));

  app.get("/schedules/:name/next", requires("read"), async (context) => {
    const { count } = parse(NextQuery, readQuery(context));
    return context.json({
      firings: await context.var.queue.schedules.next(context.req.param("name"), count),
    });
  });

  app.all("/schedules/:name/next", allowOnly("GET", "HEAD"));

  return app;
}
