import { sql } from "drizzle-orm";
import {
  check,
  index,
  integer,
  primaryKey,
  sqliteTableCreator,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import { LIMITS, TASK_DEFAULTS } from "../core/options.ts";
import { TASK_STATUSES } from "../core/task.ts";

/**
 * The tables, as Drizzle sees them: the source of the migrations, of the row types, and of typed reads in your own app.
 * Drizzle cannot write `STRICT` and `WITHOUT ROWID`: the migration has them added by hand, and a test holds the two together.
 *
 * D1 bills each index entry written as a row. A task costs 6 rows from enqueue to result: every index is partial, and leaving
 * one costs nothing.
 *
 * @param prefix put before the name of each table and index, for apps that have a `tasks` table of their own
 * @example const { tasks } = createTables("omniq_"); db.select().from(tasks)
 */
export function createTables(prefix = "") {
  const table = sqliteTableCreator((name) => `${prefix}${name}`);
  const named = (name: string) => `${prefix}${name}`;

  const tasks = table(
    "tasks",
    {
      id: text("id").primaryKey().notNull(),
      queue: text("queue").notNull().default(TASK_DEFAULTS.queue),
      priority: integer("priority").notNull().default(TASK_DEFAULTS.priority),
      funcPath: text("func_path").notNull(),
      args: text("args").notNull().default("[]"),
      kwargs: text("kwargs").notNull().default("{}"),
      eta: integer("eta").notNull(),
      interval: integer("interval"),
      status: text("status", { enum: TASK_STATUSES }).notNull().default("PENDING"),
      /** 0: due by its eta. 1: in quarantine, runs alone. */
      held: integer("held").notNull().default(0),
      /** Claims; never falls; with the id it is the fencing token. */
      attempts: integer("attempts").notNull().default(0),
      /** What `max_retries` limits. */
      failures: integer("failures").notNull().default(0),
      maxRetries: integer("max_retries").notNull().default(TASK_DEFAULTS.maxRetries),
      timeout: integer("timeout").notNull().default(TASK_DEFAULTS.timeout),
      leaseExpiresAt: integer("lease_expires_at"),
      /** A fresh token for each claim statement. Settling keeps it; rescue, cancel and operators clear it. */
      claimedBy: text("claimed_by"),
      uniqueKey: text("unique_key"),
      errors: text("errors").notNull().default("[]"),
      lastAttemptAt: integer("last_attempt_at"),
      createdAt: integer("created_at").notNull(),
      updatedAt: integer("updated_at").notNull(),
    },
    (t) => [
      index(named("tasks_due_idx"))
        .on(t.queue, t.priority, t.eta, t.id, t.timeout)
        .where(sql`status IN ('PENDING', 'RETRYING') AND held = 0`),
      index(named("tasks_lease_idx")).on(t.queue, t.leaseExpiresAt).where(sql`status = 'RUNNING'`),
      index(named("tasks_held_idx"))
        .on(t.held, t.queue, t.eta)
        .where(sql`status IN ('PENDING', 'RETRYING') AND held > 0`),
      index(named("tasks_failed_idx")).on(t.id).where(sql`status = 'FAILED'`),
      uniqueIndex(named("tasks_unique_idx"))
        .on(t.uniqueKey)
        .where(sql`unique_key IS NOT NULL AND status IN ('PENDING', 'RETRYING', 'RUNNING')`),
      check(
        named("tasks_priority_check"),
        sql.raw(`priority BETWEEN ${LIMITS.priority.min} AND ${LIMITS.priority.max}`),
      ),
      check(named("tasks_args_check"), sql`json_valid(args) AND json_type(args) = 'array'`),
      check(named("tasks_kwargs_check"), sql`json_valid(kwargs) AND json_type(kwargs) = 'object'`),
      check(named("tasks_errors_check"), sql`json_valid(errors) AND json_type(errors) = 'array'`),
      check(
        named("tasks_status_check"),
        sql.raw(`status IN (${TASK_STATUSES.map((status) => `'${status}'`).join(", ")})`),
      ),
      check(named("tasks_lease_check"), sql`(status = 'RUNNING') = (lease_expires_at IS NOT NULL)`),
    ],
  );

  const results = table(
    "results",
    {
      taskId: text("task_id").primaryKey().notNull(),
      status: text("status", { enum: ["SUCCESS", "FAILED"] }).notNull(),
      result: text("result"),
      error: text("error"),
      finishedAt: integer("finished_at").notNull(),
      attempts: integer("attempts").notNull(),
      lastAttemptAt: integer("last_attempt_at"),
    },
    () => [
      check(named("results_status_check"), sql`status IN ('SUCCESS', 'FAILED')`),
      check(named("results_result_check"), sql`(status = 'SUCCESS') = (result IS NOT NULL)`),
      check(named("results_error_check"), sql`(status = 'FAILED') = (error IS NOT NULL)`),
    ],
  );

  /** A row only for a queue that somebody configured. */
  const queues = table(
    "queues",
    {
      name: text("name").primaryKey().notNull(),
      paused: integer("paused").notNull().default(0),
      concurrency: integer("concurrency"),
    },
    () => [
      check(named("queues_paused_check"), sql`paused IN (0, 1)`),
      check(named("queues_concurrency_check"), sql`concurrency IS NULL OR concurrency > 0`),
    ],
  );

  /** A row only for a request that came with an `Idempotency-Key`, kept for a day. */
  const idempotencyKeys = table(
    "idempotency_keys",
    {
      apiKey: text("api_key").notNull(),
      key: text("key").notNull(),
      fingerprint: text("fingerprint").notNull(),
      taskIds: text("task_ids").notNull(),
      createdAt: integer("created_at").notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.apiKey, t.key], name: named("idempotency_keys_pk") }),
      check(
        named("idempotency_keys_task_ids_check"),
        sql`json_valid(task_ids) AND json_type(task_ids) = 'array'`,
      ),
    ],
  );

  /** One row a periodic duty, which workers take in turns: when it is due, where it stopped, how far it has come. */
  const maintenance = table("maintenance", {
    name: text("name").primaryKey().notNull(),
    dueAt: integer("due_at").notNull(),
    cursor: text("cursor"),
    /** Tasks finished before this may have been removed. */
    doneBefore: integer("done_before").notNull().default(0),
  });

  return { tasks, results, queues, idempotencyKeys, maintenance };
}

export const { tasks, results, queues, idempotencyKeys, maintenance } = createTables();
