import type { ErrorCode } from "./error-codes.ts";

/**
 * Every error that OmniQ throws. Each has a stable `code` to branch on; messages are for people and may change.
 * Messages say what was expected, what was got and, where something can be done, what to do.
 */
export abstract class OmniqError extends Error {
  /** Stable across releases: branch on this, not on the message or the class. */
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A fault in one field of what the caller gave. */
export abstract class FieldError extends OmniqError {
  /** Path of the field, such as `tasks[3].eta`. */
  field: string;
  readonly expected: string;
  readonly got: string;

  constructor(field: string, expected: string, got: string, options?: ErrorOptions) {
    super(fault(field, expected, got), options);
    this.field = field;
    this.expected = expected;
    this.got = got;
  }

  /** Makes it the fault of a caller that passed the value at `path`, such as `tasks[3]`. */
  within(path: string): this {
    this.field = `${path}.${this.field}`;
    this.message = fault(this.field, this.expected, this.got);
    return this;
  }
}

function fault(field: string, expected: string, got: string): string {
  return `expected ${field} to be ${expected}, got ${got}`;
}

/** An argument, a field of a request or an option is not what was expected. */
export class ValidationError extends FieldError {
  readonly code = "invalid_input";
}

/** A value is not JSON, or not JSON that comes back equal: functions, cycles, Date, NaN, lone surrogates ... */
export class SerializationError extends FieldError {
  readonly code = "not_serializable";
}

/** A payload, a result or a request passes its limit in bytes. */
export class TooLargeError extends FieldError {
  readonly code = "too_large";
}

/** No handler is registered under this name. */
export class UnknownTaskError extends FieldError {
  readonly code = "unknown_task";

  constructor(funcPath: string, known: readonly string[]) {
    const names = known.length > 0 ? known.slice(0, 20).join(", ") : "of which there is none";
    const got = funcPath.length > 80 ? `${funcPath.slice(0, 80)}...` : funcPath;
    super(
      "funcPath",
      `the name of a registered task (${names}; register it in \`tasks\`)`,
      JSON.stringify(got),
    );
  }
}

/** The task does not exist. */
export class TaskNotFoundError extends OmniqError {
  readonly code = "task_not_found";
  readonly id: string;

  constructor(id: string) {
    super(`no task has the id ${id}`);
    this.id = id;
  }
}

/** There is no such task, and its id is older than what the purge has reached: where there was one, it is purged with its result. */
export class TaskPurgedError extends OmniqError {
  readonly code = "task_purged";
  readonly id: string;

  constructor(id: string) {
    super(
      `no task has the id ${id}: those of its age are purged after their time to live, with their results`,
    );
    this.id = id;
  }
}

/** The task's status forbids the operation. */
export class TaskStatusError extends OmniqError {
  readonly code = "wrong_status";
  readonly id: string;
  readonly expected: readonly string[];
  readonly got: string;

  constructor(id: string, operation: string, expected: readonly string[], got: string) {
    super(`expected the status of task ${id} to be ${expected.join(" or ")} to ${operation} it, got ${got}`);
    this.id = id;
    this.expected = expected;
    this.got = got;
  }
}

/** Another active task holds this unique key. */
export class UniqueConflictError extends OmniqError {
  readonly code = "unique_conflict";
  /** The task that could not have its key. */
  readonly id: string;
  /** The task that has it; null where that is not known. */
  readonly holder: string | null;

  constructor(id: string, holder: string | null = null) {
    super(
      `another task${holder === null ? "" : `, ${holder},`} holds the unique key of task ${id}: cancel that one or wait for its end`,
    );
    this.id = id;
    this.holder = holder;
  }
}

/** An id was used before, with another content. */
export class IdConflictError extends OmniqError {
  readonly code = "id_conflict";
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(
      `expected each id to be new or to come with the same content as before, got another for ${ids.join(", ")}`,
    );
    this.ids = ids;
  }
}

/** A task is to wait for one that does not exist. Nothing was enqueued. */
export class ParentNotFoundError extends OmniqError {
  readonly code = "parent_not_found";
  readonly ids: readonly string[];

  constructor(ids: readonly string[]) {
    super(
      `expected each id in after to be that of a task that exists or is enqueued in the same batch, got ${ids.slice(0, 20).join(", ")}`,
    );
    this.ids = ids;
  }
}

/** An `Idempotency-Key` was used before, with another request. */
export class IdempotencyConflictError extends OmniqError {
  readonly code = "idempotency_conflict";

  constructor() {
    super("expected the Idempotency-Key to come with the same request as before, got another: use a new key");
  }
}

