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
import { CATCH_UPS } from "../core/catch-ups.ts";
import { LIMITS, TASK_DEFAULTS } from "../core/options.ts";
import { CANCEL_REASONS, TASK_STATUSES } from "../core/task.ts";

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
      /** From then on it is not started: the claim that meets it cancels it. */
      expiresAt: integer("expires_at"),
      /** Why it is CANCELLED; on one that waits, why the claim that meets it will cancel it. */
      cancelReason: text("cancel_reason", { enum: CANCEL_REASONS }),
      /** Null: the unique key is held until the task ends. `pending`: until it starts. */
      uniqueWhile: text("unique_while", { enum: ["pending"] }),
      /** The task whose handler enqueued it. */
      parentId: text("parent_id"),
      /** Tasks that it waits for and that have not ended; it is held until there are none. */
      awaits: integer("awaits").notNull().default(0),
      /** What it was enqueued to wait for, so that another of its id is told from it: `starts_anyway`, and the ids as JSON. */
      waitsFor: text("waits_for"),
      /** What its handler last told, as JSON. */
      progress: text("progress"),
      /** How long it is kept once it has ended; null: as long as the queue keeps others. */
      resultTtl: integer("result_ttl"),
      /** Null: it is kept with its result. `forget`: without. `delete`: it is deleted. */
      onSuccess: text("on_success", { enum: ["forget", "delete"] }),
      /** The trace that it was enqueued in: the headers that carry it, as JSON. */
      trace: text("trace"),
      /** The schedule that it is a firing of, and the moment that firing was for. */
      schedule: text("schedule"),
      scheduledFor: integer("scheduled_for"),
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
      index(named("tasks_parent_idx")).on(t.parentId).where(sql`parent_id IS NOT NULL`),
      index(named("tasks_ttl_idx"))
        .on(sql`updated_at + result_ttl`)
        .where(sql`result_ttl IS NOT NULL AND status IN ('SUCCESS', 'FAILED', 'CANCELLED')`),
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

  /** What is enqueued again and again: by the clock, or every so often. */
  const schedules = table(
    "schedules",
    {
      name: text("name").primaryKey().notNull(),
      funcPath: text("func_path").notNull(),
      args: text("args").notNull().default("[]"),
      kwargs: text("kwargs").notNull().default("{}"),
      /** Of each task: what an enqueue says besides its payload, as JSON. */
      options: text("options").notNull().default("{}"),
      /** One of the two. */
      cron: text("cron"),
      interval: integer("interval"),
      timezone: text("timezone").notNull().default("UTC"),
      catchUp: text("catch_up", { enum: CATCH_UPS }).notNull().default("last"),
      /** Firings that are made up for at once. */
      catchUpLimit: integer("catch_up_limit").notNull().default(100),
      /** Each task is due up to so many milliseconds after its firing. */
      jitter: integer("jitter").notNull().default(0),
      enabled: integer("enabled").notNull().default(1),
      /** Why it is disabled, for the eye. */
      disabledReason: text("disabled_reason"),
      /** The app whose code declares it; null where it was made at run time. */
      owner: text("owner"),
      /** A digest of what the code declares: another one is a new deploy's. */
      declared: text("declared"),
      /** The firing that comes next; null where none does. */
      nextAt: integer("next_at"),
      lastAt: integer("last_at"),
      lastTaskId: text("last_task_id"),
      createdAt: integer("created_at").notNull(),
      updatedAt: integer("updated_at").notNull(),
    },
    (t) => [
      index(named("schedules_due_idx")).on(t.nextAt).where(sql`enabled = 1 AND next_at IS NOT NULL`),
      check(named("schedules_args_check"), sql`json_valid(args) AND json_type(args) = 'array'`),
      check(named("schedules_kwargs_check"), sql`json_valid(kwargs) AND json_type(kwargs) = 'object'`),
      check(named("schedules_options_check"), sql`json_valid(options) AND json_type(options) = 'object'`),
      check(named("schedules_timing_check"), sql`(cron IS NULL) <> (interval IS NULL)`),
      check(named("schedules_enabled_check"), sql`enabled IN (0, 1)`),
      check(
        named("schedules_catch_up_check"),
        sql.raw(`catch_up IN (${CATCH_UPS.map((policy) => `'${policy}'`).join(", ")})`),
      ),
    ],
  );

  /** A row for each task that a task waits for, until that one ends. */
  const dependencies = table(
    "dependencies",
    {
      parentId: text("parent_id").notNull(),
      taskId: text("task_id").notNull(),
      /** 1: it starts whatever the end. 0: it is cancelled unless that is SUCCESS. */
      startsAnyway: integer("starts_anyway").notNull().default(0),
      /** When the task was enqueued that waits: one deleted since, and enqueued anew by the same id, has other edges. */
      createdAt: integer("created_at").notNull(),
    },
    (t) => [
      primaryKey({ columns: [t.parentId, t.taskId], name: named("dependencies_pk") }),
      check(named("dependencies_starts_anyway_check"), sql`starts_anyway IN (0, 1)`),
    ],
  );

  /** A row for each unique key that was enqueued for a window of time. */
  const uniqueWindows = table("unique_windows", {
    key: text("key").primaryKey().notNull(),
    taskId: text("task_id").notNull(),
    expiresAt: integer("expires_at").notNull(),
  });

  /** How attempts ended, by queue and minute; minute 0 is the total since the beginning. A row only where history is asked for. */
  const history = table(
    "history",
    {
      queue: text("queue").notNull(),
      minute: integer("minute").notNull(),
      /** Attempts that began, told as they end. */
      started: integer("started").notNull().default(0),
      succeeded: integer("succeeded").notNull().default(0),
      failed: integer("failed").notNull().default(0),
      retried: integer("retried").notNull().default(0),
      /** How long the attempts took together, in milliseconds. */
      duration: integer("duration").notNull().default(0),
      /** How many took no longer than each bound of `DURATION_BOUNDS`, as a JSON list. */
      durations: text("durations").notNull().default("[]"),
    },
    (t) => [
      primaryKey({ columns: [t.queue, t.minute], name: named("history_pk") }),
      check(named("history_durations_check"), sql`json_valid(durations) AND json_type(durations) = 'array'`),
    ],
  );

  /** What waited at the beginning of a minute, in all queues together. A row only where history is asked for. */
  const backlog = table("backlog", {
    minute: integer("minute").primaryKey().notNull(),
    /** Counted to 1,000. */
    waiting: integer("waiting").notNull(),
    /** Of what is most overdue, in milliseconds; null where nothing is due. */
    oldestAge: integer("oldest_age"),
  });

  return {
    tasks,
    results,
    queues,
    idempotencyKeys,
    maintenance,
    schedules,
    dependencies,
    uniqueWindows,
    history,
    backlog,
  };
}

export const {
  tasks,
  results,
  queues,
  idempotencyKeys,
  maintenance,
  schedules,
  dependencies,
  uniqueWindows,
  history,
  backlog,
} = createTables();
