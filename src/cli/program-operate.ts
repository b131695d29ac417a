import type { Command } from "commander";
import type { BulkAction } from "../core/bulk-options.ts";
import type { OperateFlags } from "./commands/operate.ts";
import { addBulkFilter, addExamples, addTarget, allFilled, integer } from "./options.ts";

/** What operators do with tasks, one, many, or all that meet a filter. */
export function addOperatorCommands(program: Command): void {
  addOperator(
    program,
    "cancel",
    "cancel",
    "cancel tasks that have not ended",
    "cancel --queue mail --status PENDING",
  );
  addOperator(
    program,
    "retry",
    "retry",
    "run FAILED and CANCELLED tasks again from the start",
    "retry --status FAILED --queue mail",
  );
  addOperator(
    program,
    "run",
    "runNow",
    "make tasks that wait due now",
    "run --status RETRYING --queue mail --yes",
  );
  addOperator(
    program,
    "delete",
    "delete",
    "delete tasks that have ended, with their results",
    "delete --status CANCELLED --created-before 30d",
  );
  addOperator(
    program,
    "reschedule",
    "reschedule",
    "give tasks that wait another eta",
    "reschedule --queue mail --delay 1h",
  )
    .option("--eta <time>", "ISO 8601")
    .option("--delay <time>", "from now: 1h");
  addOperator(
    program,
    "change",
    "change",
    "give tasks that wait another priority or queue",
    "change --func-path email.digest --to-priority 9",
  )
    .option("--to-priority <0-9>", "0 first", integer)
    .option("--to-queue <name>", "the queue that they are to wait in");
}

const NOTE = `
With ids each task is one call. With a filter the tasks are counted, and you are asked; they are then changed page by page, oldest
first. Ctrl-C stops after the id or the page that is being changed and prints how to go on. To repeat it is safe: what is changed no longer
has the status.
`;

function addOperator(
  program: Command,
  name: string,
  action: BulkAction,
  description: string,
  example: string,
): Command {
  const command = program
    .command(name)
    .description(description)
    .argument("[ids...]", "of tasks; - reads them from stdin", allFilled);
  addBulkFilter(command)
    .option("--everything", "every task, instead of a filter")
    .option("--yes", "do not ask")
    .option("--cursor <text>", "go on where an interruption stopped")
    .option("--pages <number>", "pages of 1,000 tasks in one call: 1 to 100", integer, 1);
  return addExamples(addTarget(command), `${name} 019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071`, example)
    .addHelpText("after", NOTE)
    .action(async (ids: readonly string[], flags: OperateFlags) => {
      const { operate } = await import("./commands/operate.ts");
      await operate({ name, action }, ids, flags);
    });
}
