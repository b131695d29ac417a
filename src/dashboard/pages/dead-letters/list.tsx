import { idTime } from "../../../core/id.ts";
import type { FailureGroup, FailurePage } from "../../../core/inspector.ts";
import { useView } from "../../context.ts";
import { addressOf } from "../../fields.ts";
import { formatCount, formatTasks } from "../../parts/count.tsx";
import { Empty } from "../../parts/empty.tsx";
import { Live } from "../../parts/live.tsx";
import { Name } from "../../parts/name.tsx";
import { Pager } from "../../parts/pager.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { type DeadQuery, deadAddress, isFiltered } from "./query.ts";

const COLUMNS: readonly Column<FailureGroup>[] = [
  { label: "Why", kind: "main", cell: (group) => <Why group={group} /> },
  { label: "Queue", cell: ({ queue }) => <Name of={queue} /> },
  { label: "Tasks", kind: "number", cell: ({ count }) => formatCount(count) },
  { label: "Last", kind: "number", cell: ({ lastAt }) => <Time at={lastAt} /> },
];

const ACTIONS: Column<FailureGroup> = {
  label: "Action",
  cell: (group) => (
    <div class="row-actions">
      <DeadActions query={queryOf(group)} isSmall />
    </div>
  ),
};

interface ListProps {
  readonly query: DeadQuery;
  readonly page: FailurePage;
  readonly cursor: string | undefined;
}

/** Groups of what failed, among so many tasks at a time, kept up to date. */
export function DeadList({ query, page: { items, examined, cursor: next }, cursor = "" }: ListProps) {
  const { base, visitor } = useView();
  const columns = visitor?.may("admin") ? [...COLUMNS, ACTIONS] : COLUMNS;
  const count = items.reduce((sum, group) => sum + group.count, 0);
  return (
    <Live id="dead-letters" address={base + deadAddress(query, cursor)}>
      {items.length > 0 && <Table caption="Why tasks failed, most first" columns={columns} items={items} />}
      {items.length === 0 && <Nothing query={query} examined={next === null ? null : examined} />}
      {(cursor !== "" || next !== null || items.length > 0) && (
        <Pager
          first={cursor === "" ? null : base + deadAddress(query)}
          next={next === null ? null : base + deadAddress(query, next)}
          nextLabel="Older failures"
        >
          {formatTasks(count)}
          {next === null ? (
            ", to the oldest."
          ) : (
            <>
              {" "}
              among {formatCount(examined)} that failed, back to <Time at={idTime(next)} />.
            </>
          )}
        </Pager>
      )}
    </Live>
  );
}

function Why({ group }: { group: FailureGroup }) {
  const { base } = useView();
  const { queue, funcPath, errorType } = group;
  return (
    <>
      <a
        class="subject"
        href={base + addressOf("tasks", { status: "FAILED", queue, funcPath, text: errorType })}
      >
        {funcPath}
      </a>
      <span class="preview fault">{errorType ?? "no error on file"}</span>
    </>
  );
}

function queryOf({ queue, funcPath, errorType }: FailureGroup): DeadQuery {
  return { queue, funcPath, errorType: errorType ?? "" };
}

/** They lead to a page that counts first. */
export function DeadActions({ query, isSmall = false }: { query: DeadQuery; isSmall?: boolean }) {
  const { base, visitor } = useView();
  if (!visitor?.may("admin")) return null;
  const told = isSmall ? ` ${[query.funcPath, query.errorType].filter(Boolean).join(", ")}` : "";
  const address = (action: string) => base + addressOf("dead-letters/confirm", { action, ...query });
  return (
    <>
      <a class="button" href={address("retry")}>
        {isSmall ? "Retry" : isFiltered(query) ? "Retry these" : "Retry all"}
        {told !== "" && <span class="visually-hidden">{told}</span>}
      </a>
      <a class="button danger" href={address("delete")}>
        {isSmall ? "Delete" : isFiltered(query) ? "Delete these" : "Delete all"}
        {told !== "" && <span class="visually-hidden">{told}</span>}
      </a>
    </>
  );
}

interface FiltersProps {
  readonly query: DeadQuery;
  /** To choose from; others can be written. */
  readonly groups: readonly FailureGroup[];
}

export function DeadFilters({ query, groups }: FiltersProps) {
  const { base } = useView();
  const fields = [
    { name: "queue", label: "Queue" },
    { name: "funcPath", label: "Handler" },
    { name: "errorType", label: "Error type" },
  ] as const;
  return (
    <search>
      <form method="get" action={`${base}dead-letters`} class="filter-form">
        {fields.map(({ name, label }) => (
          <label>
            <span>{label}</span>
            <input
              name={name}
              value={query[name]}
              list={`${name}-names`}
              placeholder="Any"
              maxlength={255}
              autocomplete="off"
            />
            <datalist id={`${name}-names`}>
              {[...new Set(groups.map((group) => group[name] ?? ""))].map((known) => (
                <option value={known} />
              ))}
            </datalist>
          </label>
        ))}
        <div class="filter-actions">
          <button type="submit" class="button primary">
            Filter
          </button>
          {isFiltered(query) && (
            <a class="button" href={`${base}dead-letters`}>
              Clear
            </a>
          )}
        </div>
      </form>
    </search>
  );
}

/** @param props `examined`: among how many there was none, where there are more */
function Nothing({ query, examined }: { query: DeadQuery; examined: number | null }) {
  const { base } = useView();
  if (examined !== null) {
    return (
      <Empty title={`None among these ${formatCount(examined)} failures`}>
        <p>The page looks at so many at a time, from the newest on. Go on to look at older ones.</p>
      </Empty>
    );
  }
  if (isFiltered(query)) {
    return (
      <Empty title="No failure meets this filter">
        <p>
          <a href={`${base}dead-letters`}>Show all of them</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No dead letters">
      <p>A task comes here when its retries are spent, or when its handler throws NonRetryable.</p>
    </Empty>
  );
}
