import { useView } from "../../context.ts";
import { RANGES, type RangeName } from "./series.ts";

interface RangeProps {
  readonly range: RangeName;
  /** Empty: all. */
  readonly queue: string;
  /** Those that have a history. */
  readonly queues: readonly string[];
}

/** What the charts look at. */
export function RangeForm({ range, queue, queues }: RangeProps) {
  const { base } = useView();
  const address = (name: string) => `${base}overview?${new URLSearchParams({ range: name, queue })}`;
  return (
    <section class="range-form" aria-label="What the charts show">
      <nav class="tabs" aria-label="Range">
        {Object.entries(RANGES).map(([name, { label }]) => (
          <a href={address(name)} aria-current={name === range ? "true" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <form method="get" action={`${base}overview`}>
        <input type="hidden" name="range" value={range} />
        <label>
          <span class="visually-hidden">Queue</span>
          <select name="queue">
            <option value="">All queues</option>
            {queues.map((name) => (
              <option value={name} selected={name === queue}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button">
          Show
        </button>
      </form>
    </section>
  );
}
