import type { Firing } from "../../src/core/schedule-storage.ts";
import type { Storage } from "../../src/core/storage.ts";
import type { NewTask } from "../../src/core/task.ts";
import { NOW } from "../support/tasks.ts";
import { declareIds, SLOTS } from "./source.ts";
import { modelOf } from "./specification/model.ts";
import { emptyState, type State } from "./specification/state.ts";
import { type Answer, areEqual, call, isRead, type Step, toExpectation, toStatement } from "./step.ts";
import { type Subject, subjectOf } from "./subject.ts";

/** How long a replica may lag behind, in milliseconds. */
const PATIENCE = 10_000;

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
  /** What workers were about to make, by what they had read. */
  readonly firings: Firing[];
  /** How many tasks firings have named. */
  planned: number;
}

export function emptyWorld(): World {
  return { now: NOW, state: emptyState(), requests: new Map(), firings: [], planned: 0 };
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
 * @param lags whether plain reads may be stale for a moment. Defaults to false
 * @throws {Difference}
 */
export async function runProgram(
  commands: readonly Command[],
  storage: Storage,
  lags = false,
): Promise<void> {
  const world = emptyWorld();
  const comparison = new Comparison(modelOf(world.state), subjectOf(storage), lags);
  for (const step of stepsOf(commands, world)) await comparison.make(step);
}

/** What a program comes to, each step by what those before have made of the world; at the end all that can be seen is read. */
export function* stepsOf(commands: readonly Command[], world: World): Generator<Step> {
  for (const command of commands) {
    const step = command(world);
    if (step !== null) yield step;
  }
  yield* readAll(world);
}

class Comparison {
  readonly #model: Subject;
  readonly #product: Subject;
  readonly #lags: boolean;
  readonly #made: string[] = [];

  constructor(model: Subject, product: Subject, lags: boolean) {
    this.#model = model;
    this.#product = product;
    this.#lags = lags;
  }

  async make(step: Step): Promise<void> {
    const expected = await step.run(this.#model);
    const actual = await this.#ask(step, expected);
    if (!areEqual(expected, actual)) {
      const program = [...this.#made, toExpectation(step, expected, actual)];
      throw new Difference([...declareIds(program.join()), ...program].join("\n"));
    }
    if (!isRead(step)) this.#made.push(toStatement(step, expected));
  }

  /** One read of a replica may be older than the read before it: what it comes to is what counts. */
  async #ask(step: Step, expected: Answer): Promise<Answer> {
    const deadline = performance.now() + (this.#lags && isRead(step) ? PATIENCE : 0);
    for (;;) {
      const actual = await step.run(this.#product);
      if (areEqual(expected, actual) || performance.now() >= deadline) return actual;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function readAll({ now, state }: World): Step[] {
  const gone = [...state.purged].filter((id) => !state.tasks.has(id)).sort();
  const known = [...state.tasks.keys()].sort();
  return [
    ...known.flatMap((id) => [call("getTask", id), call("getOutcome", id)]),
    ...gone.map((id) => call("mayBePurged", id)),
    call("listTasks", { limit: SLOTS }),
    call("listQueues", now),
    call("schedules.list", null, 1),
    call("history.read", { from: 0, to: now + 1, queue: null, after: null }),
    call("history.totals"),
  ];
}
