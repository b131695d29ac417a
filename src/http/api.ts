import { type Context, Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { describe } from "../core/describe.ts";
import { authenticate, refuseOtherSites } from "./auth.ts";
import type { Api, ApiVariables } from "./context.ts";
import { historyRoutes } from "./history.ts";
import { allowOnly } from "./methods.ts";
import { metricsRoutes } from "./metrics.ts";
import { openApiRoutes } from "./openapi/routes.ts";
import { operateRoutes } from "./operate.ts";
import { HttpError, problemOf } from "./problem.ts";
import { queueRoutes } from "./queues.ts";
import { resultRoutes } from "./results.ts";
import { scheduleRoutes } from "./schedules.ts";
import { taskRoutes } from "./tasks.ts";
import { checkEncoding } from "./url.ts";

/** Marks what a session has seen, in and out. */
const BOOKMARK = "x-d1-bookmark";

/** What D1 hands out as a bookmark; anything else would be an error inside the database. */
const BOOKMARK_FORM = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/;

/**
 * The HTTP API as a Hono app, to be served as it is or under a path of another.
 *
 * @param resolve gives the queue and the keys for a request: the same ones each time, or by its environment
 * @example
 * const keys = parseKeys(process.env.OMNIQ_KEYS ?? "");
 * app.route("/queue", createApi(() => ({ queue: runner.queue, keys })));
 */
export function createApi(resolve: (context: Context) => Api): Hono<{ Variables: ApiVariables }> {
  const app = new Hono<{ Variables: ApiVariables }>();
  app.onError((error, context) => {
    const response = problemOf(error, context);
    if (response.status >= 500) context.var.api?.onError?.(error);
    return response;
  });
  // What would hold for all of the host, and hosts below it, is for whoever has that to say.
  app.use(secureHeaders({ strictTransportSecurity: false, originAgentCluster: false }));
  app.use(async (context, next) => {
    context.header("cache-control", "no-store");
    const api = resolve(context);
    // Before the session, whose error is logged by it.
    context.set("api", api);
    const bookmark = context.req.header(BOOKMARK);
    const known = bookmark !== undefined && BOOKMARK_FORM.test(bookmark) ? bookmark : undefined;
    const session = api.queue.session(known);
    context.set("queue", session.queue.redacted());
    await next();
    const reached = session.bookmark();
    if (reached !== null) context.header(BOOKMARK, reached);
  });
  app.use((context, next) => {
    checkEncoding(context.req.url);
    return next();
  });
  app.use(refuseOtherSites);
  app.get("/healthz", async (context) => {
    try {
      await context.var.queue.verify();
    } catch (error) {
      context.var.api.onError?.(error);
      return problemOf(error, context, 503);
    }
    return context.json({ status: "ok" });
  });
  app.all("/healthz", allowOnly("GET", "HEAD"));
  app.route("/v1", operateRoutes());
  app.route("/v1", taskRoutes());
  app.route("/v1", queueRoutes());
  app.route("/v1", scheduleRoutes());
  app.route("/v1", resultRoutes());
  app.route("/v1", historyRoutes());
  app.route("/", metricsRoutes());
  app.route("/", openApiRoutes());
  app.all("*", async (context) => {
    // Without a key nobody learns even what is not there.
    await authenticate(context);
    throw new HttpError("not_found", "the path", "one of the API's", describe(context.req.path));
  });
  return app;
}
