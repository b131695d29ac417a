import { Hono } from "hono";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { bulkRoutes } from "./bulk.tsx";
import { DeadActions, DeadFilters, DeadList } from "./list.tsx";
import { readDeadQuery, toFilter } from "./query.ts";

/** What failed for good, by why; and what can be done with all of it. */
export function deadLetterRoutes() {
  const app = new Hono<DashboardEnv>();
  app.get("/dead-letters", showDeadLetters);
  app.route("/", bulkRoutes());
  return app;
}

async function showDeadLetters(context: DashboardContext) {
  const { queue } = context.var.view;
  const given = context.req.query();
  const query = readDeadQuery(given);
  const page = await queue.inspector.failures(toFilter(query), given.cursor);
  const list = <DeadList query={query} page={page} cursor={given.cursor} />;
  if (isPartial(context)) return renderPart(context, list);
  return renderPage(
    context,
    { title: "Dead letters", section: "dead-letters" },
    <>
      <PageHead title="Dead letters">
        <LiveToggle />
        {page.items.length > 0 && <DeadActions query={query} />}
      </PageHead>
      <DeadFilters query={query} groups={page.items} />
      {list}
    </>,
  );
}
