import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { toLine } from "./format.ts";
import { colours, terminalWidth } from "./output.ts";

/** A column: where the terminal is narrow it shrinks to `min`, and then, where that is 0, it is left out. */
export interface Column<Row> {
  readonly head: string;
  readonly of: (row: Row) => string;
  readonly align?: "right";
  /** Least width. Defaults to as wide as it comes. */
  readonly min?: number;
  readonly colour?: (text: string, row: Row) => string;
}

const GAP = 2;
/** Less of a column tells nothing. */
const LEAST = 10;
const NO_BORDERS = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((name) => [name, ""]),
);

/** A table without borders, fitted to the terminal; where there is none nothing is cut. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | null = terminalWidth(),
): string {
  const texts = rows.map((row) => columns.map(({ of }) => toLine(of(row))));
  const natural = columns.map(({ head }, index) =>
    Math.max(head.length, ...texts.map((cells) => (cells[index] ?? "").length)),
  );
  const widths = fit(natural, columns, width ?? Number.POSITIVE_INFINITY);
  const shown = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ index }) => (widths[index] ?? 0) > 0);
  const table = new Table({
    head: shown.map(({ head }) => colours.dim(head)),
    colWidths: shown.map(({ index }) => (widths[index] ?? 0) + GAP),
    colAligns: shown.map(({ align }): "left" | "right" => align ?? "left"),
    chars: NO_BORDERS,
    style: { "padding-left": 0, "padding-right": GAP, head: [], border: [], compact: true },
  });
  for (const [at, row] of rows.entries()) {
    table.push(
      shown.map(({ index, colour = (text) => text }) =>
        colour(cut(texts[at]?.[index] ?? "", widths[index] ?? 0), row),
      ),
    );
  }
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Takes from the columns that may shrink, the widest first; then leaves out those that may be, the last first. */
function fit<Row>(natural: readonly number[], columns: readonly Column<Row>[], width: number): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, own) => sum + (own > 0 ? own + GAP : 0), -GAP);
  const spare = (index: number) =>
    (widths[index] ?? 0) - Math.max(columns[index]?.min ?? Number.POSITIVE_INFINITY, LEAST);
  while (total() > width) {
    const widest = widths.reduce((best, _, index) => (spare(index) > spare(best) ? index : best), 0);
    const gone = columns.findLastIndex(({ min }, index) => min === 0 && (widths[index] ?? 0) > 0);
    if (spare(widest) > 0) widths[widest] = (widths[widest] ?? 0) - 1;
    else if (gone >= 0) widths[gone] = 0;
    else break;
  }
  return widths;
}

/** Names and values below each other, the values in line; what is null is left out. */
export function renderFields(fields: readonly (readonly [name: string, value: string | null])[]): string {
  const shown = fields.filter(([, value]) => value !== null);
  const width = Math.max(...shown.map(([name]) => stripVTControlCharacters(name).length));
  return shown.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${value}`).join("\n");
}
