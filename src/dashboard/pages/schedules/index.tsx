import { Hono } from "hono";
import type { Queue } from "../../../core/queue.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { addressOf, faultOf, readFields } from "../../fields.ts";
import { acts } from "../../guard.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { Notice } from "../../parts/notice.tsx";
import { ScheduleList } from "./list.tsx";
import { ScheduleView } from "./show.tsx";
import { scheduleAddress } from "./timing.tsx";

/** Schedules, and tasks of one, that a page tells of. */
const SHOWN = 50;

interface ScheduleAction {
  readonly act: (queue: Queue, fields: Record<string, string>) => Promise<unknown>;
  /** What is said once it is done. */
  readonly done: string;
}

/** By the ends of their paths. */
const ACTIONS: Readonly<Record<string, ScheduleAction>> = {
  run: {
    act: (queue, { name = "" }) => queue.schedules.run(name),
    done: "Its task is enqueued now. Its firings stay as they are.",
  },
  enable: {
    act: (queue, { name = "" }) => queue.schedules.enable(name),
    done: "It fires again, from its next firing on.",
  },
  disable: {
    act: (queue, { name = "", reason = "" }) => queue.schedules.disable(name, reason.trim() || undefined),
    done: "It fires no more. Tasks that it has made run.",
  },
};

/** The schedules, one of them, and what can be done with each. */
export function scheduleRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/schedules", (context) => {
    const { show } = context.req.query();
    return show === undefined ? showSchedules(context) : showSchedule(context, show);
  });
  app.get("/schedules/:name", (context) => showSchedule(context, context.req.param("name")));

  for (const [action, { act }] of Object.entries(ACTIONS)) {
    app.post(`/schedules/${action}`, acts("admin"), async (context) => {
      const { queue, api, base } = context.var.view;
      const fields = await readFields(context);
      const { name = "", stays } = fields;
      const fault = await faultOf(context, () => act(queue, fields));
      if (fault !== null) return showSchedules(context, fault);
      if (action === "run") api.kick?.();
      const next =
        stays === "1" ? scheduleAddress(name, "", action) : addressOf("schedules", { done: action, name });
      return context.redirect(base + next, 303);
    });
  }

  return app;
}

async function showSchedules(context: DashboardContext, fault?: string) {
  const { queue } = context.var.view;
  const { cursor, done = "", name = "" } = context.req.query();
  const list = <ScheduleList page={await queue.schedules.list({ cursor, limit: SHOWN })} cursor={cursor} />;
  if (isPartial(context)) return renderPart(context, list);
  const told = ACTIONS[done]?.done;
  return renderPage(
    context,
    { title: "Schedules", section: "schedules", status: fault === undefined ? 200 : 400 },
    <>
      <PageHead title="Schedules">
        <LiveToggle />
      </PageHead>
      {fault !== undefined && <Notice kind="fault">{fault}</Notice>}
      {told !== undefined && (
        <Notice kind="done">
          <bdi>{name}</bdi>: {told}
        </Notice>
      )}
      {list}
    </>,
  );
}

async function showSchedule(context: DashboardContext, name: string) {
  const { queue } = context.var.view;
  const { base } = context.var.view;
  const { cursor, done = "" } = context.req.query();
  const schedule = await queue.schedules.get(name);
  const history = await queue.explorer.search({ schedule: name, cursor, limit: SHOWN });
  const view = <ScheduleView schedule={schedule} history={history} cursor={cursor} />;
  if (isPartial(context)) return renderPart(context, view);
  const told = ACTIONS[done]?.done;
  return renderPage(
    context,
    { title: name, section: "schedules" },
    <>
      <nav class="trail" aria-label="Where you are">
        <a href={`${base}schedules`}>Schedules</a>
        <LiveToggle />
      </nav>
      {told !== undefined && <Notice kind="done">{told}</Notice>}
      {view}
    </>,
  );
}
