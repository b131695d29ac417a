import type { Schedule } from "../../../core/schedule.ts";
import { useView } from "../../context.ts";
import { ActionForm } from "../../parts/form.tsx";

/** What may be said of why one is disabled. */
const REASON_LENGTH = 255;

interface ActionsProps {
  readonly schedule: Schedule;
  /** Whether they stand on its own page, and lead back to it. */
  readonly isOwnPage?: boolean;
}

/** What can be done with a schedule, by a key with the scope `admin`. */
export function ScheduleActions({ schedule, isOwnPage = false }: ActionsProps) {
  const { visitor } = useView();
  if (!visitor?.may("admin")) return null;
  const { name, enabled } = schedule;
  const fields = (
    <>
      <input type="hidden" name="name" value={name} />
      {isOwnPage && <input type="hidden" name="stays" value="1" />}
    </>
  );
  return (
    <>
      <ActionForm action="schedules/run">
        {fields}
        <button type="submit" class="button" aria-label={`Run now: ${name}`}>
          Run now
        </button>
      </ActionForm>
      {!enabled && (
        <ActionForm action="schedules/enable">
          {fields}
          <button type="submit" class="button primary" aria-label={`Enable ${name}`}>
            Enable
          </button>
        </ActionForm>
      )}
      {enabled && (
        <details class="confirm">
          <summary class="button" aria-label={`Disable ${name}`}>
            Disable
          </summary>
          <ActionForm action="schedules/disable" class="panel">
            {fields}
            <label>
              <span>Reason, for those who see it here</span>
              <input name="reason" maxlength={REASON_LENGTH} placeholder="disabled by an operator" />
            </label>
            <button type="submit" class="button danger solid">
              Disable this schedule
            </button>
          </ActionForm>
        </details>
      )}
    </>
  );
}
