import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CliError, EXIT, refuseUsage } from "../failure.ts";
import { type OutputOptions, print, printJson } from "../output.ts";
import { copyTemplate } from "../template.ts";
import { TEMPLATES } from "../templates.ts";
import { version } from "../version.ts";

export interface InitFlags extends OutputOptions {
  readonly template?: string;
}

/** Beside the command's folder in the repository and in the published package alike. */
const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

const ABOUT: Readonly<Record<(typeof TEMPLATES)[number], string>> = {
  "worker-d1": "a Cloudflare Worker with D1",
  "worker-turso": "a Cloudflare Worker with Turso",
  "node-file": "Node with a libSQL file",
  "own-batch": "enqueue inside the app's own D1 batch",
  "service-binding": "an app that enqueues through a service binding",
};

/** Makes a project: a copy of an example, with a name of its own. */
export async function init(folder: string, flags: InitFlags): Promise<void> {
  const path = resolve(folder);
  const name = basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (name === "")
    throw refuseUsage(`expected a folder whose name a package can have, got ${JSON.stringify(folder)}`);
  const held = await whatHolds(path);
  if (held !== null) throw refuseUsage(`expected ${folder} to be empty or not there, and it ${held}`);
  const template = flags.template ?? (await ask());
  const from = join(EXAMPLES, template);
  if (!existsSync(from))
    throw new CliError(
      "no_template",
      `expected the template ${template} in ${EXAMPLES}, and it is not there`,
    );
  const files = await copyTemplate({ from, to: path, template, name, version });
  if (flags.json === true) return printJson({ folder: path, template, name, files });
  print(`Made ${folder} from ${template}: ${files.length} files. Then:\n`);
  print(`  cd ${folder}\n  npm install\n  npm start\n\nREADME.md there says how to go on.`);
}

/** Why a project cannot be made there; null where it can. */
async function whatHolds(path: string): Promise<string | null> {
  if (!existsSync(path)) return null;
  if (!(await stat(path)).isDirectory()) return "is a file";
  return (await readdir(path)).length > 0 ? "holds files" : null;
}

async function ask(): Promise<string> {
  if (process.stdin.isTTY !== true)
    throw refuseUsage(`expected --template, one of ${TEMPLATES.join(", ")}, got none`);
  const { select } = await import("@clack/prompts");
  const options = TEMPLATES.map((value) => ({ value, label: value, hint: ABOUT[value] }));
  const chosen = await select({ message: "Which template?", options, output: process.stderr });
  if (typeof chosen === "string") return chosen;
  throw new CliError("interrupted", "no template was chosen", { exitCode: EXIT.interrupted });
}
