import type { TaskRule } from "../rules.ts";
import { isDeletedByDone } from "./ends.ts";

/** What holds of tasks of which their success leaves less than others. */
export const keepingRules: Readonly<Record<string, TaskRule>> = {
  "what its success deletes is gone after it, and not before": (timeline, _, report) => {
    const { id, asked, task, endings } = timeline;
    if (asked[0]?.extras?.onSuccess !== "delete") return;
    const certain = endings.some(({ kind, certain }) => kind === "done" && certain);
    if (certain && task !== undefined) report(`${id} is ${task.status} after the success that deletes it`);
    const isThere = asked.some(({ receipt }) => receipt?.id === id);
    if (isThere && task === undefined && !isDeletedByDone(timeline))
      report(`${id} is gone without a success`);
  },

  "a result that is not to be kept is not there": ({ id, asked, result }, _, report) => {
    if (asked[0]?.extras?.onSuccess === "forget" && result?.status === "SUCCESS")
      report(`${id} has ${result.result} on file`);
  },
};