/** The worker's lease on the task ended: it was rescued, cancelled or settled by another. Nothing was written. */
export class LeaseLostError extends OmniqError {
  readonly code = "lease_lost";
  readonly id: string;
  readonly attempt: number;

  constructor(id: string, attempt: number) {
    super(
      `attempt ${attempt} of task ${id} no longer holds the lease: another attempt or an operator decides`,
    );
    this.id = id;
    this.attempt = attempt;
  }
}

/** The handler took longer than the task's timeout. */
export class TaskTimeoutError extends OmniqError {
  readonly code = "task_timeout";
  readonly timeout: number;

  constructor(timeout: number) {
    super(`expected the handler to end within its timeout of ${timeout} ms, and it did not`);
    this.timeout = timeout;
  }
}

/** Tasks still wait or run at the end of the time that was given for it. */
export class NotDrainedError extends OmniqError {
  readonly code = "not_drained";
  readonly queue: string | null;
  readonly timeout: number;

  /** @param queue null for all */
  constructor(queue: string | null, timeout: number) {
    const where = queue === null ? "any queue" : `the queue ${JSON.stringify(queue)}`;
    super(
      `expected no task of ${where} to wait or run after ${timeout} ms, and some do: wait longer, and see that no queue is paused and that workers run`,
    );
    this.queue = queue;
    this.timeout = timeout;
  }
}

/** The database lacks our tables, or has those of another version. */
export class SchemaMissing extends OmniqError {
  readonly code = "schema_missing";

  constructor(missing: string, command: string, options?: ErrorOptions) {
    super(`expected the database to hold OmniQ's schema, but ${missing}: run ${command}`, options);
  }
}

/** The database refuses a migration: nothing of it was applied, nor of those that were to be applied with it. */
export class MigrationFailed extends OmniqError {
  readonly code = "migration_failed";
  readonly migration: string;

  constructor(migration: string, detail: string, options?: ErrorOptions) {
    super(
      `expected the migration ${migration} to be applied, but the database answers "${detail}": nothing was applied, and the schema is as it was. Mend what it names, or go back to the release before, and run the migrations again`,
      options,
    );
    this.migration = migration;
  }
}

/** The database did not answer, or not in time. The statement may or may not have taken effect. */
export class StorageUnavailable extends OmniqError {
  readonly code: "storage_unavailable" | "storage_overloaded";

  constructor(reason: "unavailable" | "overloaded", options: ErrorOptions & { detail: string }) {
    super(`the database is ${reason} (${options.detail}): try again later`, options);
    this.code = `storage_${reason}`;
  }
}

/** This invocation used up the queries that the platform allows it. */
export class QueryLimitReached extends OmniqError {
  readonly code = "query_limit";

  constructor(options?: ErrorOptions) {
    super("the platform's limit of queries in one invocation is reached: lower OMNIQ_QUERY_BUDGET", options);
  }
}

/** What a handler wanted to send by itself does not fit the query budget of its invocation: it was not sent. */
export class QueryBudgetSpent extends OmniqError {
  readonly code = "query_budget";

  constructor(queries: number, left: number) {
    super(
      `expected the handlers' own queries to fit the query budget, of which ${left} were left, got ${queries}: send fewer, or raise OMNIQ_QUERY_BUDGET where your plan allows more`,
    );
  }
}

/**
 * Why the database refused. The values are at fault: a unique key is taken (`unique`), the statement's own assertion does not
 * hold (`assertion`), a constraint or a limit of size is broken (`value`). Or the whole database is: it takes no more of any
 * (`full`). Of anything else (`other`) nothing is known.
 */
export type Rejection = "unique" | "assertion" | "value" | "full" | "other";

/** The database refused the statement, and would at once refuse it again. */
export class StorageRejected extends OmniqError {
  readonly code: "storage_rejected" | "storage_full";
  readonly reason: Rejection;

  constructor(detail: string, options: ErrorOptions & { readonly reason?: Rejection } = {}) {
    const { reason = "other" } = options;
    super(reason === "full" ? fullness(detail) : `the database refused the statement: ${detail}`, options);
    this.reason = reason;
    this.code = reason === "full" ? "storage_full" : "storage_rejected";
  }

  /** Whether other values would be taken. */
  get blamesValues(): boolean {
    return this.reason !== "full" && this.reason !== "other";
  }
}

function fullness(detail: string): string {
  return `the database is full, read-only or at a limit of its plan (${detail}): make room in it, or raise the limit`;
}

/** A variable of the environment or an option has a value that cannot be used. */
export class ConfigError extends FieldError {
  readonly code = "invalid_config";
}
