import type { Child } from "hono/jsx";
import { useView } from "../../context.ts";
import { formatCount, formatTasks } from "../../parts/count.tsx";
import { Empty } from "../../parts/empty.tsx";
import { TOKEN_FIELD } from "../../parts/form.tsx";
import { Time } from "../../parts/time.tsx";
import { type DeadRun, deadAddress, runAddress } from "./query.ts";

const DOES = { retry: "Retry", delete: "Delete" } as const;
const DONE = { retry: "Retried", delete: "Deleted" } as const;

const EXPLAINED = {
  retry: "Each runs again from the start: its failures are forgotten, its last result is deleted.",
  delete: "They go with their results, for good.",
} as const;

/** The part of the page that each step replaces. */
function Bulk({ address, children }: { address?: string; children: Child }) {
  return (
    <section id="bulk" class="card bulk" data-address={address}>
      {children}
    </section>
  );
}

/** Which tasks it is about. */
function Which({ run: { queue, funcPath, errorType, before } }: { run: DeadRun }) {
  const conditions = [
    { name: "Queue", value: queue },
    { name: "Handler", value: funcPath },
    { name: "Error type", value: errorType },
  ];
  return (
    <dl class="facts">
      {conditions.map(({ name, value }) => (
        <div>
          <dt>{name}</dt>
          <dd>{value === "" ? <span class="muted">any</span> : value}</dd>
        </div>
      ))}
      <div>
        <dt>Created before</dt>
        <dd>
          <Time at={before} />
        </dd>
      </div>
    </dl>
  );
}

/** How many there are: asked for page by page, before anything is done. */
export function BulkCount({ run }: { run: DeadRun }) {
  const { base } = useView();
  const { action, total, cursor } = run;
  const address = base + runAddress("confirm", run);
  if (cursor !== "") {
    return (
      <Bulk>
        <Which run={run} />
        <p role="status">Counted {formatTasks(total)} so far.</p>
        <div class="bulk-actions">
          <a
            class="button"
            href={address}
            hx-get={address}
            hx-trigger="load, click"
            hx-target="#bulk"
            hx-swap="outerHTML"
          >
            Count on
          </a>
          <Back run={run} label="Cancel" />
        </div>
      </Bulk>
    );
  }
  if (total === 0) {
    return (
      <Empty title="No failure meets this filter">
        <Back run={run} label="Back to the dead letters" />
      </Empty>
    );
  }
  return (
    <Bulk>
      <Which run={run} />
      <p role="status" class="bulk-number">
        {DOES[action]} {formatTasks(total)}?
      </p>
      <p>{EXPLAINED[action]}</p>
      <div class="bulk-actions">
        <StepForm run={run}>
          <button type="submit" class={action === "delete" ? "button danger solid" : "button primary"}>
            {DOES[action]} {formatTasks(total)}
          </button>
        </StepForm>
        <Back run={run} label="Cancel" />
      </div>
    </Bulk>
  );
}

/** How far it has come. While it goes on, each answer asks for the next step; paused, somebody has to. */
export function BulkProgress({ run, state }: { run: DeadRun; state: "going" | "paused" | "done" }) {
  const { base } = useView();
  const { action, total, changed, skipped } = run;
  const address = base + runAddress("run", run);
  const most = Math.max(total, changed + skipped);
  return (
    <Bulk address={state === "done" ? undefined : address}>
      <Which run={run} />
      <p role="status" class="bulk-number">
        {DONE[action]} {formatCount(changed)} of {formatTasks(most)}
        {state === "done" ? "." : state === "paused" ? ", paused." : " …"}
      </p>
      <progress
        max={state === "done" ? 1 : Math.max(1, most)}
        value={state === "done" ? 1 : changed + skipped}
      >
        {formatCount(changed)} of {formatTasks(most)}
      </progress>
      {skipped > 0 && (
        <p class="muted">
          {formatTasks(skipped)} stay as they are: another task has their unique key, or they have changed
          meanwhile.
        </p>
      )}
      {state !== "done" && (
        <p class="muted">
          You may leave this page. Its address holds how far it has come: open it again to go on.
        </p>
      )}
      <div class="bulk-actions">
        {state !== "done" && (
          <StepForm run={run} isGoing={state === "going"}>
            <button type="submit" class="button primary">
              Go on
            </button>
          </StepForm>
        )}
        {state === "going" && (
          <a class="button" href={address}>
            Pause
          </a>
        )}
        <Back run={run} label="To the dead letters" />
      </div>
    </Bulk>
  );
}

/** @param props `isGoing`: whether it is sent at once. Never for a page that was asked for by its address: a link must not act. */
function StepForm({ run, isGoing = false, children }: { run: DeadRun; isGoing?: boolean; children: Child }) {
  const { base, visitor } = useView();
  const address = `${base}dead-letters/run`;
  return (
    <form
      method="post"
      action={address}
      hx-post={address}
      hx-trigger={isGoing ? "load delay:200ms, submit" : "submit"}
      hx-target="#bulk"
      hx-swap="outerHTML"
    >
      <input type="hidden" name={TOKEN_FIELD} value={visitor?.token ?? ""} />
      {Object.entries(run).map(([name, value]) => (
        <input type="hidden" name={name} value={String(value)} />
      ))}
      {children}
    </form>
  );
}

function Back({ run, label }: { run: DeadRun; label: string }) {
  const { base } = useView();
  return (
    <a class="button" href={base + deadAddress(run)}>
      {label}
    </a>
  );
}
