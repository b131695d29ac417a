import { SchemaMissing } from "../core/errors.ts";
import type { Driver } from "./driver.ts";
import { statementsFor } from "./statements.ts";

export const TABLE_NAMES = [
  "tasks",
  "results",
  "queues",
  "idempotency_keys",
  "maintenance",
  "schedules",
  "dependencies",
  "unique_windows",
  "history",
  "backlog",
] as const;

/** Every table, index and trigger that the statements rely on. A test holds this list against the Drizzle schema. */
export const SCHEMA_NAMES = [
  ...TABLE_NAMES,
  "tasks_due_idx",
  "tasks_lease_idx",
  "tasks_held_idx",
  "tasks_failed_idx",
  "tasks_unique_idx",
  "tasks_parent_idx",
  "tasks_ttl_idx",
  "schedules_due_idx",
  "tasks_release_ended_trigger",
  "tasks_release_deleted_trigger",
] as const;

/**
 * Verifies that they are there. One query.
 *
 * @throws {SchemaMissing}
 */
export async function verifySchema(driver: Driver, tablePrefix: string): Promise<void> {
  const names = SCHEMA_NAMES.map((name) => `${tablePrefix}${name}`);
  const look = statementsFor(tablePrefix).findSchema({ names: JSON.stringify(names) });
  const [rows = []] = await driver.decide([look], tablePrefix);
  const present = new Set(rows.map((row) => row.name));
  const missing = names.filter((name) => !present.has(name));
  if (missing.length > 0) throw new SchemaMissing(`it lacks ${missing.join(", ")}`, driver.migrateCommand);
}
