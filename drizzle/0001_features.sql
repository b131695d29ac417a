CREATE TABLE `dependencies` (
	`parent_id` text NOT NULL,
	`task_id` text NOT NULL,
	`starts_anyway` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`parent_id`, `task_id`),
	CONSTRAINT "dependencies_starts_anyway_check" CHECK(starts_anyway IN (0, 1))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `history` (
	`queue` text NOT NULL,
	`minute` integer NOT NULL,
	`started` integer DEFAULT 0 NOT NULL,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`retried` integer DEFAULT 0 NOT NULL,
	`duration` integer DEFAULT 0 NOT NULL,
	`durations` text DEFAULT '[]' NOT NULL,
	PRIMARY KEY(`queue`, `minute`),
	CONSTRAINT "history_durations_check" CHECK(json_valid(durations) AND json_type(durations) = 'array')
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `schedules` (
	`name` text PRIMARY KEY NOT NULL,
	`func_path` text NOT NULL,
	`args` text DEFAULT '[]' NOT NULL,
	`kwargs` text DEFAULT '{}' NOT NULL,
	`options` text DEFAULT '{}' NOT NULL,
	`cron` text,
	`interval` integer,
	`timezone` text DEFAULT 'UTC' NOT NULL,
	`catch_up` text DEFAULT 'last' NOT NULL,
	`catch_up_limit` integer DEFAULT 100 NOT NULL,
	`jitter` integer DEFAULT 0 NOT NULL,
	`enabled` integer DEFAULT 1 NOT NULL,
	`disabled_reason` text,
	`owner` text,
	`declared` text,
	`next_at` integer,
	`last_at` integer,
	`last_task_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "schedules_args_check" CHECK(json_valid(args) AND json_type(args) = 'array'),
	CONSTRAINT "schedules_kwargs_check" CHECK(json_valid(kwargs) AND json_type(kwargs) = 'object'),
	CONSTRAINT "schedules_options_check" CHECK(json_valid(options) AND json_type(options) = 'object'),
	CONSTRAINT "schedules_timing_check" CHECK((cron IS NULL) <> (interval IS NULL)),
	CONSTRAINT "schedules_enabled_check" CHECK(enabled IN (0, 1)),
	CONSTRAINT "schedules_catch_up_check" CHECK(catch_up IN ('skip', 'last', 'all'))
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `schedules_due_idx` ON `schedules` (`next_at`) WHERE enabled = 1 AND next_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `unique_windows` (
	`key` text PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`expires_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `tasks` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `cancel_reason` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `unique_while` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `parent_id` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `awaits` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `waits_for` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `progress` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `result_ttl` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `on_success` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `trace` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `schedule` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `scheduled_for` integer;--> statement-breakpoint
CREATE INDEX `tasks_parent_idx` ON `tasks` (`parent_id`) WHERE parent_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_ttl_idx` ON `tasks` (updated_at + result_ttl) WHERE result_ttl IS NOT NULL AND status IN ('SUCCESS', 'FAILED', 'CANCELLED');--> statement-breakpoint
CREATE TRIGGER `tasks_release_ended_trigger` AFTER UPDATE OF `status` ON `tasks`
WHEN NEW.status IN ('SUCCESS', 'FAILED', 'CANCELLED') AND EXISTS (SELECT 1 FROM `dependencies` WHERE parent_id = NEW.id)
BEGIN
	UPDATE `tasks` SET held = 0, eta = NEW.updated_at, updated_at = NEW.updated_at, cancel_reason = 'dependency'
	WHERE NEW.status <> 'SUCCESS' AND status = 'PENDING' AND held = 2
		AND (id, created_at) IN (SELECT task_id, created_at FROM `dependencies` WHERE parent_id = NEW.id AND starts_anyway = 0);
	UPDATE `tasks` SET held = iif(awaits = 1, 0, held), awaits = awaits - 1, updated_at = NEW.updated_at
	WHERE status = 'PENDING' AND held = 2 AND awaits > 0
		AND (id, created_at) IN (SELECT task_id, created_at FROM `dependencies` WHERE parent_id = NEW.id);
	DELETE FROM `dependencies` WHERE parent_id = NEW.id;
END;--> statement-breakpoint
CREATE TRIGGER `tasks_release_deleted_trigger` AFTER DELETE ON `tasks`
WHEN EXISTS (SELECT 1 FROM `dependencies` WHERE parent_id = OLD.id)
BEGIN
	UPDATE `tasks` SET held = iif(awaits = 1, 0, held), awaits = awaits - 1
	WHERE status = 'PENDING' AND held = 2 AND awaits > 0
		AND (id, created_at) IN (SELECT task_id, created_at FROM `dependencies` WHERE parent_id = OLD.id);
	DELETE FROM `dependencies` WHERE parent_id = OLD.id;
END;
