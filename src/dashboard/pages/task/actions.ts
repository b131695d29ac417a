import type { Queue } from "../../../core/queue.ts";
import type { TaskStatus } from "../../../core/task.ts";

/** What can be done with one task, by a key with the scope `admin`. */
export interface TaskAction {
  /** The end of its path. */
  readonly name: "run" | "retry" | "cancel" | "delete";
  readonly label: string;
  /** The statuses that allow it. */
  readonly statuses: readonly TaskStatus[];
  /** What is asked before; absent where it can be undone. */
  readonly confirm?: { readonly question: string; readonly answer: string };
  /** What is said once it is done. */
  readonly done: string;
  readonly act: (queue: Queue, id: string) => Promise<unknown>;
  /** Whether something may have become due by it. */
  readonly kicks: boolean;
}

export const TASK_ACTIONS: readonly TaskAction[] = [
  {
    name: "run",
    label: "Run now",
    statuses: ["PENDING", "RETRYING"],
    done: "It is due now.",
    act: (queue, id) => queue.runNow(id),
    kicks: true,
  },
  {
    name: "retry",
    label: "Retry",
    statuses: ["FAILED", "CANCELLED"],
    done: "It runs again from the start, its failures forgotten.",
    act: (queue, id) => queue.retry(id),
    kicks: true,
  },
  {
    name: "cancel",
    label: "Cancel",
    statuses: ["PENDING", "RETRYING", "RUNNING"],
    confirm: {
      question: "It will not be run. A handler that runs it is aborted at its next heartbeat.",
      answer: "Cancel this task",
    },
    done: "It is cancelled.",
    act: (queue, id) => queue.cancel(id),
    kicks: false,
  },
  {
    name: "delete",
    label: "Delete",
    statuses: ["SUCCESS", "FAILED", "CANCELLED"],
    confirm: { question: "It goes with its result, for good.", answer: "Delete this task" },
    done: "The task is deleted.",
    act: (queue, id) => queue.delete(id),
    kicks: false,
  },
];
