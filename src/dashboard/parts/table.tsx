import type { Child } from "hono/jsx";

/** A column: on a phone each cell stands under its label. */
export interface Column<T> {
  readonly label: string;
  readonly cell: (item: T) => Child;
  /** Numbers stand to the right, under each other. */
  readonly kind?: "number" | "main";
}

interface TableProps<T> {
  /** What the table holds, for those who do not see it. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly items: readonly T[];
}

/** Rows of things, dense on a screen and as cards on a phone. */
export function Table<T>({ caption, columns, items }: TableProps<T>) {
  return (
    <div class="table-frame">
      {/* biome-ignore lint/a11y/noRedundantRoles: a table that is shown as a grid of cards would lose its role. */}
      <table role="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ label, kind }) => (
              <th scope="col" class={kind}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr>
              {columns.map(({ label, cell, kind }) => (
                <td class={kind} data-label={label}>
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
