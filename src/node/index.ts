export { copyMigrations, MIGRATIONS_FOLDER } from "../storage/migrate.ts";
export { createRunner, type Runner, type RunnerOptions } from "./runner.ts";
