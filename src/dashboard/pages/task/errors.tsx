import type { TaskError } from "../../../core/task.ts";
import { Time } from "../../parts/time.tsx";

/** What went wrong, the last first. */
export function TaskErrors({ errors }: { errors: readonly TaskError[] }) {
  if (errors.length === 0) return null;
  return (
    <section class="card" aria-labelledby="errors">
      <h2 id="errors">Errors</h2>
      <ol class="errors">
        {errors.toReversed().map((error) => (
          <ErrorItem error={error} />
        ))}
      </ol>
    </section>
  );
}

function ErrorItem({ error: { type, message, stack, at, attempt, retryable } }: { error: TaskError }) {
  return (
    <li id={`error-${attempt}`}>
      <p class="moment">
        <strong class="fault">{type}</strong>
        <span class="muted">
          attempt {attempt}
          {retryable ? "" : ", not to be retried"}, <Time at={at} />
        </span>
      </p>
      <p class="message">{message}</p>
      {stack !== undefined && (
        <details class="json" id={`stack-${attempt}`} hx-morph-skip>
          <summary>Stack</summary>
          <section aria-label={`Stack of attempt ${attempt}`} tabindex={0}>
            <pre>{stack}</pre>
          </section>
        </details>
      )}
    </li>
  );
}
