import { type Command, Option } from "commander";
import type { InitFlags } from "./commands/init.ts";
import type { KeyFlags } from "./commands/keys.ts";
import type { MigrationsFlags } from "./commands/migrate.ts";
import type { WorkFlags } from "./commands/work.ts";
import { addExamples, addJson, addTarget, duration, integer, list } from "./options.ts";
import type { TargetOptions } from "./place.ts";
import { TEMPLATES } from "./templates.ts";

/** What sets up a queue, works on it, and says how it is. */
export function addSetupCommands(program: Command): void {
  addStart(program);
  addMigrations(program);
  const keys = program.command("keys").description("keys of the API");
  addExamples(keys, "keys new ci --scopes enqueue+read");
  addExamples(
    addJson(
      keys
        .command("new")
        .description("make a key; it is printed this once, with the entry for OMNIQ_KEYS, and kept nowhere")
        .argument("<name>", "who is to have it")
        .requiredOption(
          "--scopes <scopes>",
          "of enqueue, read and admin, which implies the others: enqueue+read",
        ),
    ),
    "keys new ci --scopes enqueue+read",
  ).action(async (name: string, flags: KeyFlags) =>
    (await import("./commands/keys.ts")).makeKey(name, flags),
  );

  addExamples(
    addTarget(
      program
        .command("doctor")
        .description("check the configuration, the schema, the clock, the key, the queues; says what to run"),
    ),
    "doctor",
    "doctor --url https://jobs.example.com --json",
  ).action(async (flags: TargetOptions) => (await import("./commands/doctor.ts")).examine(flags));
}

function addStart(program: Command): void {
  addExamples(
    addJson(
      program
        .command("init")
        .description("make a project from a template")
        .argument("<folder>")
        .addOption(new Option("--template <name>", "which").choices(TEMPLATES)),
    ),
    "init jobs --template worker-d1",
  ).action(async (folder: string, flags: InitFlags) =>
    (await import("./commands/init.ts")).init(folder, flags),
  );

  const work = program
    .command("work")
    .description("run the tasks that a module exports, from a libSQL database, until Ctrl-C")
    .argument("<module>", "such as ./tasks.ts")
    .option("--concurrency <number>", "handlers at once: 1 to 1,000", integer, 10)
    .option("--queues <names>", "only these, in this order", list)
    .option("--grace <time>", "how long a stop waits for handlers", duration)
    .option("--lease <time>", "how long a task of a worker that died waits", duration)
    .option("--history", "count how attempts end, for stats")
    .addOption(
      new Option("--log-level <level>", "the least that is logged (env: OMNIQ_LOG_LEVEL)").choices([
        "debug",
        "info",
        "warn",
        "error",
        "none",
      ]),
    );
  addExamples(
    addTarget(work),
    "work ./tasks.ts --db file:queue.db",
    "work ./tasks.ts --queues mail,default --concurrency 20",
  ).action(async (module: string, flags: WorkFlags) =>
    (await import("./commands/work.ts")).work(module, flags),
  );
}

function addMigrations(program: Command): void {
  addExamples(
    addTarget(
      program
        .command("migrate")
        .description("apply the migrations to a libSQL database, which is made where it is a file"),
    ),
    "migrate --db file:queue.db",
  ).action(async (flags: TargetOptions) => (await import("./commands/migrate.ts")).migrate(flags));

  addExamples(
    addJson(
      program
        .command("migrations")
        .description("copy the numbered migrations into an app that applies them with its own, as on D1")
        .requiredOption("--out <dir>", "folder to write them to; it is made where it does not exist")
        .option("--prefix <text>", "put before the name of each table and index", ""),
    ),
    "migrations --out migrations --prefix omniq_",
  ).action(async (flags: MigrationsFlags) => (await import("./commands/migrate.ts")).writeMigrations(flags));
}
