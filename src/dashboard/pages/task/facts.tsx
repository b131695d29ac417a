import type { Child } from "hono/jsx";
import type { RelatedTask, Relations } from "../../../core/explorer.ts";
import type { Task } from "../../../core/task.ts";
import { useView } from "../../context.ts";
import { StatusBadge } from "../../parts/badge.tsx";
import { formatDuration, Time } from "../../parts/time.tsx";
import { scheduleAddress } from "../schedules/timing.tsx";

/** What its row says beside its life: settings, and the tasks that have to do with it. */
export function TaskFacts({ task, relations }: { task: Task; relations: Relations }) {
  const { base } = useView();
  const { children, awaits, awaitedBy } = relations;
  return (
    <aside class="column" aria-label="About this task">
      <section class="card">
        <dl class="facts">
          <Fact label="Id">
            <code class="id">{task.id}</code>
          </Fact>
          <Fact label="Queue">
            <a href={`${base}tasks?queue=${encodeURIComponent(task.queue)}`}>{task.queue}</a>
          </Fact>
          <Fact label="Attempts">
            {task.attempts}, {task.failures} of {task.maxRetries + 1} failed
          </Fact>
          <Fact label="Priority">{task.priority}</Fact>
          <Fact label="Timeout">{formatDuration(task.timeout)}</Fact>
          <Fact label="Due">
            <Time at={task.eta} />
          </Fact>
          {task.interval !== null && <Fact label="Runs again">every {formatDuration(task.interval)}</Fact>}
          {task.uniqueKey !== null && (
            <Fact label="Unique key">
              <code>{task.uniqueKey}</code>
            </Fact>
          )}
          {task.resultTtl !== null && <Fact label="Kept for">{formatDuration(task.resultTtl)}</Fact>}
          {task.schedule !== null && (
            <Fact label="Schedule">
              <a href={base + scheduleAddress(task.schedule)}>{task.schedule}</a>
            </Fact>
          )}
          {task.scheduledFor !== null && (
            <Fact label="Firing of">
              <Time at={task.scheduledFor} />
            </Fact>
          )}
          {task.parentId !== null && (
            <Fact label="Enqueued by">
              <a href={`${base}tasks/${task.parentId}`}>
                <code class="id">{task.parentId}</code>
              </a>
            </Fact>
          )}
        </dl>
      </section>
      <Related title="Waits for" tasks={awaits} more={Math.max(0, task.awaits - awaits.length)} />
      <Related title="Is waited for by" tasks={awaitedBy} />
      <Related title="Has enqueued" tasks={children} />
    </aside>
  );
}

function Fact({ label, children }: { label: string; children: Child }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** @param props `more`: how many there are beside these */
function Related({
  title,
  tasks,
  more = 0,
}: {
  title: string;
  tasks: readonly RelatedTask[];
  more?: number;
}) {
  const { base } = useView();
  if (tasks.length === 0 && more === 0) return null;
  return (
    <section class="card">
      <h2>{title}</h2>
      <ul class="related">
        {tasks.map(({ id, funcPath, status }) => (
          <li>
            <a href={`${base}tasks/${id}`}>{funcPath}</a>
            <StatusBadge status={status} />
          </li>
        ))}
        {more > 0 && <li class="muted">{tasks.length > 0 ? `and ${more} more` : `${more} tasks`}</li>}
      </ul>
    </section>
  );
}
