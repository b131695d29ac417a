import type { Child } from "hono/jsx";
import type { Backlog } from "../../../core/explorer.ts";
import type { Depth } from "../../../core/storage.ts";
import { useView } from "../../context.ts";
import { addressOf } from "../../fields.ts";
import { Live } from "../../parts/live.tsx";
import { formatDuration } from "../../parts/time.tsx";

/** The figures of this moment, kept up to date; the script draws what they were since the page was opened. */
export function Standing({ backlog: { waiting, running, held, failed, oldest } }: { backlog: Backlog }) {
  const { base } = useView();
  return (
    <Live id="standing" address={`${base}overview`}>
      <dl
        class="figures"
        data-sample={JSON.stringify({ depth: waiting.depth, age: (oldest?.age ?? 0) / 1_000 })}
      >
        <Figure label="Waiting" status="pending" href={`${base}tasks?status=PENDING`}>
          {count(waiting)}
        </Figure>
        <Figure label="Running" status="running" href={`${base}tasks?status=RUNNING`}>
          {count(running)}
        </Figure>
        <Figure label="Held" status="retrying" note="in quarantine, or for others">
          {count(held)}
        </Figure>
        <Figure label="Failed" status="failed" href={`${base}tasks?status=FAILED`}>
          {count(failed)}
        </Figure>
        <Figure
          label="Oldest due"
          status="cancelled"
          href={
            oldest === null
              ? undefined
              : base + addressOf("tasks", { status: "PENDING", queue: oldest.queue })
          }
          note={oldest === null ? "nothing is overdue" : `in ${oldest.queue}`}
        >
          {oldest === null ? "–" : <Age age={oldest.age} />}
        </Figure>
      </dl>
    </Live>
  );
}

/** What waits longer than a minute is told aloud, as on the page of the queues. */
function Age({ age }: { age: number }) {
  return <span class={age > 60_000 ? "late" : undefined}>{formatDuration(age)}</span>;
}

function count({ depth, more }: Depth): string {
  return `${depth.toLocaleString("en")}${more ? "+" : ""}`;
}

function Figure(props: { label: string; status: string; href?: string; note?: string; children: Child }) {
  const { label, status, href, note, children } = props;
  return (
    <div class={`figure ${status}`}>
      <dt>{href === undefined ? label : <a href={href}>{label}</a>}</dt>
      <dd>
        <strong>{children}</strong>
        {note !== undefined && <span class="muted">{note}</span>}
      </dd>
    </div>
  );
}
