import { type Command, Option } from "commander";
import type { EnqueueFlags } from "./commands/enqueue.ts";
import type { ListFlags } from "./commands/ls.ts";
import type { ResultFlags } from "./commands/result.ts";
import {
  addBulkFilter,
  addExamples,
  addFilter,
  addTarget,
  type FilterFlags,
  filled,
  integer,
  json,
  list,
} from "./options.ts";
import type { TargetOptions } from "./place.ts";

/** What enqueues tasks and looks at them. */
export function addTaskCommands(program: Command): void {
  addEnqueue(program);
  addLook(program);
}

function addEnqueue(program: Command): void {
  const command = program
    .command("enqueue")
    .description("enqueue a task, or many of a file")
    .argument("[funcPath]", "name of the handler")
    .argument("[kwargs]", "the payload, a JSON object; - reads it from stdin", "{}");
  addTaskOptions(command)
    .option("--file <path>", "NDJSON, one task a line; - is stdin. With a funcPath each line is a payload")
    .option("--from-line <number>", "go on there, after an interruption", integer, 1)
    .option("--wait [time]", "wait for its end and print its result: so long, or as long as it takes");
  addExamples(
    addTarget(command),
    `enqueue math.add '{"a": 1, "b": 2}' --wait 30s`,
    `enqueue email.send '{"to": "a@example.com"}' --delay 5m --unique-key welcome:a`,
    "enqueue email.send - < payload.json",
    'enqueue --file tasks.ndjson --idempotency-key import-7   # lines like {"funcPath": ..., "kwargs": ...}',
  ).action(async (funcPath: string | undefined, kwargs: string, flags: EnqueueFlags) => {
    const { enqueue } = await import("./commands/enqueue.ts");
    await enqueue(funcPath, kwargs, flags);
  });
}

function addTaskOptions(command: Command): Command {
  return command
    .option("--args <json>", "positional values, a JSON array", json)
    .option("--id <uuid>", "a UUIDv7 of your own")
    .option("--queue <name>", "the queue that it waits in")
    .option("--priority <0-9>", "0 first", integer)
    .option("--eta <time>", "not before: ISO 8601")
    .option("--delay <time>", "the same, from now: 5m")
    .option("--interval <time>", "again so long after each success")
    .option("--max-retries <number>", "it may run once more than that", integer)
    .option("--timeout <time>", "of one attempt")
    .option("--unique-key <text>", "at most one active task has it")
    .option("--unique <json>", 'how it is unique, such as {"by": ["kwargs.userId"]}', json)
    .option("--expires-at <time>", "not started from then on")
    .option("--expires-in <time>", "the same, from now")
    .option("--result-ttl <time>", "how long it is kept once it has ended")
    .option("--no-keep-result", "keep its SUCCESS without what the handler returned")
    .option("--delete-on-success", "keep nothing of its SUCCESS")
    .option("--after <ids>", "start after these have ended", list)
    .addOption(
      new Option("--after-failure <what>", "where one of those did not end well").choices([
        "cancel",
        "start",
      ]),
    )
    .option("--idempotency-key <text>", "the same key again enqueues nothing, for a day");
}

function addLook(program: Command): void {
  addExamples(
    addTarget(
      addFilter(program.command("ls").description("list tasks, newest first"))
        .option("--limit <number>", "tasks in a page: 1 to 1,000", integer, 20)
        .option("--cursor <text>", "go on from the page before")
        .option("--all", "every page"),
    ),
    "ls --status FAILED --queue mail",
    "ls --func-path email.send --all --json | jq -r .id",
  ).action(async (flags: ListFlags) => (await import("./commands/ls.ts")).listTasks(flags));

  addExamples(
    addTarget(addBulkFilter(program.command("count").description("count the tasks that meet a filter"))),
    "count --status FAILED --error-type TimeoutError --created-after 1d",
  ).action(async (flags: FilterFlags & TargetOptions) =>
    (await import("./commands/count.ts")).countTasks(flags),
  );

  addExamples(
    addTarget(
      program
        .command("show")
        .description("show a task: its state, its payload, its errors")
        .argument("<id>", "", filled),
    ),
    "show 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071",
  ).action(async (id: string, flags: TargetOptions) =>
    (await import("./commands/show.ts")).showTask(id, flags),
  );

  addExamples(
    addTarget(
      program
        .command("result")
        .description(
          "print how a task ended; exit code 4 where it FAILED or was CANCELLED, 5 where it has not ended",
        )
        .argument("<id>", "", filled)
        .option("--wait [time]", "wait for it: so long, or as long as it takes"),
    ),
    "result 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 --wait 30s",
    "result 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071 --json | jq .result",
  ).action(async (id: string, flags: ResultFlags) =>
    (await import("./commands/result.ts")).showResult(id, flags),
  );
}
