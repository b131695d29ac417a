import { Hono } from "hono";
import { DURATION_BOUNDS, type HistoryCounts } from "../core/history.ts";
import type { QueueSummary } from "../core/storage.ts";
import { requires } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";

export function metricsRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/metrics", requires("read"), async (context) => {
    const { queue } = context.var;
    const text = renderMetrics(await queue.queues(), await queue.counts());
    return context.text(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });

  app.all("/metrics", allowOnly("GET", "HEAD"));

  return app;
}

/** Names of labels and their values. */
type Labels = Readonly<Record<string, string>>;
type Sample = readonly [suffix: string, labels: Labels, value: number];

/** The state and the counts of the queues as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function renderMetrics(queues: readonly QueueSummary[], counts: readonly HistoryCounts[]): string {
  const gauge = (name: string, help: string, of: (queue: QueueSummary) => number) =>
    family(
      name,
      "gauge",
      help,
      queues.map((queue) => ["", { queue: queue.name }, of(queue)]),
    );
  const counter = (name: string, help: string, of: (counts: HistoryCounts) => number) =>
    family(
      name,
      "counter",
      help,
      counts.map((own) => ["", { queue: own.queue }, of(own)]),
    );
  return [
    gauge("omniq_queue_depth", "Tasks that wait; counted to 1000.", ({ depth }) => depth),
    gauge(
      "omniq_queue_oldest_due_age_seconds",
      "How long the task that is most overdue has been due.",
      ({ oldestDueAge }) => (oldestDueAge ?? 0) / 1_000,
    ),
    gauge("omniq_queue_running", "Tasks that run.", ({ running }) => running),
    gauge("omniq_queue_paused", "1 where the queue is paused.", ({ paused }) => Number(paused)),
    counter("omniq_tasks_started_total", "Attempts that began.", ({ started }) => started),
    counter("omniq_tasks_succeeded_total", "Attempts that succeeded.", ({ succeeded }) => succeeded),
    counter("omniq_tasks_failed_total", "Tasks that failed for good.", ({ failed }) => failed),
    counter("omniq_tasks_retried_total", "Attempts that failed and are repeated.", ({ retried }) => retried),
    family("omniq_task_duration_seconds", "histogram", "How long attempts ran.", counts.flatMap(histogram)),
  ].join("");
}

function histogram({ queue, duration, durations }: HistoryCounts): Sample[] {
  const bounds = [...DURATION_BOUNDS.map((bound) => `${bound / 1_000}`), "+Inf"];
  const count = durations[DURATION_BOUNDS.length] ?? 0;
  return [
    ...bounds.map((le, index): Sample => ["_bucket", { queue, le }, durations[index] ?? 0]),
    ["_sum", { queue }, duration / 1_000],
    ["_count", { queue }, count],
  ];
}

/** A family without samples is left out. */
function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(
    ([suffix, labels, value]) => `${name}${suffix}{${writeLabels(labels)}} ${value}\n`,
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function writeLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
