import type { SearchPage, TaskSummary } from "../../../core/explorer.ts";
import { firstIdAt, idTime } from "../../../core/id.ts";
import type { Schedule } from "../../../core/schedule.ts";
import { useView } from "../../context.ts";
import { StatusBadge } from "../../parts/badge.tsx";
import { formatCount, formatTasks } from "../../parts/count.tsx";
import { Empty } from "../../parts/empty.tsx";
import { JsonView } from "../../parts/json.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { Live } from "../../parts/live.tsx";
import { Pager } from "../../parts/pager.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { formatDuration, Time } from "../../parts/time.tsx";
import { ScheduleActions } from "./actions.tsx";
import { LastFiring } from "./list.tsx";
import { formatInZone, formatTiming, nextFirings, ScheduleState, scheduleAddress } from "./timing.tsx";

const SHOWN_FIRINGS = 10;

interface ShowProps {
  readonly schedule: Schedule;
  /** Tasks that it made, newest first. */
  readonly history: SearchPage;
  readonly cursor: string | undefined;
}

/** All that there is to see of one schedule, kept up to date. */
export function ScheduleView({ schedule, history, cursor = "" }: ShowProps) {
  const { base } = useView();
  const { name, disabledReason } = schedule;
  return (
    <Live id="schedule" address={base + scheduleAddress(name, cursor)}>
      <PageHead
        title={
          <>
            {name} <ScheduleState schedule={schedule} />
          </>
        }
      >
        <ScheduleActions schedule={schedule} isOwnPage />
      </PageHead>
      {disabledReason !== null && <p class="muted">Disabled: {disabledReason}</p>}
      <div class="columns">
        <div class="column">
          <Firings schedule={schedule} />
          <section class="card payload">
            <JsonView id="kwargs" label="kwargs" value={schedule.kwargs} />
            {schedule.args.length > 0 && <JsonView id="args" label="args" value={schedule.args} />}
          </section>
        </div>
        <ScheduleFacts schedule={schedule} />
      </div>
      <h2>Tasks that it made</h2>
      <History schedule={schedule} history={history} cursor={cursor} />
    </Live>
  );
}

function Firings({ schedule }: { schedule: Schedule }) {
  const firings = nextFirings(schedule, SHOWN_FIRINGS);
  return (
    <section class="card">
      <h2>Next firings</h2>
      {firings.length === 0 ? (
        <p class="muted">None{schedule.enabled ? "" : " while it is disabled"}.</p>
      ) : (
        <ol class="firings">
          {firings.map((at) => (
            <li>
              <span>{formatInZone(at, schedule.timezone)}</span>
              <Time at={at} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

const CATCH_UP = {
  skip: "missed ones are skipped",
  last: "of missed ones the last is made up for",
  all: "missed ones are made up for",
} as const;

function ScheduleFacts({ schedule }: { schedule: Schedule }) {
  const { funcPath, options, app, catchUp, jitter } = schedule;
  const facts = [
    { label: "Fires", value: <code>{formatTiming(schedule)}</code> },
    { label: "Handler", value: funcPath },
    { label: "Queue", value: options.queue },
    { label: "Last firing", value: <LastFiring schedule={schedule} /> },
    { label: "Catch-up", value: CATCH_UP[catchUp] },
    { label: "Jitter", value: jitter === 0 ? "none" : `up to ${formatDuration(jitter)}` },
    { label: "Retries", value: options.maxRetries },
    { label: "Timeout", value: formatDuration(options.timeout) },
    { label: "Declared by", value: app ?? "nobody: made at run time" },
  ];
  return (
    <aside class="column" aria-label="About this schedule">
      <section class="card">
        <dl class="facts">
          {facts.map(({ label, value }) => (
            <div>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
    </aside>
  );
}

const COLUMNS: readonly Column<TaskSummary>[] = [
  { label: "Task", kind: "main", cell: (task) => <Subject task={task} /> },
  { label: "Status", cell: ({ status }) => <StatusBadge status={status} /> },
  {
    label: "Attempts",
    kind: "number",
    cell: ({ attempts, maxRetries }) => `${attempts} of ${maxRetries + 1}`,
  },
  { label: "Changed", kind: "number", cell: ({ updatedAt }) => <Time at={updatedAt} /> },
  { label: "Created", kind: "number", cell: ({ createdAt }) => <Time at={createdAt} /> },
];

function Subject({ task: { id, funcPath, lastError, status } }: { task: TaskSummary }) {
  const { base } = useView();
  return (
    <>
      <a class="subject" href={`${base}tasks/${id}`}>
        {funcPath}
      </a>
      <code class="preview">{id}</code>
      {status === "FAILED" && lastError !== null && (
        <span class="preview fault">
          {lastError.type}: {lastError.message}
        </span>
      )}
    </>
  );
}

function History({
  schedule,
  history: { items, examined, cursor: next },
  cursor,
}: Required<ShowProps> & { cursor: string }) {
  const { base } = useView();
  const address = (cursor: string) => base + scheduleAddress(schedule.name, cursor);
  const { lastTaskId } = schedule;
  return (
    <>
      {items.length > 0 && (
        <Table caption="Tasks that it made, newest first" columns={COLUMNS} items={items} />
      )}
      {items.length === 0 && (
        <Empty title={next === null ? "None is here" : `None among ${formatCount(examined)} tasks`}>
          <p>
            {next === null
              ? "It has made none, or they are purged."
              : "The page looks at so many at a time, from the newest on."}
          </p>
          {next !== null && lastTaskId !== null && cursor === "" && (
            <p>
              <a href={address(firstIdAt(idTime(lastTaskId) + 1))}>Look from its last firing on</a>
            </p>
          )}
        </Empty>
      )}
      {(cursor !== "" || next !== null) && (
        <Pager first={cursor === "" ? null : address("")} next={next === null ? null : address(next)}>
          {formatTasks(items.length)}
          {next === null ? (
            ", to the oldest."
          ) : (
            <>
              , searched back to <Time at={idTime(next)} />.
            </>
          )}
        </Pager>
      )}
    </>
  );
}
