import { setImmediate } from "node:timers/promises";
import { createLogUpdate } from "log-update";
import { CliError, EXIT } from "./failure.ts";
import { formatCount, formatDuration } from "./format.ts";
import { asideColours, tell } from "./output.ts";

const BAR = 24;

/** How far a long command is: on stderr, where that is a terminal. */
export interface Progress {
  /** @param total what `done` will be at the end; null where nobody knows */
  update(done: number, total: number | null, note?: string): void;
  /** Takes it away. */
  end(): void;
}

/**
 * Of @clack/prompts the bar would not do: it listens to the keyboard in raw mode, and exits on Ctrl-C in the middle of a page.
 *
 * @param silent where the command prints JSON
 */
export function startProgress(what: string, silent: boolean): Progress {
  if (silent || process.stderr.isTTY !== true) return { update() {}, end() {} };
  const log = createLogUpdate(process.stderr);
  const start = performance.now();
  return {
    update(done, total, note = "") {
      const share = total === null || total === 0 ? null : Math.min(1, done / total);
      const counts =
        total === null ? formatCount(done) : `${formatCount(done)} of ${formatCount(Math.max(done, total))}`;
      log(
        `${what} ${drawBar(share)} ${counts} ${asideColours.dim(`${note} ${formatDuration(performance.now() - start)}`.trim())}`,
      );
    },
    end() {
      log.clear();
      log.done();
    },
  };
}

function drawBar(share: number | null): string {
  if (share === null) return "";
  const full = Math.round(share * BAR);
  return `${asideColours.cyan("█".repeat(full))}${asideColours.dim("░".repeat(BAR - full))} ${`${Math.floor(share * 100)}`.padStart(3)} %`;
}

/** Ctrl-C: the first asks the command to stop where it is safe to, the second ends it at once. */
export class Interrupt {
  #asked = false;
  readonly #controller = new AbortController();

  readonly #onSignal = () => {
    if (this.#asked) process.exit(EXIT.interrupted);
    this.#asked = true;
    const message = "told to stop before there was an answer; no task is changed by that";
    this.#controller.abort(new CliError("interrupted", message, { exitCode: EXIT.interrupted }));
  };

  constructor() {
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
  }

  get asked(): boolean {
    return this.#asked;
  }

  /** The same after a turn of the event loop: a database in a file is asked without one, and no signal is heard meanwhile. */
  async isAsked(): Promise<boolean> {
    await setImmediate();
    return this.#asked;
  }

  /** Aborts a call that changes nothing, such as a wait. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }
}

/** Asks on the terminal; without one the command must have been told by --yes. @throws {CliError} where the answer is no */
export async function confirmChange(message: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new CliError("not_confirmed", `${message} Nobody is there to ask`, {
      hint: "say --yes",
      exitCode: EXIT.usage,
    });
  }
  const { confirm } = await import("@clack/prompts");
  if ((await confirm({ message, initialValue: false, output: process.stderr })) === true) return;
  tell("Nothing was changed.");
  throw new CliError("not_confirmed", "the answer was no", { exitCode: EXIT.interrupted });
}

/** What was read from stdin. */
export async function readStdin(): Promise<string> {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
