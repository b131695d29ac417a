import { Command } from "commander";
import { addOperatorCommands } from "./program-operate.ts";
import { addQueueCommands } from "./program-queues.ts";
import { addScheduleCommands } from "./program-schedules.ts";
import { addSetupCommands } from "./program-setup.ts";
import { addTaskCommands } from "./program-tasks.ts";
import { version } from "./version.ts";

const AFTER = `
Examples:
  $ omniq init jobs --template worker-d1
  $ omniq enqueue email.send '{"to": "a@example.com"}' --wait 30s
  $ omniq retry --status FAILED --queue mail
  $ omniq doctor

Where the queue is:
  --url, OMNIQ_URL        the API of a Worker or a server; with a key in OMNIQ_KEY
  --db, OMNIQ_DB_URL      a libSQL database; with its token in OMNIQ_DB_TOKEN

Exit codes:
  0 well   1 error   2 usage   3 not found   4 failed or not well   5 not ended yet   130 interrupted
`;

/**
 * Every command with its options and its help. What a command does is loaded when it is called.
 *
 * @param silent says nothing of what was typed wrong: whoever catches the error does. Defaults to false
 */
export function makeProgram(silent = false): Command {
  const program = new Command("omniq")
    .description("Durable tasks on serverless SQLite")
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError("(`--help` tells what there is)")
    .addHelpText("after", AFTER);
  if (silent) program.configureOutput({ writeErr: () => {} });
  program.commandsGroup("Tasks:");
  addTaskCommands(program);
  addOperatorCommands(program);
  program.commandsGroup("Queues:");
  addQueueCommands(program);
  addScheduleCommands(program);
  program.commandsGroup("Setting up:");
  addSetupCommands(program);
  return program;
}
