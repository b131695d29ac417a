import type { TaskStatus } from "../../../core/task.ts";
import { useView } from "../../context.ts";
import { labelOf } from "../../parts/badge.tsx";
import { Icon } from "../../parts/icon.tsx";
import { isFiltered, type TaskQuery, tasksAddress, toInstant } from "./query.ts";

/** In the order that a task comes through them. */
const STATUSES = [
  "PENDING",
  "RUNNING",
  "RETRYING",
  "FAILED",
  "SUCCESS",
  "CANCELLED",
] as const satisfies readonly TaskStatus[];

interface FiltersProps {
  readonly query: TaskQuery;
  /** Names to choose from; others can be written. */
  readonly queues: readonly string[];
  readonly funcPaths: readonly string[];
}

/** What narrows the list down: an ordinary form, whose answer has an address that can be sent to others. */
export function TaskFilters({ query, queues, funcPaths }: FiltersProps) {
  const { base } = useView();
  return (
    <section class="filters" aria-label="Filter">
      <nav class="tabs" aria-label="Status">
        {(["", ...STATUSES] as const).map((status) => (
          <a
            href={base + tasksAddress(query, { status })}
            aria-current={query.status === status ? "true" : undefined}
            class={status === "" ? undefined : status.toLowerCase()}
          >
            {status === "" ? "All" : labelOf(status)}
          </a>
        ))}
      </nav>
      <search>
        <form method="get" action={`${base}tasks`} class="filter-form">
          {query.status !== "" && <input type="hidden" name="status" value={query.status} />}
          <label class="search">
            <span>Search</span>
            <Icon name="search" />
            <input
              type="search"
              name="text"
              value={query.text}
              placeholder="In arguments and errors, or an id"
              maxlength={255}
            />
          </label>
          <NameField name="queue" label="Queue" value={query.queue} names={queues} />
          <NameField name="funcPath" label="Handler" value={query.funcPath} names={funcPaths} />
          <TimeRange query={query} />
          <div class="filter-actions">
            <button type="submit" class="button primary">
              Filter
            </button>
            {isFiltered(query) && (
              <a class="button" href={`${base}tasks`}>
                Clear
              </a>
            )}
          </div>
        </form>
      </search>
    </section>
  );
}

/** One of the names, or another. */
function NameField(props: { name: string; label: string; value: string; names: readonly string[] }) {
  const { name, label, value, names } = props;
  const id = `${name}-names`;
  return (
    <label>
      <span>{label}</span>
      <input name={name} value={value} list={id} placeholder="Any" maxlength={255} autocomplete="off" />
      <datalist id={id}>
        {names.map((known) => (
          <option value={known} />
        ))}
      </datalist>
    </label>
  );
}

/** Seldom asked for, so that it is folded. */
function TimeRange({ query: { from, to } }: { query: TaskQuery }) {
  const told =
    from === "" && to === ""
      ? "Any time"
      : `${from.replace("T", " ") || "…"} to ${to.replace("T", " ") || "…"}`;
  return (
    <details class="time-range">
      <summary class="button">{told}</summary>
      <div class="panel">
        <label>
          <span>Enqueued from, UTC</span>
          <input type="datetime-local" name="from" value={toInstant(from) === from ? "" : from} />
        </label>
        <label>
          <span>Enqueued before, UTC</span>
          <input type="datetime-local" name="to" value={toInstant(to) === to ? "" : to} />
        </label>
      </div>
    </details>
  );
}
