import type { Child } from "hono/jsx";
import { useView } from "../context.ts";

/** Name of the field that carries the session's token. */
export const TOKEN_FIELD = "token";

/** A form that acts: it goes as POST, with the session's token. */
export function ActionForm({
  action,
  children,
  ...rest
}: {
  action: string;
  children: Child;
  class?: string;
}) {
  const { base, visitor } = useView();
  return (
    <form method="post" action={`${base}${action}`} {...rest}>
      <input type="hidden" name={TOKEN_FIELD} value={visitor?.token ?? ""} />
      {children}
    </form>
  );
}

/** A button that acts at once. */
export function ActionButton({ action, label, kind }: { action: string; label: string; kind?: "primary" }) {
  return (
    <ActionForm action={action}>
      <button type="submit" class={kind === "primary" ? "button primary" : "button"}>
        {label}
      </button>
    </ActionForm>
  );
}

/** A button that asks first what cannot be undone: opened by a click or a key, without a script. */
export function ConfirmForm(props: { action: string; label: string; confirm: string; children: Child }) {
  return (
    <details class="confirm">
      <summary class="button danger">{props.label}</summary>
      <ActionForm action={props.action} class="panel">
        <div>{props.children}</div>
        <button type="submit" class="button danger solid">
          {props.confirm}
        </button>
      </ActionForm>
    </details>
  );
}

/** A field with its label, what it takes, and the fault that it was sent back with. */
export function Field(props: {
  name: string;
  label: string;
  hint?: string;
  fault?: string;
  children: Child;
}) {
  const { name, label, hint, fault, children } = props;
  return (
    <div class={fault === undefined ? "field" : "field invalid"}>
      <label for={name}>{label}</label>
      {children}
      {hint !== undefined && <p class="hint">{hint}</p>}
      {fault !== undefined && (
        <p class="fault" id={`${name}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}
