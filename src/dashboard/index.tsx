/**
 * The dashboard: a Hono app of pages that the server renders.
 *
 * - `index.tsx` puts the pages together. `context.ts` is what a page is made with, `page.tsx` answers with one.
 * - `nav.ts` is the menu. A new page is a file `pages/<page>/index.tsx` with its routes, an entry there and a line here.
 * - `guard.ts` keeps others out: the policy, the session, the scopes, the token of each form. `session.ts` is the cookie,
 *   `mount.ts` finds where the dashboard stands.
 * - `parts/` are what pages are made of: layout, table, pager, time, badge, forms, JSON, what is live, what is empty.
 * - `styles/*.css` and `scripts/*.js` are what a browser gets; `scripts/embed.ts` of the project puts them, htmx and uPlot into
 *   `generated.ts`, from which `assets.ts` serves them. Run it after a change.
 */
import { type Context, Hono } from "hono";
import { routePath } from "hono/route";
import { Queue } from "../core/queue.ts";
import type { Api } from "../http/context.ts";
import type { ApiKey } from "../http/keys.ts";
import { HttpError } from "../http/problem.ts";
import { assetRoutes } from "./assets.ts";
import type { DashboardEnv } from "./context.ts";
import { readProblem, renderProblem, showError } from "./errors.tsx";
import { headers, sameSite, signedIn } from "./guard.ts";
import { placeOf } from "./mount.ts";
import { NAV } from "./nav.ts";
import { deadLetterRoutes } from "./pages/dead-letters/index.tsx";
import { overviewRoutes } from "./pages/overview/index.tsx";
import { queueRoutes } from "./pages/queues/index.tsx";
import { scheduleRoutes } from "./pages/schedules/index.tsx";
import { signInRoutes } from "./pages/sign-in.tsx";
import { taskRoutes } from "./pages/task/index.tsx";
import { taskListRoutes } from "./pages/tasks/index.tsx";
import { workerRoutes } from "./pages/workers/index.tsx";
import { ANYBODY, readSession } from "./session.ts";

export interface DashboardOptions {
  /** Who may sign in, made by `parseKeys`. Null lets everybody do everything: for where others guard the path. Defaults to nobody. */
  readonly keys?: readonly ApiKey[] | null;
  /** Signs the sessions, together with the keys. Defaults to these alone: whoever knows their digests can then sign in. */
  readonly sessionSecret?: string;
  /** Starts what became due by an action, as `queue.kick` does. Defaults to leaving it to a runner. */
  readonly kick?: (context: Context) => void;
  /** The clock, in milliseconds since the epoch. Defaults to the machine's. */
  readonly now?: () => number;
}

/**
 * The dashboard as a Hono app, to be served as it is or under a path of another. What its tasks `redact` is not shown.
 *
 * @param source the queue; or a function that gives it, with the keys, for each request, as `createApi` takes it
 * @param options see {@link DashboardOptions}; `keys` and `kick` are for a queue that is given as it is
 * @example app.route("/omniq", dashboard(queue, { keys: parseKeys(process.env.OMNIQ_KEYS ?? "") }));
 */
export function dashboard(source: Queue | ((context: Context) => Api), options: DashboardOptions = {}) {
  const { keys = [], sessionSecret, kick, now = Date.now } = options;
  const resolve = (context: Context): Api => {
    if (!(source instanceof Queue)) return source(context);
    return { queue: source, keys, sessionSecret, kick: kick && (() => kick(context)) };
  };
  const app = new Hono<DashboardEnv>();
  app.onError(showError);
  app.route("/", assetRoutes());
  app.use(headers);
  app.use(async (context, next) => {
    context.header("cache-control", "no-store");
    const api = resolve(context);
    const moment = now();
    const { keys, sessionSecret } = api;
    const { url, path } = context.req;
    const place = placeOf({ path, pathname: new URL(url).pathname, pattern: routePath(context) });
    const { mount } = place;
    const visitor =
      keys === null ? ANYBODY : await readSession(context, { keys, sessionSecret, mount }, moment);
    const queue = api.queue.session().queue.redacted();
    context.set("view", {
      api,
      queue,
      visitor,
      now: moment,
      ...place,
    });
    await next();
  });
  app.use(sameSite);
  app.route("/", signInRoutes());
  app.use(signedIn);
  app.get("/", (context) => context.redirect(`${context.var.view.base}${NAV[0]?.path}`, 302));
  app.route("/", overviewRoutes());
  app.route("/", taskListRoutes());
  app.route("/", taskRoutes());
  app.route("/", queueRoutes());
  app.route("/", scheduleRoutes());
  app.route("/", deadLetterRoutes());
  app.route("/", workerRoutes());
  app.all("*", async (context) => {
    const error = new HttpError(
      "not_found",
      "the path",
      "one of the dashboard's",
      JSON.stringify(context.req.path),
    );
    return renderProblem(context, await readProblem(error, context));
  });
  return app;
}
