import { ValidationError } from "./errors.ts";
import type { NewTask } from "./task.ts";

/** A task of the batch that waits. */
interface Waiting {
  readonly index: number;
  /** How many tasks of the batch it waits for that are not known to start. */
  parents: number;
  /** Tasks of the batch that wait for it. */
  readonly children: Waiting[];
}

/**
 * Refuses tasks that would wait for each other for ever. What exists already waits for none of them, so a cycle can only be
 * within one batch.
 *
 * @throws {ValidationError} naming one task of the cycle, or behind it
 */
export function refuseCycles(tasks: readonly NewTask[]): void {
  const waiting = link(tasks);
  const startable = waiting.filter(({ parents }) => parents === 0);
  for (let next = startable.pop(); next !== undefined; next = startable.pop()) {
    for (const child of next.children) {
      child.parents -= 1;
      if (child.parents === 0) startable.push(child);
    }
  }
  const stuck = waiting.find(({ parents }) => parents > 0);
  if (stuck === undefined) return;
  const expected = "ids of tasks that do not wait for this one";
  throw new ValidationError(`tasks[${stuck.index}].after`, expected, "a cycle within the batch");
}

function link(tasks: readonly NewTask[]): Waiting[] {
  const byId = new Map<string, Waiting>();
  for (const [index, { id, extras }] of tasks.entries()) {
    if (extras !== null && extras.after.length > 0 && !byId.has(id)) {
      byId.set(id, { index, parents: 0, children: [] });
    }
  }
  for (const waiting of byId.values()) {
    for (const id of tasks[waiting.index]?.extras?.after ?? []) {
      const parent = byId.get(id);
      if (parent === undefined) continue;
      parent.children.push(waiting);
      waiting.parents += 1;
    }
  }
  return [...byId.values()];
}
