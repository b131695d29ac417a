import { LIMITS } from "../../../core/options.ts";
import type { Task } from "../../../core/task.ts";
import { useView } from "../../context.ts";
import { ActionForm, Field } from "../../parts/form.tsx";
import { PageHead } from "../../parts/layout.tsx";
import { Notice } from "../../parts/notice.tsx";

/** What is in the fields, as it was written. */
export interface CopyValues {
  /** Of the new task: sent with the form, and not shown. */
  readonly id: string;
  readonly args: string;
  readonly kwargs: string;
  readonly queue: string;
  readonly priority: string;
  /** As a browser's field writes a moment: in UTC. Empty: now. */
  readonly eta: string;
}

interface CopyProps {
  readonly task: Task;
  readonly values: CopyValues;
  /** `field` is null where it is about none of them. */
  readonly fault?: { readonly field: keyof CopyValues | null; readonly detail: string };
}

export function CopyForm({ task, values, fault }: CopyProps) {
  const { base } = useView();
  const faultOf = (name: keyof CopyValues) => (fault?.field === name ? fault.detail : undefined);
  const input = (name: keyof CopyValues) => ({
    id: name,
    name,
    "aria-invalid": faultOf(name) === undefined ? undefined : ("true" as const),
    "aria-describedby": faultOf(name) === undefined ? undefined : `${name}-fault`,
  });
  const rows = (text: string) => Math.min(24, Math.max(3, text.split("\n").length + 1));
  return (
    <>
      <nav class="trail" aria-label="Where you are">
        <a href={`${base}tasks`}>Tasks</a>
        <a href={`${base}tasks/${task.id}`}>{task.funcPath}</a>
      </nav>
      <PageHead title={`Enqueue a copy of ${task.funcPath}`} />
      <p class="muted">
        This makes a new task, with the retries and the timeout of the one that it is a copy of. That one
        stays as it is.
      </p>
      {fault?.field === null && <Notice kind="fault">{fault.detail}</Notice>}
      <ActionForm action={`tasks/${task.id}/copy`} class="card copy-form">
        <input type="hidden" name="id" value={values.id} />
        <Field name="kwargs" label="kwargs, a JSON object" fault={faultOf("kwargs")}>
          <textarea {...input("kwargs")} rows={rows(values.kwargs)} spellcheck={false}>
            {values.kwargs}
          </textarea>
        </Field>
        <Field name="args" label="args, a JSON array" fault={faultOf("args")}>
          <textarea {...input("args")} rows={rows(values.args)} spellcheck={false}>
            {values.args}
          </textarea>
        </Field>
        <div class="field-row">
          <Field name="queue" label="Queue" fault={faultOf("queue")}>
            <input {...input("queue")} value={values.queue} required maxlength={LIMITS.textLength} />
          </Field>
          <Field
            name="priority"
            label="Priority"
            hint="0 is claimed first, 9 last."
            fault={faultOf("priority")}
          >
            <input
              {...input("priority")}
              type="number"
              min={LIMITS.priority.min}
              max={LIMITS.priority.max}
              value={values.priority}
            />
          </Field>
          <Field name="eta" label="Not before, UTC" hint="Empty: now." fault={faultOf("eta")}>
            <input {...input("eta")} type="datetime-local" value={values.eta} />
          </Field>
        </div>
        <div class="filter-actions">
          <button type="submit" class="button primary">
            Enqueue
          </button>
          <a class="button" href={`${base}tasks/${task.id}`}>
            Back
          </a>
        </div>
      </ActionForm>
    </>
  );
}
