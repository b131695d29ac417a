import type { Logger, LogLevel } from "../../core/log.ts";
import { createRunner } from "../../node/runner.ts";
import { parseConfig } from "../../runtime/config.ts";
import { consoleLogger } from "../../runtime/log.ts";
import { openStorage } from "../database.ts";
import { toLine } from "../format.ts";
import { loadTasks } from "../load-tasks.ts";
import { colours, print } from "../output.ts";
import { findDatabase, showUrl, type TargetOptions } from "../place.ts";
import { terminalLogger } from "./work-log.ts";

export interface WorkFlags extends TargetOptions {
  readonly concurrency: number;
  readonly queues?: readonly string[];
  readonly grace?: number;
  readonly lease?: number;
  readonly history?: boolean;
  readonly logLevel?: LogLevel;
}

/** Runs the tasks of a module until it is stopped: Ctrl-C lets what runs end, a second one does not. */
export async function work(module: string, flags: WorkFlags): Promise<void> {
  const { concurrency, queues, grace, lease } = flags;
  const { defaults, retention, ...config } = parseConfig(process.env);
  const { history = config.history, logLevel = config.logLevel } = flags;
  const place = findDatabase(flags);
  const { tasks, schedules } = await loadTasks(module);
  const storage = await openStorage(place, flags, true);
  const isTerminal = flags.json !== true && process.stdout.isTTY === true;
  const log: Logger = isTerminal ? terminalLogger(logLevel) : consoleLogger(logLevel);
  const declared = schedules === null ? {} : { schedules };
  const runner = createRunner({
    storage,
    tasks,
    ...declared,
    concurrency,
    queues,
    grace,
    lease,
    history,
    log,
  });
  const names = tasks.map(({ name }) => name);
  const about = { database: showUrl(place.url), tasks: names, queues: queues ?? null, concurrency };
  if (isTerminal) greet(about);
  else log.info("working", about);
  await runner.run();
}

interface About {
  readonly database: string;
  readonly tasks: readonly string[];
  readonly queues: readonly string[] | null;
  readonly concurrency: number;
}

function greet({ database, tasks, queues, concurrency }: About): void {
  const from = queues === null ? "every queue" : `the queues ${queues.join(", ")}`;
  print(
    `${colours.bold("omniq")} works on ${colours.cyan(database)}, ${from}, ${concurrency} at once. Ctrl-C ends it.`,
  );
  print(`${colours.dim("tasks:")} ${tasks.map(toLine).join(", ")}\n`);
}
