import { parseText } from "../core/options.ts";
import type { Readings } from "../core/readings.ts";
import type { AnyTask, TaskDefinition } from "../core/registry.ts";
import type { Task } from "../core/task.ts";
import { compareTask, type ExpectedOptions } from "./expectation.ts";
import { type Mismatch, type Partially, show } from "./match.ts";

/** A test's expectation was not met. Has the name and the code of Node's own, by which test frameworks know it. */
export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(message: string, expected?: unknown, actual?: unknown) {
    super(message);
    this.name = "AssertionError";
    this.expected = expected;
    this.actual = actual;
  }
}

/** At most so many tasks are shown in a message. */
const SHOWN = 5;

/** What a test asks of the tasks in a queue. */
export class Assertions {
  readonly #queue: Pick<Readings, "list">;

  constructor(queue: Pick<Readings, "list">) {
    this.#queue = queue;
  }

  /**
   * The tasks that were enqueued and wait, oldest first.
   *
   * @param task its definition
   * @param input what their payload must hold, as it was given to `enqueue`. Defaults to anything
   * @param expected see {@link ExpectedOptions}. Defaults to any that wait
   * @throws {ValidationError} where a duration or a moment cannot be read
   * @example expect(await test.enqueued(sendEmail, { to: "a@example.com" })).toHaveLength(2);
   */
  async enqueued<Input>(
    task: TaskDefinition<Input, never>,
    input?: Partially<NoInfer<Input>>,
    expected: ExpectedOptions = {},
  ): Promise<readonly Task[]> {
    const tasks = await listAll(this.#queue, nameOf(task));
    return tasks.filter((one) => compareTask(one, input, expected).length === 0);
  }

  /**
   * Makes sure that such a task was enqueued and waits. The message shows the nearest that there is.
   *
   * @param input what its payload must hold, as it was given to `enqueue`. Defaults to anything
   * @param expected see {@link ExpectedOptions}
   * @returns the first of them
   * @throws {AssertionError} {@link ValidationError}
   * @example await test.assertEnqueued(sendEmail, { to: "a@example.com" }, { queue: "mail", delay: "5m" });
   */
  async assertEnqueued<Input>(
    task: TaskDefinition<Input, never>,
    input?: Partially<NoInfer<Input>>,
    expected: ExpectedOptions = {},
  ): Promise<Task> {
    const tasks = await listAll(this.#queue, nameOf(task));
    const compared = tasks.map((one) => ({ task: one, mismatches: compareTask(one, input, expected) }));
    const [nearest] = compared.toSorted((one, other) => one.mismatches.length - other.mismatches.length);
    if (nearest?.mismatches.length === 0) return nearest.task;
    const wanted = `expected ${describeWanted(task.name, input, expected)} to have been enqueued`;
    if (nearest === undefined) {
      throw new AssertionError(
        `${wanted}, and there is no task of that name: ${await this.#describeOthers()}`,
      );
    }
    const message = `${wanted}, and none of ${tasks.length} is. The nearest, ${nearest.task.id}:\n`;
    throw new AssertionError(message + nearest.mismatches.map(describeMismatch).join("\n"));
  }

  /**
   * Makes sure that no such task waits.
   *
   * @param input what its payload would hold. Defaults to anything
   * @param expected see {@link ExpectedOptions}
   * @throws {AssertionError} {@link ValidationError}
   * @example await test.refuteEnqueued(sendEmail, { to: "a@example.com" });
   */
  async refuteEnqueued<Input>(
    task: TaskDefinition<Input, never>,
    input?: Partially<NoInfer<Input>>,
    expected: ExpectedOptions = {},
  ): Promise<void> {
    const found = await this.enqueued(task, input, expected);
    if (found.length === 0) return;
    const wanted = `expected ${describeWanted(task.name, input, expected)} not to have been enqueued`;
    const shown = found.slice(0, SHOWN).map(({ id, status, kwargs }) => `  ${id} ${status} ${show(kwargs)}`);
    throw new AssertionError(`${wanted}, and there is ${found.length}:\n${shown.join("\n")}`);
  }

  async #describeOthers(): Promise<string> {
    const names = (await listAll(this.#queue)).map(({ funcPath }) => funcPath);
    if (names.length === 0) return "the queue is empty";
    const counts = [...new Set(names)].map(
      (name) => `${name} (${names.filter((other) => other === name).length})`,
    );
    return `there is ${counts.slice(0, SHOWN).join(", ")}`;
  }
}

/** Of what is no definition, such as a mere name, every task would be one. @throws {ValidationError} */
function nameOf(task: AnyTask): string {
  return parseText(task.name, "task.name");
}

/** Oldest first. @param funcPath of one definition. Defaults to all */
export async function listAll(queue: Pick<Readings, "list">, funcPath?: string): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await queue.list({ funcPath, cursor, limit: 1_000 });
    tasks.push(...page.items);
    if (page.cursor === null) return tasks.reverse();
    cursor = page.cursor;
  }
}

function describeWanted(name: string, input: unknown, expected: ExpectedOptions): string {
  const words = Object.entries(expected).map(([option, value]) => `${option} ${show(value)}`);
  const said = input === undefined ? words : [`input ${show(input)}`, ...words];
  return said.length === 0 ? `a task ${name}` : `a task ${name} with ${said.join(", ")}`;
}

function describeMismatch({ path, expected, got }: Mismatch): string {
  return `  ${path}: expected ${expected}, got ${got}`;
}
