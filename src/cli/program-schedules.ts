import type { Command } from "commander";
import type { DisableFlags, NextFlags } from "./commands/schedules.ts";
import { addExamples, addTarget, filled, integer } from "./options.ts";
import type { TargetOptions } from "./place.ts";

/** What is done with schedules. */
export function addScheduleCommands(program: Command): void {
  const schedules = program.command("schedules").description("list schedules, and what is done with one");
  addExamples(
    schedules,
    "schedules",
    "schedules next digest",
    "schedules run digest",
    "schedules enable --help",
  );
  addExamples(
    addTarget(schedules.command("list", { isDefault: true }).description("all of them, by name")),
    "schedules",
    "schedules disable digest",
  ).action(async (flags: TargetOptions) => (await import("./commands/schedules.ts")).listSchedules(flags));

  addExamples(
    addTarget(
      schedules
        .command("next")
        .description("the firings that come")
        .argument("<name>", "", filled)
        .option("--count <number>", "1 to 100", integer, 5),
    ),
    "schedules next digest --count 3",
  ).action(async (name: string, flags: NextFlags) =>
    (await import("./commands/schedules.ts")).listNext(name, flags),
  );

  addExamples(
    addTarget(
      schedules
        .command("disable")
        .description("keep it from firing; what is missed is not made up for")
        .argument("<name>", "", filled)
        .option("--reason <text>", "shown beside it"),
    ),
    "schedules disable digest --reason 'the provider is down'",
  ).action(async (name: string, flags: DisableFlags) =>
    (await import("./commands/schedules.ts")).disableSchedule(name, flags),
  );

  const verbs = [
    ["enable", "let it fire again"],
    ["run", "enqueue its task now"],
    ["delete", "delete it; one that code declares comes back at the next start"],
  ] as const;
  for (const [verb, description] of verbs) {
    addExamples(
      addTarget(schedules.command(verb).description(description).argument("<name>", "", filled)),
      `schedules ${verb} digest`,
    ).action(async (name: string, flags: TargetOptions) =>
      (await import("./commands/schedules.ts")).operateSchedule(verb, name, flags),
    );
  }
}
