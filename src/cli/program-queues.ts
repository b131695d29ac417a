import { type Command, InvalidArgumentError, Option } from "commander";
import type { PurgeFlags } from "./commands/purge.ts";
import type { SetFlags } from "./commands/queues.ts";
import type { StatsFlags } from "./commands/stats.ts";
import { addExamples, addTarget, allFilled, duration, filled, positive } from "./options.ts";
import type { TargetOptions } from "./place.ts";

/** What is done with queues. */
export function addQueueCommands(program: Command): void {
  const queues = program
    .command("queues")
    .description("list queues, and set how many of their tasks run at once");
  addExamples(queues, "queues", "queues set mail --concurrency 5", "queues set --help");
  addExamples(
    addTarget(queues.command("list", { isDefault: true }).description("what waits and runs in each")),
    "queues",
    "queues set mail --concurrency 5",
  ).action(async (flags: TargetOptions) => (await import("./commands/queues.ts")).listQueues(flags));
  addExamples(
    addTarget(
      queues
        .command("set")
        .description("limit how many tasks of a queue run at once, over all workers")
        .argument("<name>", "", filled)
        .requiredOption("--concurrency <number>", 'an integer, or "none" for no limit', concurrency),
    ),
    "queues set mail --concurrency 5",
    "queues set mail --concurrency none",
  ).action(async (name: string, flags: SetFlags) =>
    (await import("./commands/queues.ts")).setConcurrency(name, flags),
  );

  for (const [name, paused] of [
    ["pause", true],
    ["resume", false],
  ] as const) {
    const what = paused
      ? "start no more tasks of these queues; what runs goes on"
      : "start tasks of these queues again";
    addExamples(
      addTarget(program.command(name).description(what).argument("<queues...>", "", allFilled)),
      `${name} mail`,
    ).action(async (names: readonly string[], flags: TargetOptions) =>
      (await import("./commands/queues.ts")).setPaused(names, paused, flags),
    );
  }
  addHousekeeping(program);
}

function addHousekeeping(program: Command): void {
  addExamples(
    addTarget(
      program
        .command("purge")
        .description("remove tasks that have ended, with their results, whatever their retention")
        .requiredOption("--older-than <time>", "how long ago they ended: 30d; or ISO 8601")
        .option("--cursor <text>", "go on where an interruption stopped")
        .option("--yes", "do not ask"),
    ),
    "purge --older-than 30d --yes",
  ).action(async (flags: PurgeFlags) => (await import("./commands/purge.ts")).purge(flags));

  addExamples(
    addTarget(
      program
        .command("stats")
        .description("what waits, what runs, how fast; p50 and p95 where the history is on")
        .option("--watch", "a live screen, until q or Ctrl-C; without a terminal one JSON document a line")
        .addOption(
          new Option("--interval <time>", "between two looks").argParser(duration).default(2_000, "2s"),
        )
        .option("--times <number>", "end after so many looks", positive),
    ),
    "stats",
    "stats --watch --interval 5s",
  ).action(async (flags: StatsFlags) => (await import("./commands/stats.ts")).showStats(flags));
}

function concurrency(text: string): number | "none" {
  if (text === "none") return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected an integer, or "none".');
  return Number(text);
}
