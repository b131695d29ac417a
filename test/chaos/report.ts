/** The figures of a long run, as tables to read. */
import { table } from "../support/table.ts";
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
