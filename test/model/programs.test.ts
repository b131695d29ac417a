import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { program } from "./programs/program.ts";
import { emptyWorld, stepsOf } from "./run.ts";
import { modelOf } from "./specification/model.ts";
import type { State } from "./specification/state.ts";

const PROGRAMS = 1_000;
const WANTED = 10;

/** How often a verb changed something, or answered with something, by its name. */
const effects = new Map<string, number>();
/** In how many programs something happens that no answer tells by its kind. */
const branches = new Map<string, number>();
/** How often a call was refused, by the code of its error. */
const refusals = new Map<string, number>();

beforeAll(async () => {
  for (const commands of fc.sample(program, { seed: 1, numRuns: PROGRAMS })) {
    const world = emptyWorld();
    const model = modelOf(world.state);
    for (const step of stepsOf(commands, world)) {
      const before = snapshot(world.state);
      const answer = await step.run(model);
      if ("threw" in answer) count(refusals, answer.threw);
      else if (isSomething(answer.returned) || snapshot(world.state) !== before) count(effects, step.verb);
    }
    for (const branch of world.state.branches) count(branches, branch);
  }
});

it(`each verb takes effect at least ${WANTED} times in ${PROGRAMS} programs`, () => {
  const verbs = Object.keys(modelOf(emptyWorld().state));
  expect(verbs.filter((verb) => (effects.get(verb) ?? 0) < WANTED)).toEqual([]);
});

it("a call is refused for each reason that often, and for no other", () => {
  const reasons = [
    "id_conflict",
    "idempotency_conflict",
    "lease_lost",
    "parent_not_found",
    "task_not_found",
    "unique_conflict",
    "wrong_status",
  ];
  expect([...refusals.keys()].sort()).toEqual(reasons);
  expect(reasons.filter((reason) => (refusals.get(reason) ?? 0) < WANTED)).toEqual([]);
});

it(`each way of a unique key, and of a success, is met in at least ${WANTED} of them`, () => {
  const ways = [
    "replaced",
    "debounced",
    "debounced to its bound",
    "met a window",
    "rejected",
    "cancelled what held a key",
    "freed at the start",
    "deleted at its success",
    "changed children",
    "forgotten at its success",
    "counted with its time",
    "counted without its time",
    "forgot a minute",
  ];
  expect(ways.filter((way) => (branches.get(way) ?? 0) < WANTED)).toEqual([]);
});

it(`each way of a firing and of a declaration is met in at least ${WANTED} of them`, () => {
  const ways = [
    "a doubled firing",
    "a doubled firing whose task is gone",
    "a firing of a schedule that is gone",
    "a firing of a schedule that is disabled",
    "a firing of a schedule that was edited",
    "a firing left out by its key",
    "a firing whose task has expired",
    "a firing cancelled what held its key",
    "declared anew",
    "declared again",
    "declared though disabled",
    "declared by another app",
    "removed from the code",
  ];
  expect(ways.filter((way) => (branches.get(way) ?? 0) < WANTED)).toEqual([]);
});

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function isSomething(returned: string): boolean {
  return !["undefined", "null", "false", "[]", "{ items: [] }"].includes(returned);
}

function snapshot(state: State): string {
  return JSON.stringify(Object.values(state).map((part) => (Symbol.iterator in part ? [...part] : part)));
}
