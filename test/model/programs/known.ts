/** Where the product is known to answer otherwise than its specification: programs steer clear of it until it is put right. */
import type { NewTask } from "../../../src/core/task.ts";
import type { World } from "../run.ts";
import { isConflict } from "../specification/enqueue.ts";
import { FINISHED, holderOf, tasksIn } from "../specification/state.ts";

/**
 * Where one input meets a finished task by its id, another with that task's unique key is told the id of the finished task, not
 * that of the active one which holds the key.
 */
export function meetsNamesake(
  { state }: World,
  inputs: readonly NewTask[],
  { id, uniqueKey }: NewTask,
): boolean {
  const met = tasksIn(state, FINISHED).filter((task) => inputs.some((other) => other.id === task.id));
  return uniqueKey !== null && met.some((task) => task.uniqueKey === uniqueKey && task.id !== id);
}

/**
 * A request that is sent again with its key is refused where an id of its, given but not used then, has another content now. And
 * it is told the id of the active task that holds an input's unique key, where the first was told that of a finished task with
 * the input's own id.
 */
export function goesWrongAgain(world: World, inputs: readonly NewTask[], isAnswered: boolean): boolean {
  if (inputs.some((input) => isConflict(world.state, input))) return true;
  return (
    !isAnswered &&
    inputs.some((input) => isRecordedAsAnother(world, input) || meetsNamesake(world, inputs, input))
  );
}

export function isRecordedAsAnother({ state }: World, { id, uniqueKey }: NewTask): boolean {
  return state.tasks.has(id) && (holderOf(state, uniqueKey)?.id ?? id) !== id;
}
