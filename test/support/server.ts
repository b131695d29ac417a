import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { type Call, caller } from "./http.ts";

/** A process that a test started, which serves HTTP on a port of the loopback. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly call: Call;
  /** What it wrote so far. */
  output = "";

  /** @param argv what Node is to run */
  constructor(argv: readonly string[], port: number, options: SpawnOptions) {
    this.child = spawn(process.execPath, argv, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (data) => {
        this.output += data;
      });
    }
    this.call = caller((request) => {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(`http://127.0.0.1:${port}${pathname}${search}`, request));
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits for a condition, two minutes at most. */
  async until(condition: () => Promise<boolean> | boolean): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      if (await condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`expected a condition to be met, and it was not:\n${this.output}`);
  }

  /** Waits until it answers that it is well. */
  async healthy(): Promise<void> {
    await this.until(async () => {
      if (this.ended) throw new Error(`expected the server to answer, and it ended:\n${this.output}`);
      return (await this.call("GET", "/healthz").catch(() => null))?.status === 200;
    });
  }

  /** Sends the signal, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    if (this.ended) return;
    this.child.kill(signal);
    await ended;
  }
}
