import type { Schedule } from "../../../core/schedule.ts";
import type { Page } from "../../../core/storage.ts";
import { useView } from "../../context.ts";
import { addressOf } from "../../fields.ts";
import { Empty } from "../../parts/empty.tsx";
import { Live } from "../../parts/live.tsx";
import { Pager } from "../../parts/pager.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { ScheduleActions } from "./actions.tsx";
import { formatTiming, nextFirings, ScheduleState, scheduleAddress } from "./timing.tsx";

/** Firings that the list tells of. */
const SHOWN_FIRINGS = 3;

const COLUMNS: readonly Column<Schedule>[] = [
  { label: "Schedule", kind: "main", cell: (schedule) => <Subject schedule={schedule} /> },
  { label: "State", cell: (schedule) => <State schedule={schedule} /> },
  { label: "Next", cell: (schedule) => <Next schedule={schedule} /> },
  { label: "Last", cell: (schedule) => <LastFiring schedule={schedule} /> },
];

const ACTIONS: Column<Schedule> = {
  label: "Action",
  cell: (schedule) => (
    <div class="row-actions">
      <ScheduleActions schedule={schedule} />
    </div>
  ),
};

interface ListProps {
  readonly page: Page<Schedule>;
  readonly cursor: string | undefined;
}

/** One page of schedules, kept up to date. */
export function ScheduleList({ page: { items, cursor: next }, cursor = "" }: ListProps) {
  const { base, visitor } = useView();
  const address = (cursor: string) => base + addressOf("schedules", { cursor });
  const columns = visitor?.may("admin") ? [...COLUMNS, ACTIONS] : COLUMNS;
  return (
    <Live id="schedules" address={address(cursor)}>
      {items.length > 0 && <Table caption="Schedules, by name" columns={columns} items={items} />}
      {items.length === 0 && (
        <Empty title={cursor === "" ? "No schedules yet" : "No more schedules"}>
          <p>A schedule enqueues a task again and again. Declare it in your code, or make it over HTTP:</p>
          <pre>
            <code>{`schedule("digest", "0 9 * * 1-5", sendDigest, { to: "team" })`}</code>
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
          {items.length} schedules, by name
        </Pager>
      )}
    </Live>
  );
}

function Subject({ schedule }: { schedule: Schedule }) {
  const { base } = useView();
  return (
    <>
      <a class="subject" href={base + scheduleAddress(schedule.name)}>
        {schedule.name}
      </a>
      <span class="preview">
        {formatTiming(schedule)}, {schedule.funcPath}
      </span>
    </>
  );
}

function State({ schedule }: { schedule: Schedule }) {
  const { disabledReason } = schedule;
  return (
    <>
      <ScheduleState schedule={schedule} />
      {disabledReason !== null && <span class="reason">{disabledReason}</span>}
    </>
  );
}

function Next({ schedule }: { schedule: Schedule }) {
  const firings = nextFirings(schedule, SHOWN_FIRINGS);
  if (firings.length === 0) return <span class="muted">none</span>;
  return (
    <>
      {firings.map((at, index) => (
        <>
          {index > 0 && <span class="muted">, </span>}
          <span class={index > 0 ? "muted" : undefined}>
            <Time at={at} />
          </span>
        </>
      ))}
    </>
  );
}

/** With the task that it made: that may be purged since. */
export function LastFiring({ schedule: { lastAt, lastTaskId } }: { schedule: Schedule }) {
  const { base } = useView();
  if (lastAt === null) return <span class="muted">never</span>;
  if (lastTaskId === null) return <Time at={lastAt} />;
  return (
    <a href={`${base}tasks/${lastTaskId}`}>
      <Time at={lastAt} />
    </a>
  );
}
