import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { SHELL } from "../support/package.ts";

/** A reader's shell with some lines typed into it: a group of its own, so that what they start ends with it. */
export class Session {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  /** What is to be seen so far. */
  output = "";

  constructor(lines: string, cwd: string, env: Readonly<Record<string, string>>) {
    const argv = ["-euo", "pipefail", "-c", lines];
    const stdio = ["ignore", "pipe", "pipe"] as const;
    this.#child = spawn("bash", argv, { cwd, env: { ...SHELL, ...env }, detached: true, stdio: [...stdio] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.output += text;
      });
    }
    this.#closed = once(this.#child, "close");
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits for its end. @throws where that is not a good one */
  async end(): Promise<void> {
    await this.#closed;
    const { exitCode } = this.#child;
    if (exitCode !== 0) throw new Error(`expected the lines to end well, got ${exitCode}:\n${this.output}`);
  }

  /** Waits until a condition is met, two minutes at most. @throws where it ends before */
  async until(condition: () => boolean): Promise<void> {
    for (let tries = 0; tries < 1_200; tries++) {
      if (condition()) return;
      if (this.#hasEnded) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`expected to see what the page shows, and saw:\n${this.output}`);
  }

  /** Ends what it has left running, as closing the terminal would. */
  async close(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || this.#hasEnded) return;
    process.kill(-pid, "SIGTERM");
    await this.#closed;
  }
}
