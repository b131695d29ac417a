import type { JsonValue } from "../../core/task.ts";

/** Of more text than this only the beginning is shown: a browser would stall over a result of a megabyte. */
const MAX_SHOWN = 200_000;

/** A value as JSON in one line, for a list. */
export function previewJson(value: JsonValue, length: number): string {
  const text = JSON.stringify(value);
  return text.length > length ? `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}

/** A value as JSON that can be folded. What is live does not touch it: it stays folded, and does not change. */
export function JsonView({ id, label, value }: { id: string; label: string; value: JsonValue }) {
  const text = JSON.stringify(value, null, 2);
  const isCut = text.length > MAX_SHOWN;
  return (
    <details class="json" id={id} open hx-morph-skip>
      <summary>
        {label} <span class="muted">{sizeOf(text.length)}</span>
      </summary>
      <section aria-label={label} tabindex={0}>
        <pre>{isCut ? `${text.slice(0, MAX_SHOWN)}\n…` : text}</pre>
      </section>
      {isCut && <p class="hint">The first {sizeOf(MAX_SHOWN)}: the HTTP API has all of it.</p>}
    </details>
  );
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
