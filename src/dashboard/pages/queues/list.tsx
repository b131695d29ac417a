import type { QueueStanding } from "../../../core/inspector.ts";
import { LIMITS } from "../../../core/options.ts";
import type { Page } from "../../../core/storage.ts";
import { useView } from "../../context.ts";
import { addressOf } from "../../fields.ts";
import { Count } from "../../parts/count.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ActionForm } from "../../parts/form.tsx";
import { Live } from "../../parts/live.tsx";
import { Pager } from "../../parts/pager.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { formatDuration } from "../../parts/time.tsx";

const COLUMNS: readonly Column<QueueStanding>[] = [
  { label: "Queue", kind: "main", cell: ({ name }) => <Name name={name} /> },
  { label: "State", cell: ({ paused }) => <State paused={paused} /> },
  { label: "Waiting", kind: "number", cell: ({ waiting }) => <Count of={waiting} /> },
  { label: "Oldest due", kind: "number", cell: ({ oldestDueAge }) => <Age age={oldestDueAge} /> },
  { label: "Running", kind: "number", cell: ({ running }) => <Count of={running} /> },
];

const LIMIT: Column<QueueStanding> = {
  label: "At once",
  kind: "number",
  cell: ({ concurrency }) => concurrency ?? <span class="muted">no limit</span>,
};

interface ListProps {
  readonly page: Page<QueueStanding>;
  readonly cursor: string | undefined;
}

/** One page of queues, kept up to date. */
export function QueueList({ page: { items, cursor: next }, cursor = "" }: ListProps) {
  const { base, visitor } = useView();
  const address = (cursor: string) => base + addressOf("queues", { cursor });
  const columns = visitor?.may("admin")
    ? [
        ...COLUMNS,
        { label: "At once", cell: (queue: QueueStanding) => <LimitForm queue={queue} cursor={cursor} /> },
        { label: "Action", cell: (queue: QueueStanding) => <PauseForm queue={queue} cursor={cursor} /> },
      ]
    : [...COLUMNS, LIMIT];
  return (
    <Live id="queues" address={address(cursor)}>
      {items.length > 0 && <Table caption="Queues, by name" columns={columns} items={items} />}
      {items.length === 0 && (
        <Empty title={cursor === "" ? "No queues yet" : "No more queues"}>
          <p>
            A queue is here once it has a task that waits or runs, or settings. Tasks go to one by their
            definition:
          </p>
          <pre>
            <code>{`defineTask("email.send", { queue: "mail", ... })`}</code>
          </pre>
        </Empty>
      )}
      {(cursor !== "" || next !== null) && (
        <Pager
          first={cursor === "" ? null : address("")}
          firstLabel="First"
          next={next === null ? null : address(next)}
          nextLabel="More"
        >
          {items.length} queues, by name
        </Pager>
      )}
    </Live>
  );
}

function Name({ name }: { name: string }) {
  const { base } = useView();
  return (
    <a class="subject" href={base + addressOf("tasks", { queue: name })}>
      {name}
    </a>
  );
}

function State({ paused }: { paused: boolean }) {
  return paused ? <span class="badge retrying">Paused</span> : <span class="badge success">Active</span>;
}

/** What waits longer than a minute is told aloud. */
function Age({ age }: { age: number | null }) {
  if (age === null) return <span class="muted">nothing due</span>;
  return <span class={age > 60_000 ? "late" : undefined}>{formatDuration(age)}</span>;
}

function Hidden({ queue: { name }, cursor }: { queue: QueueStanding; cursor: string }) {
  return (
    <>
      <input type="hidden" name="name" value={name} />
      <input type="hidden" name="cursor" value={cursor} />
    </>
  );
}

function LimitForm({ queue, cursor }: { queue: QueueStanding; cursor: string }) {
  return (
    <ActionForm action="queues/concurrency" class="inline-form">
      <Hidden queue={queue} cursor={cursor} />
      <input
        type="number"
        name="concurrency"
        min={LIMITS.queueConcurrency.min}
        max={LIMITS.queueConcurrency.max}
        value={queue.concurrency ?? ""}
        placeholder="no limit"
        aria-label={`Tasks of ${queue.name} at once`}
      />
      <button type="submit" class="button" aria-label={`Set the limit of ${queue.name}`}>
        Set
      </button>
    </ActionForm>
  );
}

function PauseForm({ queue, cursor }: { queue: QueueStanding; cursor: string }) {
  const label = queue.paused ? "Resume" : "Pause";
  return (
    <ActionForm action={`queues/${label.toLowerCase()}`}>
      <Hidden queue={queue} cursor={cursor} />
      <button
        type="submit"
        class={queue.paused ? "button primary" : "button"}
        aria-label={`${label} ${queue.name}`}
      >
        {label}
      </button>
    </ActionForm>
  );
}
