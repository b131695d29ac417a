/** What producers do who come with a key of their own, so that they may ask again. */
import fc from "fast-check";
import type { Command, Request, World } from "../run.ts";
import { SLOTS, taskId } from "../source.ts";
import { nameOf } from "../specification/enqueue.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";
import { type Input, inputs, toTasks } from "./produce.ts";

const KEPT = 2 * picks.MINUTE;

const owner = fc.record({ apiKey: fc.constantFrom("ann", "bob"), key: fc.constant("k") });

/** The first request of a key, or the same again, or another with the same key. */
export const enqueueOnce: fc.Arbitrary<Command> = fc
  .record({ owner, inputs, again: fc.constantFrom(true, true, false) })
  .map(({ owner, inputs, again }) => (world) => {
    const before = world.requests.get(nameOf(owner));
    const request = again && before ? resent(world, before) : newRequest(world, inputs, before);
    world.requests.set(nameOf(owner), request);
    const { tasks, fingerprint } = request;
    const expiredBefore = world.now - KEPT;
    return call("enqueueMany", tasks, world.now, { ...owner, fingerprint, expiredBefore });
  });

export const forgetKeys: fc.Arbitrary<Command> = fc.constant(({ now }: World) =>
  call("purgeIdempotencyKeys", now - KEPT),
);

function newRequest(world: World, inputs: readonly Input[], before: Request | undefined): Request {
  return { tasks: toTasks(world, inputs), fingerprint: `${Number(before?.fingerprint ?? 0) + 1}` };
}

/** Ids that the client did not give are other ones each time. */
function resent({ state }: World, { tasks, fingerprint }: Request): Request {
  const taken = new Set([...state.tasks.keys(), ...tasks.map(({ id }) => id)]);
  const free = Array.from({ length: SLOTS }, (_, slot) => taskId(slot)).filter((id) => !taken.has(id));
  const again = tasks.flatMap((task) => {
    const id = task.idGiven ? task.id : free.shift();
    return id === undefined ? [] : [{ ...task, id }];
  });
  return { tasks: again, fingerprint };
}
