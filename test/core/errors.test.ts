import { describe, expect, it } from "vitest";
import * as errors from "../../src/core/errors.ts";
import * as published from "../../src/index.ts";

/** One of each class, by its stable code. */
const all: Readonly<Record<string, errors.OmniqError>> = {
  invalid_input: new errors.ValidationError("eta", "a moment", "true"),
  not_serializable: new errors.SerializationError("kwargs.x", "a JSON value", "1n"),
  too_large: new errors.TooLargeError("args", "at most 1 byte", "2 bytes"),
  unknown_task: new errors.UnknownTaskError("no.such", ["a"]),
  task_not_found: new errors.TaskNotFoundError("7"),
  task_purged: new errors.TaskPurgedError("7"),
  wrong_status: new errors.TaskStatusError("7", "cancel", ["PENDING", "RUNNING"], "SUCCESS"),
  unique_conflict: new errors.UniqueConflictError("7"),
  id_conflict: new errors.IdConflictError(["7", "8"]),
  parent_not_found: new errors.ParentNotFoundError(["7"]),
  idempotency_conflict: new errors.IdempotencyConflictError(),
  lease_lost: new errors.LeaseLostError("7", 3),
  task_timeout: new errors.TaskTimeoutError(25_000),
  not_drained: new errors.NotDrainedError("mail", 5_000),
  schema_missing: new errors.SchemaMissing("it lacks tasks", "`migrate`"),
  migration_failed: new errors.MigrationFailed("0001_note.sql", "near x: syntax error"),
  storage_unavailable: new errors.StorageUnavailable("unavailable", { detail: "gone" }),
  storage_overloaded: new errors.StorageUnavailable("overloaded", { detail: "busy" }),
  query_limit: new errors.QueryLimitReached(),
  query_budget: new errors.QueryBudgetSpent(2, 1),
  storage_rejected: new errors.StorageRejected("no"),
  storage_full: new errors.StorageRejected("no room", { reason: "full" }),
  invalid_config: new errors.ConfigError("OMNIQ_BACKEND", "d1 or libsql", '"x"'),
};

const isErrorClass = (value: unknown): value is { name: string; prototype: errors.OmniqError } =>
  typeof value === "function" && value.prototype instanceof errors.OmniqError;

describe("the errors", () => {
  it("every class that can be thrown is listed here, with its code", () => {
    const abstract = ["FieldError"];
    const classes = Object.values(errors)
      .filter(isErrorClass)
      .map(({ name }) => name);
    const listed = new Set(Object.values(all).map(({ name }) => name));
    expect(classes.filter((name) => !abstract.includes(name)).sort()).toEqual([...listed].sort());
  });

  it("every class is published", () => {
    const names = Object.values(errors)
      .filter(isErrorClass)
      .map(({ name }) => name);
    expect(Object.keys(published)).toEqual(expect.arrayContaining(names));
  });

  for (const [code, error] of Object.entries(all)) {
    it(`${code} is the stable code of ${error.name}`, () => {
      expect(error.code).toBe(code);
      expect(error).toBeInstanceOf(errors.OmniqError);
      expect(error.name).toBe(error.constructor.name);
      expect(error.message).not.toMatch(/undefined|\[object/);
    });
  }

  it("a fault in a field says what was expected and what was got", () => {
    expect(all.invalid_input).toMatchObject({ field: "eta", expected: "a moment", got: "true" });
    expect(all.invalid_input?.message).toBe("expected eta to be a moment, got true");
  });

  it("the wrong status is named, with those that would do", () => {
    expect(all.wrong_status?.message).toBe(
      "expected the status of task 7 to be PENDING or RUNNING to cancel it, got SUCCESS",
    );
  });

  it("a missing schema names the command to run", () => {
    expect(all.schema_missing?.message).toContain("run `migrate`");
  });

  it("the database's own error is kept as the cause", () => {
    const cause = new Error("socket hang up");
    expect(new errors.StorageUnavailable("unavailable", { cause, detail: "x" }).cause).toBe(cause);
    expect(new errors.StorageRejected("x", { cause }).cause).toBe(cause);
  });

  it("a fault in a field stays itself within a path: its class, its code, its cause", () => {
    const cause = new Error("inner");
    const error = new errors.ValidationError("eta", "a moment", "true", { cause });
    expect(error.within("tasks[3]")).toBe(error);
    expect(error).toMatchObject({ field: "tasks[3].eta", code: "invalid_input", cause });
    expect(error.message).toBe("expected tasks[3].eta to be a moment, got true");
    const unknown = new errors.UnknownTaskError("no.such", []).within("tasks[3]");
    expect(unknown).toMatchObject({ name: "UnknownTaskError", field: "tasks[3].funcPath" });
  });
});
