/** What operators do with tasks that are there, one by one and by a filter. */
import fc from "fast-check";
import type { BulkChange } from "../../../src/core/bulk-options.ts";
import { TASK_STATUSES } from "../../../src/core/task.ts";
import type { Command } from "../run.ts";
import { taskId } from "../source.ts";
import { FINISHED, type State, WAITING } from "../specification/state.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";
import { pickId } from "./picks.ts";

const priority = fc.constantFrom(undefined, 0, 9);

/** One that has children, or any. */
export function pickParent({ tasks }: State, number: number): string {
  const parents = [...tasks.values()].flatMap(({ parentId }) => parentId ?? []);
  return parents[number % Math.max(1, parents.length)] ?? taskId(number);
}

export const remove: fc.Arbitrary<Command> = picks.pick.map((picked) => (world) => {
  const id = pickId(world, picked, FINISHED);
  return id === null ? null : call("operators.delete", id);
});

export const runNow: fc.Arbitrary<Command> = picks.pick.map((picked) => (world) => {
  const id = pickId(world, picked, WAITING);
  return id === null ? null : call("operators.runNow", id, world.now);
});

export const change: fc.Arbitrary<Command> = fc
  .record({ of: picks.pick, priority, queue: picks.queue })
  .map(({ of, ...change }) => (world) => {
    const id = pickId(world, of, WAITING);
    return id === null ? null : call("operators.change", id, change, world.now);
  });

export const changePage: fc.Arbitrary<Command> = fc
  .record({
    action: fc.constantFrom("retry", "retry", "delete", "cancel", "runNow", "reschedule", "change"),
    status: fc.option(fc.constantFrom(...TASK_STATUSES), { nil: undefined }),
    queue: picks.rarely(fc.constant(undefined), "a"),
    schedule: picks.rarely(fc.constantFrom("s", "t"), undefined),
    parent: fc.option(picks.number),
    priority,
    due: picks.moment,
  })
  .map(({ action, status, queue, schedule, parent, priority, due }) => ({ state, now }) => {
    const parentId = parent === null ? undefined : pickParent(state, parent);
    const done: BulkChange =
      action === "reschedule"
        ? { action, eta: now + due }
        : action === "change"
          ? { action, priority, queue: "a" }
          : { action };
    return call("bulk.changePage", { status, queue, schedule, parentId }, done, null, now);
  });
