/** What the commands of a program choose from: little, so that what they do meets. Each shrinks to its first value. */
import fc from "fast-check";
import type { Claim, Progress, TaskStatus } from "../../../src/core/task.ts";
import type { World } from "../run.ts";
import { SLOTS, taskId } from "../source.ts";
import { tasksIn } from "../specification/state.ts";

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const QUEUES = ["a", "b", "c"];

export const number = fc.nat({ max: SLOTS - 1 });
/** Most in one, where priorities and its concurrency meet. */
export const queue = fc.constantFrom("a", "a", "a", "b", "b", "c");
export const timeout = fc.constantFrom(25 * SECOND, 5 * SECOND, 60 * SECOND);
/** What a claim is restricted to: most are not. */
export const queues = rarely(fc.shuffledSubarray(QUEUES), undefined);
export const longestTimeout = rarely(timeout, undefined);
export const lease = fc.constantFrom(MINUTE, SECOND, 10 * MINUTE);
/** From now. */
export const moment = fc.constantFrom(0, 0, 0, MINUTE, -1, 1, -MINUTE);

/** `usual` three times in four. */
export function rarely<T, U>(arbitrary: fc.Arbitrary<T>, usual: U): fc.Arbitrary<T | U> {
  return fc.oneof({ arbitrary: fc.constant(usual), weight: 3 }, { arbitrary, weight: 1 });
}

/** A task in the status that a verb asks for, or sometimes just any, which need not exist. */
export interface Pick {
  readonly any: boolean;
  readonly number: number;
}

export const pick: fc.Arbitrary<Pick> = fc.record({
  any: fc.oneof({ arbitrary: fc.constant(false), weight: 7 }, { arbitrary: fc.constant(true), weight: 1 }),
  number,
});

/** @returns null where there is none in these statuses */
export function pickId(
  { state }: World,
  { any, number }: Pick,
  statuses: readonly TaskStatus[],
): string | null {
  if (any) return taskId(number);
  const tasks = tasksIn(state, statuses);
  return tasks[number % Math.max(1, tasks.length)]?.id ?? null;
}

/** A running task's claim; `behind` makes it that of an earlier attempt, or of one that is yet to come. */
export interface ClaimPick extends Pick {
  readonly behind: number;
  /** What its handler told last; null for nothing. */
  readonly progress: Progress | null;
  /** False for who knows no more of the task than its id and attempts. */
  readonly whole: boolean;
}

export const claimPick: fc.Arbitrary<ClaimPick> = fc
  .tuple(
    pick,
    fc.oneof({ arbitrary: fc.constant(0), weight: 10 }, fc.constant(1), fc.constant(-1)),
    rarely(fc.constantFrom({ value: 0.5, message: null }, { value: 1, message: "done" }), null),
    rarely(fc.constant(false), true),
  )
  .map(([picked, behind, progress, whole]) => ({ ...picked, behind, progress, whole }));

export function pickClaim(world: World, picked: ClaimPick): Claim | null {
  const id = pickId(world, picked, ["RUNNING"]);
  if (id === null) return null;
  const task = world.state.tasks.get(id);
  const claim = { id, attempts: Math.max(0, (task?.attempts ?? 1) - picked.behind) };
  const told = picked.progress === null ? claim : { ...claim, progress: picked.progress };
  return picked.whole && task !== undefined ? { ...told, onSuccess: task.onSuccess } : told;
}

/** Claims of different tasks: a worker has one of each at a time. */
export function pickClaims(world: World, picks: readonly ClaimPick[]): Claim[] {
  const claims = picks.map((picked) => pickClaim(world, picked)).filter((claim) => claim !== null);
  return claims.filter(({ id }, index) => claims.findIndex((other) => other.id === id) === index);
}
