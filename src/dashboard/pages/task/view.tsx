import type { Relations } from "../../../core/explorer.ts";
import type { Task, TaskResult } from "../../../core/task.ts";
import { useView } from "../../context.ts";
import { StatusBadge } from "../../parts/badge.tsx";
import { ActionButton, ConfirmForm } from "../../parts/form.tsx";
import { JsonView } from "../../parts/json.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { Live, SELDOM } from "../../parts/live.tsx";
import { Time } from "../../parts/time.tsx";
import { TASK_ACTIONS } from "./actions.ts";
import { TaskErrors } from "./errors.tsx";
import { TaskFacts } from "./facts.tsx";
import { countUntold, timelineOf } from "./timeline.ts";

interface TaskProps {
  readonly task: Task;
  /** Null while there is none. */
  readonly result: TaskResult | null;
  readonly relations: Relations;
}

const hasEnded = ({ status }: Task) => status === "SUCCESS" || status === "FAILED" || status === "CANCELLED";

/** All that there is to see of one task, kept up to date. */
export function TaskView({ task, result, relations }: TaskProps) {
  const { base } = useView();
  return (
    <Live id="task" address={`${base}tasks/${task.id}`} every={hasEnded(task) ? SELDOM : undefined}>
      <PageHead
        title={
          <>
            {task.funcPath} <StatusBadge status={task.status} />
          </>
        }
      >
        <Actions task={task} />
      </PageHead>
      <div class="columns">
        <div class="column">
          <Progress task={task} />
          <Timeline task={task} result={result} />
          <Payload task={task} />
          <Outcome task={task} result={result} />
          <TaskErrors errors={task.errors} />
        </div>
        <TaskFacts task={task} relations={relations} />
      </div>
    </Live>
  );
}

function Actions({ task: { id, status } }: { task: Task }) {
  const { base, visitor } = useView();
  const allowed = visitor?.may("admin")
    ? TASK_ACTIONS.filter(({ statuses }) => statuses.includes(status))
    : [];
  return (
    <>
      {visitor?.may("enqueue") && (
        <a class="button" href={`${base}tasks/${id}/copy`}>
          Enqueue a copy
        </a>
      )}
      {allowed.map(({ name, label, confirm }) => {
        const action = `tasks/${id}/${name}`;
        if (confirm === undefined) return <ActionButton action={action} label={label} kind="primary" />;
        return (
          <ConfirmForm action={action} label={`${label}…`} confirm={confirm.answer}>
            {confirm.question}
          </ConfirmForm>
        );
      })}
    </>
  );
}

function Progress({ task: { progress, status } }: { task: Task }) {
  if (progress === null || status === "SUCCESS") return null;
  const percent = Math.round(progress.value * 100);
  return (
    <section class="card progress" aria-label="Progress">
      <progress value={percent} max={100} aria-label="Done" />
      <p>
        {percent} % {progress.message !== null && <span class="muted">{progress.message}</span>}
      </p>
    </section>
  );
}

function Timeline({ task, result }: { task: Task; result: TaskResult | null }) {
  const { now } = useView();
  const untold = countUntold(task);
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol class="timeline">
        {timelineOf(task, result).map(({ at, status, title, detail }) => (
          <li class={`${status.toLowerCase()}${at > now ? " to-come" : ""}`}>
            <p class="moment">
              <strong>{title}</strong>
              <Time at={at} />
            </p>
            {detail !== undefined && <p class="muted">{detail}</p>}
          </li>
        ))}
      </ol>
      {untold > 0 && (
        <p class="hint">
          {untold === 1 ? "One earlier attempt has" : `${untold} earlier attempts have`} left nothing on file:
          snoozed, given back, or before the last 20 errors.
        </p>
      )}
    </section>
  );
}

function Payload({ task: { args, kwargs } }: { task: Task }) {
  const isBare = args.length === 0 && Object.keys(kwargs).length === 0;
  return (
    <section class="card" aria-labelledby="payload">
      <h2 id="payload">Arguments</h2>
      {isBare && <p class="muted">None.</p>}
      {args.length > 0 && <JsonView id="args" label="args" value={args} />}
      {Object.keys(kwargs).length > 0 && <JsonView id="kwargs" label="kwargs" value={kwargs} />}
    </section>
  );
}

function Outcome({ task: { status, onSuccess }, result }: { task: Task; result: TaskResult | null }) {
  if (result?.status !== "SUCCESS") return null;
  return (
    <section class="card" aria-labelledby="result">
      <h2 id="result">{status === "SUCCESS" ? "Result" : "Result of the last run"}</h2>
      {onSuccess === "keep" ? (
        <JsonView id={`result-${result.attempts}`} label="result" value={result.result} />
      ) : (
        <p class="muted">It was enqueued to be kept without its result.</p>
      )}
    </section>
  );
}
