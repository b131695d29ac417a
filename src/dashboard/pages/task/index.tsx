import { Hono } from "hono";
import { TaskStatusError, UniqueConflictError } from "../../../core/errors.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { readProblem, sentence } from "../../errors.tsx";
import { acts } from "../../guard.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { Notice } from "../../parts/notice.tsx";
import { TASK_ACTIONS, type TaskAction } from "./actions.ts";
import { copyRoutes } from "./copy.tsx";
import { TaskView } from "./view.tsx";

/** One task, and what can be done with it. */
export function taskRoutes() {
  const app = new Hono<DashboardEnv>();
  app.route("/", copyRoutes());

  app.get("/tasks/:id", (context) => showTask(context, context.req.param("id")));

  for (const action of TASK_ACTIONS) {
    app.post(`/tasks/:id/${action.name}`, acts("admin"), (context) =>
      act(context, context.req.param("id"), action),
    );
  }

  return app;
}

async function act(context: DashboardContext, id: string, { name, act, kicks }: TaskAction) {
  const { queue, api, base } = context.var.view;
  try {
    await act(queue, id);
  } catch (error) {
    // It is still there to be looked at: its page tells what has changed.
    if (!(error instanceof TaskStatusError || error instanceof UniqueConflictError)) throw error;
    const { detail } = await readProblem(error, context);
    return showTask(context, id, `${sentence(detail)}.`);
  }
  if (kicks) api.kick?.();
  return context.redirect(`${base}${name === "delete" ? "tasks" : `tasks/${id}`}?done=${name}`, 303);
}

async function showTask(context: DashboardContext, id: string, fault?: string) {
  const { queue } = context.var.view;
  const task = await queue.get(id);
  const [result, relations] = await Promise.all([queue.result(id), queue.explorer.relations(task)]);
  const view = <TaskView task={task} result={result} relations={relations} />;
  if (isPartial(context)) return renderPart(context, view);
  const done = TASK_ACTIONS.find(({ name }) => name === context.req.query("done"))?.done;
  return renderPage(
    context,
    { title: task.funcPath, section: "tasks", status: fault === undefined ? 200 : 409 },
    <>
      <nav class="trail" aria-label="Where you are">
        <a href="../tasks">Tasks</a>
        <LiveToggle />
      </nav>
      {fault !== undefined && <Notice kind="fault">{fault}</Notice>}
      {done !== undefined && <Notice kind="done">{done}</Notice>}
      {view}
    </>,
  );
}
