/** What schedules do: code declares them, operators edit them, workers fire them, by what they read before. */
import fc from "fast-check";
import type { EditedSchedule, Firing, NewSchedule } from "../../../src/core/schedule-storage.ts";
import type { OnSuccess } from "../../../src/core/task.ts";
import { json } from "../../support/tasks.ts";
import type { Command, World } from "../run.ts";
import { firingId } from "../source.ts";
import { findDue } from "../specification/schedules.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";

const REMOVED = "removed from the code";

const name = fc.constantFrom("s", "s", "s", "t");
const app = fc.constantFrom("app", "app", "app", "other");

const content = fc.record({
  funcPath: fc.constantFrom("test.noop", "test.other"),
  args: fc.constant(json([])),
  kwargs: fc.nat({ max: 2 }).map((version) => json({ version })),
  options: fc.record({
    queue: picks.queue,
    priority: fc.constantFrom(5, 0),
    maxRetries: fc.constantFrom(3, 0),
    timeout: picks.timeout,
    uniqueKey: fc.constantFrom(null, "x", "x", "schedule:s"),
    uniqueWhile: fc.constantFrom<"pending" | null>(null, null, "pending"),
    expiresIn: fc.constantFrom(null, 1, 1, picks.MINUTE),
    resultTtl: picks.rarely(fc.constant(picks.MINUTE), null),
    onSuccess: fc.constantFrom<OnSuccess>("keep", "delete", "forget"),
  }),
  timing: fc.constantFrom({ cron: "* * * * *", every: null }, { cron: null, every: picks.MINUTE }),
  timezone: picks.rarely(fc.constant("Europe/Paris"), "UTC"),
  catchUp: fc.constantFrom<"last" | "all">("last", "all"),
  jitter: fc.constantFrom(0, 5),
  due: picks.moment,
});

type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

function toContent({ now }: World, { due, timing, ...rest }: Content) {
  return { ...rest, ...timing, catchUpLimit: 100, nextAt: now + due };
}

export const insert: fc.Arbitrary<Command> = fc
  .record({ name, content })
  .map(({ name, content }) => (world) => {
    const schedule: NewSchedule = { ...toContent(world, content), name, app: null, declared: null };
    return call("schedules.insert", schedule, world.now);
  });

/** An app's code, which names some of the schedules, and has changed some of them. */
export const declareMany: fc.Arbitrary<Command> = fc
  .record({
    app,
    names: fc.constantFrom(["s"], ["s", "t"], ["t"], []),
    content,
    changed: fc.constantFrom(true, true, true, false),
    version: fc.constantFrom("1", "2"),
  })
  .map(({ app, names, content, changed, version }) => (world) => {
    const schedules = names.map((name): NewSchedule => {
      return { ...toContent(world, content), name, app, declared: version };
    });
    return call("schedules.declareMany", app, changed ? schedules : [], names, REMOVED, world.now);
  });

/** By what was read just now, or before another edit. */
export const update: fc.Arbitrary<Command> = fc
  .record({
    name,
    content,
    enabled: fc.boolean(),
    removed: picks.rarely(fc.constant(true), false),
    stale: picks.rarely(fc.constant(1), 0),
  })
  .map(({ name, content, enabled, removed, stale }) => (world) => {
    const read = world.state.schedules.get(name);
    const disabledReason = enabled ? null : removed ? REMOVED : "holidays";
    const given = toContent(world, content);
    const nextAt = enabled ? given.nextAt : null;
    const edited: EditedSchedule = { ...given, name, enabled, disabledReason, nextAt };
    const { updatedAt, nextAt: readNextAt } = read ?? { updatedAt: world.now, nextAt: null };
    const seen = { updatedAt: updatedAt - stale, nextAt: readNextAt };
    return call("schedules.update", edited, seen, world.now);
  });

export const remove: fc.Arbitrary<Command> = name.map((name) => () => call("schedules.delete", name));

const firing = fc.record({
  count: fc.constantFrom(1, 1, 2, 0),
  late: picks.moment,
  next: fc.constantFrom<number | null>(picks.MINUTE, picks.MINUTE, 0, null),
});

type Plan = typeof firing extends fc.Arbitrary<infer T> ? T : never;

/** Firings of all that is due, as one worker reads it; they are kept, to be sent by one that is late. */
function plan(world: World, { count, late, next }: Plan): Firing[] {
  const firings = findDue(world.state, world.now).due.flatMap(({ name, nextAt, updatedAt, options }) => {
    const ids = Array.from({ length: count }, (_, index) => firingId(world.planned + index));
    if (ids.includes(null) || nextAt === null) return [];
    world.planned += count;
    const tasks = ids.flatMap((id) =>
      id === null ? [] : [{ id, eta: nextAt + Math.max(0, late), scheduledFor: nextAt }],
    );
    const firing = { name, dueAt: nextAt, updatedAt, uniqueKey: options.uniqueKey, tasks };
    return [{ ...firing, nextAt: next === null ? null : world.now + next + 1 }];
  });
  world.firings.push(...firings);
  return firings;
}

/** What another worker has read, and will come to send. */
export const look: fc.Arbitrary<Command> = firing.map((drawn) => (world) => {
  plan(world, drawn);
  return call("schedules.findDue", world.now);
});

/** Once something is due, or right now. */
export const fire: fc.Arbitrary<Command> = fc
  .record({ drawn: firing, waits: fc.boolean() })
  .map(({ drawn, waits }) => (world) => {
    const { due, upcoming } = findDue(world.state, world.now);
    if (waits && due.length === 0) world.now = Math.max(world.now, upcoming ?? 0);
    const firings = plan(world, drawn);
    return firings.length === 0 ? null : call("schedules.fireMany", firings, world.now);
  });

/** By what was read before, which may have been sent already. */
export const fireLate: fc.Arbitrary<Command> = fc
  .record({ back: fc.nat({ max: 3 }), both: fc.boolean(), gone: fc.boolean() })
  .map(({ back, both, gone }) => ({ state, firings, now }) => {
    // Sent again though what it made has been deleted since.
    const lost = firings.filter(({ tasks }) =>
      tasks.some(({ id }) => state.known.has(id) && !state.tasks.has(id)),
    );
    const sent = gone && lost.length > 0 ? lost : firings;
    const end = sent.length - back;
    const picked = sent.slice(Math.max(0, end - (both ? 2 : 1)), Math.max(0, end));
    const [first, second] = picked;
    if (first === undefined) return null;
    return call("schedules.fireMany", first.name === second?.name ? [first] : picked, now);
  });

export const read: fc.Arbitrary<Command> = fc.record({ name, app, all: fc.boolean() }).map(
  ({ name, app, all }) =>
    () =>
      all ? call("schedules.findKnown", app, [name]) : call("schedules.get", name),
);
