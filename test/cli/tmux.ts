import { execFileSync, spawnSync } from "node:child_process";

export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

/** A terminal of 100 by 30 in which one command runs; a server of its own, so that it meets no other. */
export class Terminal {
  readonly #server: string;

  /** @param command for `sh` */
  constructor(command: string, folder: string, env: Readonly<Record<string, string>>) {
    this.#server = `omniq-${process.pid}-${Math.random().toString(36).slice(2)}`;
    const words = Object.entries({ LANG: "C.UTF-8", ...env }).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    // tmux itself at times misses that a command has ended: the shell around it tells, which Ctrl-C must not end.
    const told = `trap : INT; ${command}; echo "[exit $?]"; sleep 600`;
    this.#tmux("new-session", "-d", "-x", "100", "-y", "30", "-c", folder, ...words, told);
  }

  /** What is to be seen now, without the space around it; a line that takes several is one. */
  get screen(): string {
    return this.#tmux("capture-pane", "-p", "-J")
      .replaceAll(/[ \t]+$/gm, "")
      .trim();
  }

  /** Waits until that is to be seen, and gives the screen. */
  async until(form: RegExp): Promise<string> {
    for (let tries = 0; tries < 600; tries++) {
      const { screen } = this;
      if (form.test(screen)) return screen;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`expected to see ${form}, and saw:\n${this.screen}`);
  }

  /** Presses keys by their names: `q`, `C-c`. */
  press(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  close(): void {
    spawnSync("tmux", ["-L", this.#server, "kill-server"]);
  }

  #tmux(...argv: string[]): string {
    return execFileSync("tmux", ["-u", "-L", this.#server, "-f", "/dev/null", ...argv], { encoding: "utf8" });
  }
}
