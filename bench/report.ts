/** The figures as a table to read. */
import { type ClaimTime, COSTS, type Database, dollars, type Figures, type Throughput } from "./figures.ts";

const DATABASES: readonly Database[] = ["libsql-file", "d1"];

/** The least share of the floor's speed that is asked for. */
const LEAST = {
  drain: { "libsql-file": 0.6, d1: 0.5 },
  bulkEnqueue: { "libsql-file": 0.5, d1: 0.5 },
  enqueue: { "libsql-file": null, d1: null },
} as const;

/** The most that is asked for. */
const MOST = {
  readsOfClaim: 8,
  readsOfIdlePoll: 15,
  memory: 150,
  latency: { "libsql-file": 10, d1: 50 },
} as const;

type Cell = string | number;

export function formatReport(figures: Figures): string {
  const { machine } = figures;
  return [
    `OmniQ bench: Node ${machine.node}, ${machine.cores} x ${machine.cpu}, ${machine.at}`,
    "The floor is the same statements, sent bare in the same run; a ratio of 100 % is as fast as bare.",
    throughputs(figures),
    claims(figures),
    latencies(figures),
    processes(figures),
    costs(figures),
  ].join("\n\n");
}

function throughputs(figures: Figures): string {
  const rows = (["enqueue", "bulkEnqueue", "drain"] as const).flatMap((name) =>
    DATABASES.map((database) => {
      const figure: Throughput = figures[name][database];
      const least = LEAST[name][database];
      const wanted = least === null ? "" : mark(figure.ratio >= least, `>= ${percent(least)}`);
      return [
        name,
        database,
        whole(figure.tasksPerSecond),
        whole(figure.floor),
        percent(figure.ratio),
        wanted,
      ];
    }),
  );
  return table(["tasks/s", "database", "engine", "floor", "ratio", "wanted"], rows);
}

function claims(figures: Figures): string {
  const rows = DATABASES.flatMap((database) =>
    Object.entries(figures.claim[database]).flatMap(([backlog, byLimit]) =>
      Object.entries(byLimit).map(([limit, figure]) => [
        `${limit}, ${backlog}`,
        database,
        figure.milliseconds.toFixed(2),
        figure.floor.toFixed(2),
        percent(figure.ratio),
        ...rowsRead(figure, limit),
      ]),
    ),
  );
  return table(["ms for a claim of", "database", "engine", "floor", "ratio", "rows read", "wanted"], rows);
}

function rowsRead({ rowsRead }: ClaimTime, limit: string): Cell[] {
  if (rowsRead === undefined) return ["", ""];
  const [per, most] = limit === "0" ? ["poll", MOST.readsOfIdlePoll] : ["task", MOST.readsOfClaim];
  return [`${rowsRead.toFixed(2)}/${per}`, mark(rowsRead <= most, `<= ${most}`)];
}

function latencies(figures: Figures): string {
  const rows = DATABASES.map((database) => {
    const { p50, p99, floor, ratio } = figures.latency[database];
    const most = MOST.latency[database];
    const from = database === "d1" ? "POST" : "another process";
    const wanted = mark(p50 <= most, `p50 <= ${most}`);
    return [from, database, p50.toFixed(1), p99.toFixed(1), floor.toFixed(1), percent(ratio), wanted];
  });
  return table(["ms from enqueue to start", "database", "p50", "p99", "floor", "ratio", "wanted"], rows);
}

function processes(figures: Figures): string {
  const two = figures.processes["libsql-file"];
  const memory = figures.memory["libsql-file"];
  const ranOnce = mark(two.duplicates === 0 && two.missing === 0, "each once");
  const wanted = mark(memory.maxRss <= MOST.memory, `<= ${MOST.memory}`);
  const rows = [
    ["two drains, tasks/s", whole(two.tasksPerSecond), whole(two.floor), percent(two.ratio), ""],
    ["run twice, not run", `${two.duplicates}, ${two.missing}`, "", "", ranOnce],
    ["a runner, MB at most", whole(memory.maxRss), whole(memory.floor), percent(memory.ratio), wanted],
  ];
  return table(["processes on libsql-file", "engine", "floor", "ratio", "wanted"], rows);
}

function costs(figures: Figures): string {
  const rows = COSTS.map((name) => {
    const cost = figures.cost[name];
    return [name, cost.rowsRead.toFixed(2), cost.rowsWritten.toFixed(2), dollars(cost).toFixed(4)];
  });
  return table(["D1 bills a task for", "rows read", "rows written", "dollars a million"], rows);
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) =>
    line
      .map((cell, column) =>
        column < 2 && !isNumber(cell) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  const [first = [], ...rest] = lines;
  return [format(first), widths.map((width) => "-".repeat(width)).join("  "), ...rest.map(format)].join("\n");
}

function isNumber(cell: string): boolean {
  return /^[\d,.]+$/.test(cell);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

function mark(met: boolean, wanted: string): string {
  return `${wanted} ${met ? "ok" : "MISSED"}`;
}
