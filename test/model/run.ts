import type { Storage } from "../../src/core/storage.ts";
import type { NewTask } from "../../src/core/task.ts";
import { NOW } from "../support/tasks.ts";
import { declareIds, SLOTS, taskId } from "./source.ts";
import { modelOf } from "./specification/model.ts";
import { emptyState, type State } from "./specification/state.ts";
import { areEqual, call, type Step, toExpectation, toStatement } from "./step.ts";
import { type Subject, subjectOf } from "./subject.ts";

export interface Request {
  readonly fingerprint: string;
  readonly tasks: readonly NewTask[];
}

/** What a program has come to: commands choose by it what to do next. */
export interface World {
  now: number;
  readonly state: State;
  /** What was sent with each caller's key last, as its client would send it again. */
  readonly requests: Map<string, Request>;
}

/** A part of a program; null where it calls nothing. */
export type Command = (world: World) => Step | null;

/** The product answered otherwise than the model. The message is a program that shows it. */
export class Difference extends Error {
  override readonly name = "Difference";
}

/**
 * Runs a program on the model and on the storage, which must be empty, and compares each answer, and the whole state at the end.
 *
 * @throws {Difference}
 */
export async function runProgram(commands: readonly Command[], storage: Storage): Promise<void> {
  const world: World = { now: NOW, state: emptyState(), requests: new Map() };
  const comparison = new Comparison(modelOf(world.state), subjectOf(storage));
  for (const command of commands) {
    const step = command(world);
    if (step !== null) await comparison.make(step);
  }
  for (const step of readAll(world)) await comparison.make(step);
}

class Comparison {
  readonly #model: Subject;
  readonly #product: Subject;
  readonly #made: string[] = [];

  constructor(model: Subject, product: Subject) {
    this.#model = model;
    this.#product = product;
  }

  async make(step: Step): Promise<void> {
    const expected = await step.run(this.#model);
    const actual = await step.run(this.#product);
    if (!areEqual(expected, actual)) {
      const program = [...this.#made, toExpectation(step, expected, actual)];
      throw new Difference([...declareIds(program.join()), ...program].join("\n"));
    }
    if (!step.reads) this.#made.push(toStatement(step, expected));
  }
}

/** All that can be seen. */
function readAll({ now, state }: World): Step[] {
  const ids = Array.from({ length: SLOTS }, (_, slot) => taskId(slot));
  const gone = ids.filter((id) => state.purged.has(id) && !state.tasks.has(id));
  const known = ids.filter((id) => state.tasks.has(id));
  return [
    ...known.flatMap((id) => [call("getTask", id), call("getOutcome", id)]),
    ...gone.map((id) => call("mayBePurged", id)),
    call("listTasks", { limit: SLOTS }),
    call("listQueues", now),
  ];
}
