import type { Command, Option } from "commander";
import type { ExitCode } from "../src/cli/failure.ts";
import { addTarget } from "../src/cli/options.ts";
import { makeProgram } from "../src/cli/program.ts";

/** How a command may end, in the words of docs/how-to/cli.md. */
const ENDINGS: Readonly<Record<ExitCode, string>> = {
  0: "well",
  1: "an error: the server, the database, the way to it, a status that forbids the action",
  2: "usage: what was typed, or a value that was refused",
  3: "no such task, schedule or file, or no more",
  4: "`result`, `enqueue --wait`: the task FAILED or was CANCELLED. `doctor`: a check failed",
  5: "`result`, `enqueue --wait`: it had not ended in time",
  130: "interrupted, or the answer was no",
};

/** The page of the command line: every command, from its own help. */
export function renderCommandLine(): string {
  const program = makeProgram();
  const shared = addTarget(program.createCommand("shared")).options;
  const commands = leavesOf(program, []).map(({ path, command }) => renderCommand(path, command, shared));
  return `${[
    "# The command line",
    "Generated from the commands' own help by `npm run reference`. [How it is used](../how-to/cli.md).",
    "## Where the queue is",
    "Commands that speak to a queue all take these options; `--json` is an option of every command.",
    renderOptions(shared),
    "## Exit codes",
    renderRows(["code", "means"], Object.entries(ENDINGS)),
    ...commands,
  ].join("\n\n")}\n`;
}

interface Leaf {
  readonly path: readonly string[];
  readonly command: Command;
}

/** The commands that do something: a group only holds others. */
function leavesOf(command: Command, path: readonly string[]): readonly Leaf[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((own) => leavesOf(own, [...path, own.name()]));
}

function renderCommand(path: readonly string[], command: Command, shared: readonly Option[]): string {
  const isShared = ({ long }: Option) => shared.some((other) => other.long === long);
  const own = command.options.filter((option) => !isShared(option) && !option.hidden);
  const speaks = command.options.some(({ long }) => long === "--url");
  const usage = ["omniq", ...path, command.usage().replace(/\[options\] ?/, "")].join(" ").trim();
  const rows = command.registeredArguments
    .filter(({ description }) => description !== "")
    .map((argument) => [`\`${argument.name()}\``, argument.description]);
  return [
    `## omniq ${path.join(" ")}`,
    `\`${usage}\``,
    `${capitalize(command.description())}.${speaks ? " Speaks to [a queue](#where-the-queue-is)." : ""}`,
    ...(rows.length === 0 ? [] : [renderRows(["argument", ""], rows)]),
    ...(own.length === 0 ? [] : [renderOptions(own)]),
    ...renderExtra(command),
  ].join("\n\n");
}

function renderOptions(options: readonly Option[]): string {
  const rows = options.map(
    ({ flags, description, argChoices, defaultValue, defaultValueDescription, mandatory }) => {
      const notes = [
        ...(description === "" ? [] : [description]),
        ...(argChoices === undefined
          ? []
          : [`one of ${argChoices.map((choice) => `\`${choice}\``).join(", ")}`]),
        ...(mandatory ? ["needed"] : []),
        ...(isShown(defaultValue) ? [`defaults to ${defaultValueDescription ?? defaultValue}`] : []),
      ];
      return [`\`${flags}\``, notes.join("; ")];
    },
  );
  return renderRows(["option", ""], rows);
}

/** A default of nothing, or that which a `--no-` option turns off, tells nothing. */
function isShown(value: unknown): boolean {
  return value !== undefined && value !== "" && typeof value !== "boolean";
}

function renderRows(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What stands below the options in the help: the examples, and notes. */
function renderExtra(command: Command): readonly string[] {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  const [, extra = ""] = help.split("\nExamples:\n");
  const [examples = "", ...notes] = extra.split("\n\n");
  const lines = examples.split("\n").map((line) => line.replace(/^ {2}\$ /, ""));
  return [
    `\`\`\`sh\n${lines.join("\n").trim()}\n\`\`\``,
    ...notes.map((note) => note.trim()).filter(Boolean),
  ];
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
