import { Hono } from "hono";
import type { Lease } from "../../../core/inspector.ts";
import type { Page } from "../../../core/storage.ts";
import { type DashboardEnv, useView } from "../../context.ts";
import { addressOf } from "../../fields.ts";
import { isPartial, renderPage, renderPart } from "../../page.tsx";
import { formatTasks } from "../../parts/count.tsx";
import { Empty } from "../../parts/empty.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { Live, LiveToggle } from "../../parts/live.tsx";
import { Name } from "../../parts/name.tsx";
import { Pager } from "../../parts/pager.tsx";
import { formatProgress } from "../../parts/progress.ts";
import { type Column, Table } from "../../parts/table.tsx";
import { formatDuration, Time } from "../../parts/time.tsx";

/** Who holds what. */
export function workerRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/workers", async (context) => {
    const { queue } = context.var.view;
    const { cursor } = context.req.query();
    const list = <WorkerList page={await queue.inspector.leases(cursor)} cursor={cursor} />;
    if (isPartial(context)) return renderPart(context, list);
    return renderPage(
      context,
      { title: "Workers", section: "workers" },
      <>
        <PageHead title="Workers">
          <LiveToggle />
        </PageHead>
        {list}
      </>,
    );
  });

  return app;
}

const COLUMNS: readonly Column<Lease>[] = [
  { label: "Task", kind: "main", cell: (lease) => <Subject lease={lease} /> },
  { label: "Queue", cell: ({ queue }) => <Name of={queue} /> },
  {
    label: "Attempt",
    kind: "number",
    cell: ({ attempts, maxRetries }) => `${attempts} of ${maxRetries + 1}`,
  },
  {
    label: "Started",
    kind: "number",
    cell: ({ lastAttemptAt }) => (lastAttemptAt === null ? "" : <Time at={lastAttemptAt} />),
  },
  { label: "Lease left", kind: "number", cell: ({ leaseExpiresAt }) => <LeaseLeft until={leaseExpiresAt} /> },
];

function WorkerList({ page: { items, cursor: next }, cursor = "" }: { page: Page<Lease>; cursor?: string }) {
  const { base, now } = useView();
  const address = (cursor: string) => base + addressOf("workers", { cursor });
  const workers = groupByWorker(items);
  const expired = items.filter(({ leaseExpiresAt }) => leaseExpiresAt <= now).length;
  return (
    <Live id="workers" address={address(cursor)}>
      {items.length === 0 && (
        <Empty title="Nothing is running">
          <p>
            A worker is here while it holds a task: a drain of a cron tick, of an enqueue, or of a Node
            runner.
          </p>
        </Empty>
      )}
      {items.length > 0 && (
        <p class="muted">
          {formatTasks(items.length)}
          {next === null ? "" : " of more"}, held by {workers.length}{" "}
          {workers.length === 1 ? "worker" : "workers"}.
          {expired > 0 && (
            <span class="late">
              {" "}
              {formatTasks(expired)} whose lease has expired: the next drain rescues them.
            </span>
          )}
        </p>
      )}
      {workers.map(([worker, leases]) => (
        <section class="worker">
          <h2>
            {worker === null ? "A worker unknown" : <code>{worker}</code>}{" "}
            <span class="muted">{formatTasks(leases.length)}</span>
          </h2>
          <Table
            caption={`Tasks that ${worker ?? "an unknown worker"} holds`}
            columns={COLUMNS}
            items={leases}
          />
        </section>
      ))}
      {(cursor !== "" || next !== null) && (
        <Pager
          first={cursor === "" ? null : address("")}
          firstLabel="First"
          next={next === null ? null : address(next)}
          nextLabel="More"
        >
          By queue, and there what expires first
        </Pager>
      )}
    </Live>
  );
}

/** Whose leases expire first, first. */
function groupByWorker(leases: readonly Lease[]): [string | null, readonly Lease[]][] {
  const groups = Map.groupBy(leases, ({ worker }) => worker);
  const first = (held: readonly Lease[]) => Math.min(...held.map(({ leaseExpiresAt }) => leaseExpiresAt));
  return [...groups].sort(([, one], [, other]) => first(one) - first(other));
}

function Subject({ lease: { id, funcPath, progress } }: { lease: Lease }) {
  const { base } = useView();
  return (
    <>
      <a class="subject" href={`${base}tasks/${id}`}>
        {funcPath}
      </a>
      {progress === null ? (
        <code class="preview">{id}</code>
      ) : (
        <span class="preview">{formatProgress(progress)}</span>
      )}
    </>
  );
}

function LeaseLeft({ until }: { until: number }) {
  const { now } = useView();
  if (until <= now) return <span class="late">expired {formatDuration(Math.max(1, now - until))} ago</span>;
  return <>{formatDuration(until - now)}</>;
}
