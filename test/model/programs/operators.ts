/** What operators and time do. */
import fc from "fast-check";
import { TASK_STATUSES } from "../../../src/core/task.ts";
import { NOW } from "../../support/tasks.ts";
import type { Command } from "../run.ts";
import { taskId } from "../source.ts";
import { ACTIVE, WAITING } from "../specification/state.ts";
import { call } from "../step.ts";
import { pickParent } from "./operations.ts";
import * as picks from "./picks.ts";
import { pickId } from "./picks.ts";

export const cancel: fc.Arbitrary<Command> = picks.pick.map((picked) => (world) => {
  const id = pickId(world, picked, ACTIVE);
  return id === null ? null : call("cancel", id, world.now);
});

export const retry: fc.Arbitrary<Command> = picks.pick.map((picked) => (world) => {
  const id = pickId(world, picked, ["FAILED", "CANCELLED"]);
  return id === null ? null : call("retry", id, world.now);
});

export const reschedule: fc.Arbitrary<Command> = fc
  .record({ of: picks.pick, due: picks.moment })
  .map(({ of, due }) => (world) => {
    const id = pickId(world, of, WAITING);
    return id === null ? null : call("reschedule", id, world.now + due, world.now);
  });

export const configureQueue: fc.Arbitrary<Command> = fc
  .record({
    name: picks.queue,
    paused: fc.constantFrom(undefined, false, false, true),
    concurrency: fc.constantFrom(undefined, null, 1, 2, 3),
  })
  .map(
    ({ name, ...settings }) =>
      () =>
        call("configureQueue", name, settings),
  );

export const purge: fc.Arbitrary<Command> = fc
  .record({
    olderThan: picks.moment,
    failedOlderThan: picks.moment,
    after: picks.rarely(picks.number, null),
    leavesTimed: fc.boolean(),
  })
  .map(
    ({ olderThan, failedOlderThan, after, leavesTimed }) =>
      ({ now }) =>
        call("purgeResults", {
          olderThan: now + olderThan,
          failedOlderThan: now + failedOlderThan,
          cursor: after === null ? null : taskId(after),
          leavesTimed,
        }),
  );

export const purgeOutlived: fc.Arbitrary<Command> = fc.constant(({ now }) =>
  call("lifetimes.purgeOutlived", now),
);

export const startPurge: fc.Arbitrary<Command> = fc.constant(({ now }) =>
  call("startPurge", now, now + picks.HOUR),
);

/** By one that has started it. */
export const finishPurge: fc.Arbitrary<Command> = fc.option(picks.number).map((last) => ({ state, now }) => {
  if (state.purge.dueAt === 0) return null;
  return call("finishPurge", last === null ? null : taskId(last), now);
});

export const list: fc.Arbitrary<Command> = fc
  .record({
    status: picks.rarely(fc.constantFrom(...TASK_STATUSES), undefined),
    queue: picks.rarely(picks.queue, undefined),
    parent: picks.rarely(picks.number, null),
    schedule: picks.rarely(fc.constantFrom("s", "t"), undefined),
    limit: fc.constantFrom(2, 20),
  })
  .map(({ parent, ...filter }) => ({ state }) => {
    const parentId = parent === null ? undefined : pickParent(state, parent);
    return call("listTasks", { ...filter, parentId });
  });

export const listQueues: fc.Arbitrary<Command> = fc.constant(({ now }) => call("listQueues", now));

/** Workers' clocks differ: the next to act may be a little behind. */
export const clock: fc.Arbitrary<Command> = fc
  .constantFrom(picks.SECOND, 1, picks.MINUTE, picks.HOUR, -picks.SECOND)
  .map((step) => (world) => {
    world.now = Math.max(NOW, world.now + step);
    return null;
  });

/** To the moment at which something happens by itself: a task is due, or a lease ends. */
export const wait: fc.Arbitrary<Command> = picks.number.map((number) => (world) => {
  const moments = [...world.state.tasks.values()].map(({ status, eta, leaseExpiresAt }) =>
    WAITING.includes(status) ? eta : (leaseExpiresAt ?? 0),
  );
  const ahead = moments.filter((moment) => moment > world.now).sort((a, b) => a - b);
  world.now = ahead[number % Math.max(1, ahead.length)] ?? world.now;
  return null;
});
