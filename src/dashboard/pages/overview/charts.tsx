import { useView } from "../../context.ts";
import { Empty } from "../../parts/empty.tsx";
import type { RangeName } from "./series.ts";

const CHARTS = [
  { name: "throughput", title: "Throughput", unit: "attempts a minute" },
  { name: "failures", title: "Failures", unit: "attempts a minute" },
  { name: "duration", title: "Duration", unit: "p50 and p95" },
  { name: "depth", title: "Queue depth", unit: "in all queues, to 1,000" },
  { name: "age", title: "Oldest due age", unit: "in all queues" },
] as const;

/** Those that the page draws of itself, while it is open, where no history has them. */
const LIVE: readonly string[] = ["depth", "age"];

/**
 * Where the script draws. Beside each chart it writes a table of what is in it, for those who do not see it.
 *
 * @param props what those of the history look at; without it there are none of them
 */
export function Charts(props: { history?: { readonly range: RangeName; readonly queue: string } }) {
  const { history } = props;
  const { base } = useView();
  const charts = history === undefined ? CHARTS.filter(({ name }) => LIVE.includes(name)) : CHARTS;
  const data = history === undefined ? "" : `${base}overview/data?${new URLSearchParams({ ...history })}`;
  return (
    <div class={history === undefined ? "charts live-only" : "charts"} data-charts={data}>
      {charts.map(({ name, title, unit }) => (
        <section class="card chart" aria-labelledby={`chart-${name}`} aria-busy="true">
          <h2 id={`chart-${name}`}>
            {title} <span class="muted">{unit}</span>
          </h2>
          <div class="plot" data-chart={name} aria-hidden="true" />
          <p class="chart-note muted" data-note={name} role="status" />
          <div class="visually-hidden" data-table={name} />
        </section>
      ))}
      <noscript>
        <p class="muted">The charts are drawn by a script; the figures above need none.</p>
      </noscript>
    </div>
  );
}

/** In the place of the charts that come from it. */
export function NoHistory() {
  return (
    <Empty title="No history: throughput, failures and durations are not kept">
      <p>
        Their charts come from the history, which counts by minute how attempts end. It is off unless you ask
        for it, since it writes 2 rows for each queue at each flush. Turn it on:
      </p>
      <pre>
        <code>OMNIQ_HISTORY=on</code>
      </pre>
      <p>
        Set that in the Worker's environment, or <code>history: true</code> where you make the queue. The
        charts begin with the first task that ends.
      </p>
    </Empty>
  );
}
