CREATE TABLE `idempotency_keys` (
	`api_key` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`task_ids` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`api_key`, `key`),
	CONSTRAINT "idempotency_keys_task_ids_check" CHECK(json_valid(task_ids) AND json_type(task_ids) = 'array')
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `maintenance` (
	`name` text PRIMARY KEY NOT NULL,
	`due_at` integer NOT NULL,
	`cursor` text,
	`done_before` integer DEFAULT 0 NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `queues` (
	`name` text PRIMARY KEY NOT NULL,
	`paused` integer DEFAULT 0 NOT NULL,
	`concurrency` integer,
	CONSTRAINT "queues_paused_check" CHECK(paused IN (0, 1)),
	CONSTRAINT "queues_concurrency_check" CHECK(concurrency IS NULL OR concurrency > 0)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `results` (
	`task_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`result` text,
	`error` text,
	`finished_at` integer NOT NULL,
	`attempts` integer NOT NULL,
	`last_attempt_at` integer,
	CONSTRAINT "results_status_check" CHECK(status IN ('SUCCESS', 'FAILED')),
	CONSTRAINT "results_result_check" CHECK((status = 'SUCCESS') = (result IS NOT NULL)),
	CONSTRAINT "results_error_check" CHECK((status = 'FAILED') = (error IS NOT NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`queue` text DEFAULT 'default' NOT NULL,
	`priority` integer DEFAULT 5 NOT NULL,
	`func_path` text NOT NULL,
	`args` text DEFAULT '[]' NOT NULL,
	`kwargs` text DEFAULT '{}' NOT NULL,
	`eta` integer NOT NULL,
	`interval` integer,
	`status` text DEFAULT 'PENDING' NOT NULL,
	`held` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`max_retries` integer DEFAULT 3 NOT NULL,
	`timeout` integer DEFAULT 25000 NOT NULL,
	`lease_expires_at` integer,
	`claimed_by` text,
	`unique_key` text,
	`errors` text DEFAULT '[]' NOT NULL,
	`last_attempt_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "tasks_priority_check" CHECK(priority BETWEEN 0 AND 9),
	CONSTRAINT "tasks_args_check" CHECK(json_valid(args) AND json_type(args) = 'array'),
	CONSTRAINT "tasks_kwargs_check" CHECK(json_valid(kwargs) AND json_type(kwargs) = 'object'),
	CONSTRAINT "tasks_errors_check" CHECK(json_valid(errors) AND json_type(errors) = 'array'),
	CONSTRAINT "tasks_status_check" CHECK(status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'RETRYING', 'CANCELLED')),
	CONSTRAINT "tasks_lease_check" CHECK((status = 'RUNNING') = (lease_expires_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `tasks_due_idx` ON `tasks` (`queue`,`priority`,`eta`,`id`,`timeout`) WHERE status IN ('PENDING', 'RETRYING') AND held = 0;--> statement-breakpoint
CREATE INDEX `tasks_lease_idx` ON `tasks` (`queue`,`lease_expires_at`) WHERE status = 'RUNNING';--> statement-breakpoint
CREATE INDEX `tasks_held_idx` ON `tasks` (`held`,`queue`,`eta`) WHERE status IN ('PENDING', 'RETRYING') AND held > 0;--> statement-breakpoint
CREATE INDEX `tasks_failed_idx` ON `tasks` (`id`) WHERE status = 'FAILED';--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_unique_idx` ON `tasks` (`unique_key`) WHERE unique_key IS NOT NULL AND status IN ('PENDING', 'RETRYING', 'RUNNING');