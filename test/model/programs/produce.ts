/** What producers do. */
import fc from "fast-check";
import { type NewTask, NO_EXTRAS, type OnSuccess } from "../../../src/core/task.ts";
import { json, newTask } from "../../support/tasks.ts";
import type { Command, World } from "../run.ts";
import { SLOTS, taskId } from "../source.ts";
import { contentOf, lastingExtras } from "../specification/enqueue.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";

const input = fc.record({
  number: picks.number,
  idGiven: fc.boolean(),
  /** Comes with the content that its id had before, if it had any. */
  repeats: fc.oneof(
    { arbitrary: fc.constant(true), weight: 12 },
    { arbitrary: fc.constant(false), weight: 1 },
  ),
  queue: picks.queue,
  priority: fc.constantFrom(5, 5, 0, 9),
  due: picks.moment,
  expires: picks.rarely(picks.moment, null),
  parent: picks.rarely(picks.number, null),
  onSuccess: fc.constantFrom<OnSuccess>("keep", "keep", "forget", "delete"),
  resultTtl: picks.rarely(fc.constantFrom(0, picks.MINUTE), null),
  content: fc.record({
    funcPath: fc.constantFrom("test.noop", "test.noop", "test.other"),
    kwargs: fc.constantFrom(json({}), json({}), json({ other: true })),
    interval: fc.constantFrom(null, picks.MINUTE),
    maxRetries: fc.constantFrom(3, 1, 0),
    timeout: picks.timeout,
    uniqueKey: fc.constantFrom(null, null, "x", "y"),
  }),
});

/** Nothing is repeated. */
const NOTHING = {};

export type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

export const inputs = fc.array(input, { minLength: 1, maxLength: 6, size: "max" });

export const enqueue: fc.Arbitrary<Command> = inputs.map(
  (inputs) => (world) => call("enqueueMany", toTasks(world, inputs), world.now),
);

/** One new task that waits for tasks that are there, or for one that is not. */
export const enqueueWaiting: fc.Arbitrary<Command> = fc
  .record({
    parents: fc.array(picks.number, { minLength: 1, maxLength: 3 }),
    missing: picks.rarely(picks.rarely(fc.constant(true), false), false),
    startsAnyway: fc.boolean(),
    queue: picks.queue,
    due: picks.moment,
  })
  .map(({ parents, missing, startsAnyway, queue, due }) => ({ state, now }) => {
    const free = Array.from({ length: SLOTS }, (_, slot) => taskId(slot)).filter(
      (id) => !state.known.has(id) && !state.purged.has(id),
    );
    const [id, absent] = free;
    const there = [...state.tasks.keys()];
    const chosen = parents.flatMap((number) => there[number % Math.max(1, there.length)] ?? []);
    const after = [...new Set(missing && absent !== undefined ? [...chosen, absent] : chosen)];
    if (id === undefined || after.length === 0) return null;
    const extras = { ...NO_EXTRAS, after, startsAnyway };
    return call("enqueueMany", [newTask({ id, queue, eta: now + due, extras })], now);
  });

export function toTasks(world: World, inputs: readonly Input[]): NewTask[] {
  const tasks: NewTask[] = [];
  for (const {
    number,
    idGiven,
    repeats,
    queue,
    priority,
    due,
    expires,
    parent,
    content,
    ...ending
  } of inputs) {
    const id = taskId(number);
    const first = tasks.find((task) => task.id === id);
    const stored = world.state.tasks.get(id);
    const known = first ?? (stored && { ...stored, args: json(stored.args), kwargs: json(stored.kwargs) });
    const repeated = repeats && known ? contentOf(known) : NOTHING;
    const eta = world.now + due;
    const task = newTask({ queue, priority, ...content, ...repeated, id, idGiven, eta });
    const parentId = parent === null ? null : taskId(parent);
    const own = {
      ...NO_EXTRAS,
      ...ending,
      parentId,
      onSuccess: task.interval === null ? ending.onSuccess : "keep",
    };
    const lasting = stored ? lastingExtras(world.state, stored) : (first?.extras ?? NO_EXTRAS);
    const expiresAt = expires === null ? null : world.now + expires;
    const extras = { ...own, ...(repeated === NOTHING ? {} : lasting), expiresAt };
    tasks.push({ ...task, extras: JSON.stringify(extras) === JSON.stringify(NO_EXTRAS) ? null : extras });
  }
  // An id that the queue made is new: only a caller's can meet a task.
  const isNew = ({ id }: NewTask) =>
    !world.state.tasks.has(id) && tasks.filter((task) => task.id === id).length === 1;
  return tasks.map((task) => ({ ...task, idGiven: task.idGiven || !isNew(task) }));
}
