import { Hono } from "hono";
import type { QueueSettings } from "../../../core/storage.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { addressOf, faultOf, readFields } from "../../fields.ts";
import { acts } from "../../guard.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { Notice } from "../../parts/notice.tsx";
import { QueueList } from "./list.tsx";

/** What can be set, by the end of its path; and what is said once it is. */
const ACTIONS: Readonly<
  Record<string, { set: (fields: Record<string, string>) => QueueSettings; done: string }>
> = {
  pause: {
    set: () => ({ paused: true }),
    done: "is paused: what runs goes on, nothing more of it is claimed.",
  },
  resume: { set: () => ({ paused: false }), done: "goes on." },
  concurrency: {
    set: ({ concurrency = "" }) => ({ concurrency: concurrency.trim() === "" ? null : Number(concurrency) }),
    done: "has a new limit: it holds from the next claim on.",
  },
};

/** The queues, and what can be done with each. */
export function queueRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/queues", (context) => showQueues(context));

  for (const [action, { set }] of Object.entries(ACTIONS)) {
    app.post(`/queues/${action}`, acts("admin"), async (context) => {
      const { queue, api, base } = context.var.view;
      const { name = "", cursor = "", ...fields } = await readFields(context);
      const fault = await faultOf(context, () => queue.configureQueue(name, set(fields)));
      if (fault !== null) return showQueues(context, fault);
      api.kick?.();
      return context.redirect(base + addressOf("queues", { cursor, done: action, name }), 303);
    });
  }

  return app;
}

async function showQueues(context: DashboardContext, fault?: string) {
  const { queue } = context.var.view;
  const { cursor, done = "", name = "" } = context.req.query();
  const list = <QueueList page={await queue.inspector.queues(cursor)} cursor={cursor} />;
  if (isPartial(context)) return renderPart(context, list);
  const told = ACTIONS[done]?.done;
  return renderPage(
    context,
    { title: "Queues", section: "queues", status: fault === undefined ? 200 : 400 },
    <>
      <PageHead title="Queues">
        <LiveToggle />
      </PageHead>
      {fault !== undefined && <Notice kind="fault">{fault}</Notice>}
      {told !== undefined && (
        <Notice kind="done">
          The queue <bdi>{name}</bdi> {told}
        </Notice>
      )}
      {list}
    </>,
  );
}
