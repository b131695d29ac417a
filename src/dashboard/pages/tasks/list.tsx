import type { SearchPage, TaskSummary } from "../../../core/explorer.ts";
import { idTime } from "../../../core/id.ts";
import { useView } from "../../context.ts";
import { StatusBadge } from "../../parts/badge.tsx";
import { Empty } from "../../parts/empty.tsx";
import { previewJson, sizeOf } from "../../parts/json.tsx";
import { Live } from "../../parts/live.tsx";
import { Name } from "../../parts/name.tsx";
import { Pager } from "../../parts/pager.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { isFiltered, type TaskQuery, tasksAddress } from "./query.ts";

const PREVIEW = 96;

const COLUMNS: readonly Column<TaskSummary>[] = [
  { label: "Task", kind: "main", cell: (task) => <Subject task={task} /> },
  { label: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
  { label: "Queue", cell: ({ queue }) => <Name of={queue} /> },
  {
    label: "Attempts",
    kind: "number",
    cell: ({ attempts, maxRetries }) => `${attempts} of ${maxRetries + 1}`,
  },
  { label: "When", cell: (task) => <When task={task} /> },
  { label: "Created", kind: "number", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

/** One page of tasks, kept up to date. */
export function TaskList({ query, page }: { query: TaskQuery; page: SearchPage }) {
  const { base } = useView();
  const { items, cursor, examined } = page;
  const first = query.cursor === "" ? null : base + tasksAddress(query);
  const next = cursor === null ? null : base + tasksAddress(query, { cursor });
  return (
    <Live id="tasks" address={base + tasksAddress(query, { cursor: query.cursor })}>
      {items.length > 0 && <Table caption="Tasks, newest first" columns={COLUMNS} items={items} />}
      {items.length === 0 && <Nothing query={query} examined={cursor === null ? null : examined} />}
      {(first !== null || next !== null || items.length > 0) && (
        <Pager first={first} next={next} nextLabel={examined > items.length ? "Go on" : "Older"}>
          <Found items={items.length} cursor={cursor} searched={isFiltered(query)} />
        </Pager>
      )}
    </Live>
  );
}

function Subject({ task }: { task: TaskSummary }) {
  const { base } = useView();
  const { id, funcPath, payload, payloadBytes, lastError, status } = task;
  const isTold = lastError !== null && (status === "FAILED" || status === "RETRYING");
  return (
    <>
      <a class="subject" href={`${base}tasks/${id}`}>
        {funcPath}
      </a>
      <code class="preview">{payload === null ? sizeOf(payloadBytes) : previewPayload(payload)}</code>
      {isTold && (
        <span class="preview fault">
          {lastError.type}: {lastError.message.slice(0, PREVIEW * 2)}
        </span>
      )}
    </>
  );
}

function previewPayload({ args, kwargs }: NonNullable<TaskSummary["payload"]>): string {
  const hasArgs = args.length > 0;
  if (!hasArgs) return previewJson(kwargs, PREVIEW);
  return Object.keys(kwargs).length > 0
    ? previewJson([...args, kwargs], PREVIEW)
    : previewJson(args, PREVIEW);
}

/** The moment that counts, by the status. */
function When({ task }: { task: TaskSummary }) {
  const { now } = useView();
  switch (task.status) {
    case "PENDING":
    case "RETRYING":
      if (task.awaits > 0) return <>waits for {task.awaits}</>;
      return (
        <>
          {task.quarantined ? "alone, " : ""}
          {task.eta <= now ? "due " : ""}
          <Time at={task.eta} />
        </>
      );
    case "RUNNING":
      return <>since {task.lastAttemptAt === null ? "" : <Time at={task.lastAttemptAt} />}</>;
    default:
      return (
        <>
          ended <Time at={task.updatedAt} />
        </>
      );
  }
}

function SearchedPart() {
  return <p>A text is looked for in the first 16 KB of arguments, and in the last 16 KB of errors.</p>;
}

/** How far the search has come. */
function Found({ items, cursor, searched }: { items: number; cursor: string | null; searched: boolean }) {
  const count = `${items} ${items === 1 ? "task" : "tasks"}`;
  if (cursor === null) return <>{count}, to the oldest.</>;
  return (
    <>
      {count}, {searched ? "searched" : "shown"} back to <Time at={idTime(cursor)} />
      {items === 0 ? ": go on" : "."}
    </>
  );
}

/** @param props `examined`: among how many there was none, where there are more */
function Nothing({ query, examined }: { query: TaskQuery; examined: number | null }) {
  const { base } = useView();
  if (examined !== null) {
    return (
      <Empty title={`None among these ${examined.toLocaleString("en")} tasks`}>
        <p>A search looks at so many at a time, from the newest on. Go on to look at older ones.</p>
        {query.text !== "" && <SearchedPart />}
      </Empty>
    );
  }
  if (isFiltered(query) || query.cursor !== "") {
    return (
      <Empty title="No task meets this filter">
        <p>
          What has ended is purged after its time to live. <a href={`${base}tasks`}>Show all tasks</a>
        </p>
        {query.text !== "" && <SearchedPart />}
      </Empty>
    );
  }
  return (
    <Empty title="No tasks yet">
      <p>Enqueue the first one from your code, or over HTTP:</p>
      <pre>
        <code>{`await queue.enqueue(sendEmail, { to: "a@example.com" });`}</code>
      </pre>
    </Empty>
  );
}
