import { TaskNotFoundError, TaskPurgedError } from "./errors.ts";
import { parseId } from "./options.ts";
import { NOTHING_REDACTED, type Redaction, redactOutcome, redactTask } from "./redact.ts";
import type { Registry } from "./registry.ts";
import type { Storage, TaskOutcome } from "./storage.ts";
import type { Task } from "./task.ts";

/** Finds tasks, tells of one that is not there why, and of one that is no more than may be shown. */
export class Lookup {
  readonly #storage: Pick<Storage, "getTask" | "getOutcome" | "mayBePurged">;
  readonly #registry: Registry;
  readonly #redacts: boolean;

  /** @param redacts whether what is found is to be shown */
  constructor(
    storage: Pick<Storage, "getTask" | "getOutcome" | "mayBePurged">,
    registry: Registry,
    redacts: boolean,
  ) {
    this.#storage = storage;
    this.#registry = registry;
    this.#redacts = redacts;
  }

  /** @throws {ValidationError} {@link TaskNotFoundError} {@link TaskPurgedError} */
  async get(id: string): Promise<Task> {
    const task = await this.#storage.getTask(parseId(id, "id"));
    return task === null ? this.#explainAbsence(id) : this.show(task);
  }

  /** How a task ended. @throws {ValidationError} {@link TaskNotFoundError} {@link TaskPurgedError} */
  async outcome(id: string): Promise<TaskOutcome> {
    const outcome = await this.#storage.getOutcome(parseId(id, "id"));
    if (outcome === null) return this.#explainAbsence(id);
    return redactOutcome(outcome, this.#redactionOf(outcome.funcPath));
  }

  /** Of an operation, as of a read, a caller hears whether its task was purged. */
  async after(id: string, operation: Promise<Task>): Promise<Task> {
    return this.show(await this.explain(id, operation));
  }

  /** The same of one that answers with no task. */
  async explain<T>(id: string, operation: Promise<T>): Promise<T> {
    try {
      return await operation;
    } catch (error) {
      if (error instanceof TaskNotFoundError) return this.#explainAbsence(id);
      throw error;
    }
  }

  show(task: Task): Task {
    return redactTask(task, this.#redactionOf(task.funcPath));
  }

  #redactionOf(funcPath: string): Redaction {
    const definition = this.#redacts ? this.#registry.find(funcPath) : undefined;
    return definition?.redaction ?? NOTHING_REDACTED;
  }

  async #explainAbsence(id: string): Promise<never> {
    throw (await this.#storage.mayBePurged(id)) ? new TaskPurgedError(id) : new TaskNotFoundError(id);
  }
}
