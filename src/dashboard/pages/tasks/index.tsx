import { Hono } from "hono";
import { isId } from "../../../core/id.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { readProblem, sentence } from "../../errors.tsx";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { Notice } from "../../parts/notice.tsx";
import { TaskFilters } from "./filters.tsx";
import { TaskList } from "./list.tsx";
import { readTaskQuery, type TaskQuery, toSearch } from "./query.ts";

/** The list of tasks, by filter. */
export function taskListRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/tasks", async (context) => {
    const query = readTaskQuery(context.req.query());
    const wanted = query.text.toLowerCase();
    if (isId(wanted)) return context.redirect(`tasks/${wanted}`, 303);
    const { queue } = context.var.view;
    const found = await search(context, query);
    if ("detail" in found) return showFault(context, query, found.detail);
    const list = <TaskList query={query} page={found} />;
    if (isPartial(context)) return renderPart(context, list);
    const names = { queues: await queue.explorer.queueNames(), funcPaths: queue.explorer.funcPaths };
    return renderPage(
      context,
      { title: "Tasks", section: "tasks" },
      <>
        <PageHead title="Tasks">
          <LiveToggle />
        </PageHead>
        {context.req.query("done") === "delete" && <Notice kind="done">The task is deleted.</Notice>}
        <TaskFilters query={query} {...names} />
        {list}
      </>,
    );
  });

  return app;
}

/** A filter that cannot be used is told beside it. */
async function search(context: DashboardContext, query: TaskQuery) {
  try {
    return await context.var.view.queue.explorer.search(toSearch(query));
  } catch (error) {
    const problem = await readProblem(error, context);
    if (problem.status !== 400) throw error;
    return problem;
  }
}

function showFault(context: DashboardContext, query: TaskQuery, detail: string) {
  const page = (
    <>
      <PageHead title="Tasks" />
      <TaskFilters query={query} queues={[]} funcPaths={context.var.view.queue.explorer.funcPaths} />
      <Notice kind="fault">{sentence(detail)}.</Notice>
    </>
  );
  return renderPage(context, { title: "Tasks", section: "tasks", status: 400 }, page);
}
