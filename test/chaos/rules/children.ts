import type { QueueRule } from "../rules.ts";

/** What holds of tasks that a handler enqueued. Siblings are told apart by their payloads here. */
export const childRules: Readonly<Record<string, QueueRule>> = {
  "a parent has each of its children once": ({ tasks, end }, _, report) => {
    const seen = new Set<string>();
    for (const { id, parentId, payload } of end.tasks) {
      // Each run of an interval task has children of its own.
      if (!parentId || (tasks.get(parentId)?.task?.interval ?? null) !== null) continue;
      const name = `${parentId} ${payload}`;
      if (seen.has(name)) report(`${id} is a child that ${parentId} has already, given ${payload}`);
      seen.add(name);
    }
  },
};
