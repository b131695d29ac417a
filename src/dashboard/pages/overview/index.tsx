import { Hono } from "hono";
import type { DashboardEnv } from "../../context.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { LiveToggle } from "../../parts/live.tsx";
import { Charts, NoHistory } from "./charts.tsx";
import { RangeForm } from "./range-form.tsx";
import { type RangeName, startOf, toSeries, toWaits } from "./series.ts";
import { Standing } from "./standing.tsx";

/** How things stand, and how they have gone. */
export function overviewRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/overview", async (context) => {
    const { queue, now } = context.var.view;
    const standing = <Standing backlog={await queue.explorer.backlog(now)} />;
    if (isPartial(context)) return renderPart(context, standing);
    const names = await queue.explorer.historyNames();
    const given = { range: rangeOf(context.req.query("range")), queue: context.req.query("queue") ?? "" };
    return renderPage(
      context,
      { title: "Overview", section: "overview", assets: ["uplot.css", "uplot.js", "charts.js"] },
      <>
        <PageHead title="Overview">
          <LiveToggle />
        </PageHead>
        {standing}
        {names.length === 0 ? (
          <>
            <Charts />
            <NoHistory />
          </>
        ) : (
          <>
            <RangeForm {...given} queues={names} />
            <Charts history={given} />
          </>
        )}
      </>,
    );
  });

  /** What the charts draw, as JSON. */
  app.get("/overview/data", async (context) => {
    const { queue, now } = context.var.view;
    const range = rangeOf(context.req.query("range"));
    const name = context.req.query("queue") || undefined;
    const { points, every } = await queue.explorer.sampleHistory(startOf(range, now), now, name);
    const series = toSeries(points, range, every, now);
    const backlog = await queue.explorer.backlogAt(series.times.map((time) => time * 1_000));
    return context.json({ every, ...series, ...toWaits(series.times, backlog) });
  });

  return app;
}

function rangeOf(text: string | undefined): RangeName {
  return text === "day" ? "day" : "hour";
}
