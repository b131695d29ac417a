import { Hono, type MiddlewareHandler } from "hono";
import type { Child } from "hono/jsx";
import { HttpError } from "../../../http/problem.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { readFields } from "../../fields.ts";
import { acts } from "../../guard.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { BulkCount, BulkProgress } from "./progress.tsx";
import { type DeadRun, readDeadRun, toBulkFilter } from "./query.ts";

/** Of 1,000 tasks: each step is short, and can be the last. */
const ONE_PAGE = { pages: 1 } as const;

/** The page acts on nothing yet, and still is for those alone who may. */
const administers: MiddlewareHandler<DashboardEnv> = async (context, next) => {
  if (!context.var.view.visitor?.may("admin")) {
    throw new HttpError("forbidden", "the key", "one with the scope admin", "one without");
  }
  return next();
};

/** Retries or deletes what failed: counted first, then confirmed, then done page by page, each of which is a request. */
export function bulkRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/dead-letters/confirm", administers, async (context) => {
    const { queue, now } = context.var.view;
    const run = readDeadRun(context.req.query(), now);
    const { count, cursor } = await queue.bulk.count(toBulkFilter(run), {
      ...ONE_PAGE,
      cursor: run.cursor || null,
    });
    const counted = { ...run, total: run.total + count, cursor: cursor ?? "" };
    return show(context, counted, <BulkCount run={counted} />);
  });

  app.get("/dead-letters/run", administers, (context) => {
    const run = readDeadRun(context.req.query(), context.var.view.now);
    return show(context, run, <BulkProgress run={run} state="paused" />);
  });

  app.post("/dead-letters/run", acts("admin"), async (context) => {
    const { queue, api, now } = context.var.view;
    const run = readDeadRun(await readFields(context), now);
    const report = await queue.bulk.run({
      ...ONE_PAGE,
      action: run.action,
      filter: toBulkFilter(run),
      cursor: run.cursor || null,
    });
    if (run.action === "retry" && report.changed > 0) api.kick?.();
    const { changed, skipped } = run;
    const next = {
      ...run,
      changed: changed + report.changed,
      skipped: skipped + report.skipped,
      cursor: report.cursor ?? "",
    };
    return show(context, next, <BulkProgress run={next} state={report.cursor === null ? "done" : "going"} />);
  });

  return app;
}

function show(context: DashboardContext, { action }: DeadRun, part: Child) {
  if (isPartial(context)) return renderPart(context, part);
  const title = action === "retry" ? "Retry dead letters" : "Delete dead letters";
  return renderPage(
    context,
    { title, section: "dead-letters", assets: ["bulk.js"] },
    <>
      <nav class="trail" aria-label="Where you are">
        <a href="../dead-letters">Dead letters</a>
      </nav>
      <h1>{title}</h1>
      {part}
    </>,
  );
}
