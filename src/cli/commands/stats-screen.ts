import { formatCount, formatDuration, formatInstant } from "../format.ts";
import { colours } from "../output.ts";
import { type Column, renderTable } from "../output-table.ts";
import type { QueueSample, Rates, Sample } from "../sample.ts";
import { depthOf } from "./queues.ts";

const STEPS = "▁▂▃▄▅▆▇█";
const ALL = "all";
/** Lines around the table of queues. */
const FRAME = 11;

/**
 * A look at the queues, as text.
 *
 * @param width columns of the terminal; null where there is none
 * @param note what stands below it. Defaults to nothing
 * @param height rows of the terminal: queues that do not fit are counted. Defaults to as many as it takes
 */
export function renderSample(
  sample: Sample,
  place: string,
  width: number | null,
  note = "",
  height = Number.POSITIVE_INFINITY,
): string {
  const { at, queues, total } = sample;
  const room = Math.max(3, height - FRAME);
  const shown = queues.slice(0, room);
  const hidden = queues.length - shown.length;
  const all = { ...total, name: ALL, paused: false, concurrency: null };
  const rows = queues.length === 1 ? shown : [...shown, all];
  return [
    `${colours.bold("omniq")}  ${place}  ${colours.dim(formatInstant(at))}`,
    "",
    queues.length === 0
      ? colours.dim("nothing waits, nothing runs")
      : renderTable(columnsOf(total.rates), rows, width),
    ...(hidden > 0 ? [colours.dim(`and ${formatCount(hidden)} queues more`)] : []),
    "",
    ...renderHistory(sample),
    ...(note === "" ? [] : ["", colours.dim(note)]),
  ].join("\n");
}

function columnsOf(rates: Rates | null): readonly Column<QueueSample>[] {
  const state: readonly Column<QueueSample>[] = [
    {
      head: "QUEUE",
      of: ({ name, paused }) => (paused ? `${name} (paused)` : name),
      min: 8,
      colour: (text, { name, paused }) =>
        paused ? colours.yellow(text) : name === ALL ? colours.bold(text) : text,
    },
    { head: "WAITING", of: depthOf, align: "right" },
    { head: "RUNNING", of: ({ running }) => formatCount(running), align: "right" },
    {
      head: "OLDEST DUE",
      of: ({ oldestDueAge: age }) => (age === null ? "-" : formatDuration(age)),
      align: "right",
    },
  ];
  if (rates === null) return state;
  const rate = (head: string, of: (own: Rates) => string, colour?: Column<QueueSample>["colour"]) =>
    ({
      head,
      of: (queue: QueueSample) => (queue.rates === null ? "-" : of(queue.rates)),
      align: "right",
      min: 0,
      colour,
    }) as const;
  return [
    ...state,
    rate("DONE/MIN", ({ perMinute }) => `${perMinute.succeeded}`),
    rate("FAILED/MIN", ({ perMinute }) => `${perMinute.failed}`, paintTrouble),
    rate("RETRIED/MIN", ({ perMinute }) => `${perMinute.retried}`),
    rate("P50", (own) => renderQuantile(own, own.p50)),
    rate("P95", (own) => renderQuantile(own, own.p95)),
  ];
}

function paintTrouble(text: string, { rates }: QueueSample): string {
  return (rates?.perMinute.failed ?? 0) > 0 ? colours.red(text) : text;
}

function renderQuantile({ attempts }: Rates, value: number | null): string {
  if (value !== null) return `≤ ${formatDuration(value)}`;
  return attempts === 0 ? "-" : "> 5m";
}

function renderHistory({ minutes, total: { rates } }: Sample): string[] {
  if (minutes === null || rates === null) {
    return [
      colours.dim(
        "no rates: the history is off (OMNIQ_HISTORY=on, or `history: true`), or nothing ended for an hour",
      ),
    ];
  }
  const done = minutes.map(({ succeeded }) => succeeded);
  const failed = minutes.map(({ failed: own }) => own);
  return [
    `${colours.dim("done   / min, 1 h")}  ${colours.green(sparkline(done))}  ${colours.dim(`most ${formatCount(Math.max(...done))}`)}`,
    `${colours.dim("failed / min, 1 h")}  ${colours.red(sparkline(failed))}  ${colours.dim(`most ${formatCount(Math.max(...failed))}`)}`,
  ];
}

/** A character for each value; nothing is a dot. */
function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values
    .map((value) => (value === 0 ? "·" : STEPS[Math.ceil((value / most) * STEPS.length) - 1]))
    .join("");
}
