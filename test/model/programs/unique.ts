/** What producers do whose tasks are there once. */
import fc from "fast-check";
import { type NewTask, NO_EXTRAS, type UniqueRule } from "../../../src/core/task.ts";
import { json, newTask } from "../../support/tasks.ts";
import type { Command, World } from "../run.ts";
import { SLOTS, taskId } from "../source.ts";
import { contentOf, lastingExtras } from "../specification/enqueue.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";

const rule = fc.oneof(
  fc.record({
    onConflict: fc.constantFrom<UniqueRule["onConflict"]>("replace"),
    within: fc.constant(null),
    debounce: fc.constantFrom(null, 1, picks.MINUTE, picks.HOUR),
  }),
  fc.record({
    onConflict: fc.constantFrom<UniqueRule["onConflict"]>("ignore", "reject"),
    within: fc.constantFrom(null, picks.MINUTE, picks.HOUR),
    debounce: fc.constant(null),
  }),
);

const input = fc.record({
  key: fc.constantFrom("x", "x", "y"),
  funcPath: fc.constantFrom("test.noop", "test.noop", "test.noop", "test.other"),
  kwargs: fc.nat({ max: 3 }).map((version) => json({ version })),
  due: fc.constantFrom(picks.MINUTE, 0, picks.HOUR, -1),
});

/** One definition's rule holds for all of a batch. */
const batch = fc.record({
  rule,
  uniqueWhile: fc.constantFrom<"pending" | null>(null, "pending"),
  queue: picks.queue,
  inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
  /** Of the caller's, in a batch of one. */
  given: picks.rarely(picks.number, null),
});

export type Batch = typeof batch extends fc.Arbitrary<infer T> ? T : never;

export const uniqueBatch: fc.Arbitrary<(world: World) => NewTask[]> = batch.map(
  (drawn) => (world) => toUnique(world, drawn),
);

function toUnique({ state, now }: World, { rule, uniqueWhile, queue, inputs, given }: Batch): NewTask[] {
  const extras = { ...NO_EXTRAS, unique: rule, uniqueWhile };
  const stored = given === null ? undefined : state.tasks.get(taskId(given));
  if (stored !== undefined) {
    const content = { ...contentOf(stored), args: json(stored.args), kwargs: json(stored.kwargs) };
    const again = { ...extras, ...lastingExtras(state, stored) };
    return [newTask({ ...content, id: stored.id, idGiven: true, eta: now, extras: again })];
  }
  const free = Array.from({ length: SLOTS }, (_, slot) => taskId(slot)).filter(
    (id) => !state.tasks.has(id) && !state.purged.has(id),
  );
  return inputs.flatMap(({ key, funcPath, kwargs, due }, index) => {
    const id = free[index];
    return id === undefined
      ? []
      : [newTask({ id, queue, funcPath, kwargs, uniqueKey: key, eta: now + due, extras })];
  });
}

export const enqueueUnique: fc.Arbitrary<Command> = uniqueBatch.map((toTasks) => (world) => {
  const tasks = toTasks(world);
  return tasks.length === 0 ? null : call("enqueueMany", tasks, world.now);
});

export const purgeWindows: fc.Arbitrary<Command> = fc.constant(({ now }: World) =>
  call("uniques.purgeWindows", now),
);
