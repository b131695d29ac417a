/** The figures of a long run, as tables to read. */
import type { Attacked } from "./attacks.ts";
import type { Violation } from "./checker.ts";

/** What the attacks on one database did together. */
export class Tally {
  readonly title: string;
  runs = 0;
  tasks = 0;
  operations = 0;
  readonly faults = new Map<string, number>();
  readonly violations: Violation[] = [];
  /** The longest. */
  recovery: number | undefined;

  constructor(title: string) {
    this.title = title;
  }

  add({ tasks, operations, faults, violations, recovery }: Attacked): void {
    this.runs += 1;
    this.tasks += tasks;
    this.operations += operations;
    for (const [name, count] of faults) this.faults.set(name, (this.faults.get(name) ?? 0) + count);
    this.violations.push(...violations);
    if (recovery !== undefined) this.recovery = Math.max(this.recovery ?? 0, recovery);
  }

  get injected(): number {
    return [...this.faults.values()].reduce((sum, count) => sum + count, 0);
  }
}

type Cell = string | number;

export function formatTallies(tallies: readonly Tally[]): string {
  const total = new Tally("together");
  for (const tally of tallies) {
    total.add(tally);
    total.runs += tally.runs - 1;
  }
  const rows = [...tallies, total].map((tally) => [
    tally.title,
    tally.runs,
    tally.tasks,
    tally.operations,
    tally.injected,
    tally.recovery === undefined ? "" : `${Math.round(tally.recovery)} ms`,
    tally.violations.length,
  ]);
  const faults = [...total.faults]
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => [name, count, ...tallies.map((tally) => tally.faults.get(name) ?? "")]);
  return [
    table(
      ["database", "runs", "tasks", "operations checked", "faults", "calm to work, at most", "violations"],
      rows,
    ),
    table(["fault", "injected", ...tallies.map(({ title }) => title)], faults),
  ].join("\n\n");
}

/** In Markdown; numbers are set to the right. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => cell.toLocaleString("en")));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) => {
    const cells = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${cells.join(" | ")} |`;
  };
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const [first = [], ...rest] = lines;
  return [first, rule, ...rest].map(format).join("\n");
}
