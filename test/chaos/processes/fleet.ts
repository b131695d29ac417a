import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { WorkerSettings } from "./worker.ts";

const [WORKER, SKEW] = ["worker.ts", "skew.ts"].map((file) => fileURLToPath(new URL(file, import.meta.url)));

export interface FleetOptions extends Pick<WorkerSettings, "offset" | "lease"> {
  readonly workers: number;
  /** Takes the journals and the logs of the workers. */
  readonly folder: string;
  /** The address of the database, for the worker of this number. */
  readonly urlOf: (number: number) => string;
  /** How far its machine's clock is off, in milliseconds. */
  readonly skewOf: (number: number) => number;
}

/** Runners in processes of their own. Whenever one ends, another takes its place. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #workers = new Set<ChildProcess>();
  readonly #stopping = new WeakSet<ChildProcess>();
  readonly #ends: Promise<void>[] = [];
  readonly #accidents: string[] = [];
  #names = 0;
  #closing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    for (let count = 0; count < options.workers; count++) this.#start();
  }

  /** Ends that nobody brought about: a worker that crashed by itself. */
  get accidents(): readonly string[] {
    return this.#accidents;
  }

  get journals(): string[] {
    return Array.from({ length: this.#names }, (_, index) => this.#file(index + 1, "jsonl"));
  }

  /** One of them, by a number from 0 to 1. */
  pick(dice: number): ChildProcess {
    const worker = [...this.#workers][Math.floor(dice * this.#workers.size)];
    if (worker === undefined) throw new Error("expected a worker to be there");
    return worker;
  }

  /** Stops the process for so long, and lets it go on. */
  async suspend(worker: ChildProcess, milliseconds: number): Promise<void> {
    worker.kill("SIGSTOP");
    await pause(milliseconds);
    worker.kill("SIGCONT");
  }

  /** Asks it to stop, once: a runner that is asked again exits at once. */
  terminate(worker: ChildProcess): void {
    if (this.#stopping.has(worker)) return;
    this.#stopping.add(worker);
    worker.kill("SIGTERM");
  }

  /** Asks each to stop, and waits until they have. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.#workers) this.terminate(worker);
    const deadline = AbortSignal.timeout(30_000);
    deadline.onabort = () => {
      for (const worker of this.#workers) this.#lament(worker, "did not stop when it was asked to");
      this.killAll();
    };
    await Promise.all(this.#ends);
    deadline.onabort = null;
  }

  /** Leaves nothing behind. */
  killAll(): void {
    this.#closing = true;
    for (const worker of this.#workers) worker.kill("SIGKILL");
  }

  #file(number: number, extension: string): string {
    return join(this.#options.folder, `worker-${number}.${extension}`);
  }

  #start(): void {
    this.#names += 1;
    const { offset, lease, urlOf, skewOf } = this.#options;
    const number = this.#names;
    const settings: WorkerSettings = {
      name: `worker ${number}`,
      url: urlOf(number),
      journal: this.#file(number, "jsonl"),
      offset,
      lease,
    };
    const skew = skewOf(number);
    const preload = skew === 0 ? [] : ["--import", `${SKEW}`];
    const log = openSync(this.#file(number, "log"), "a");
    const worker = spawn(process.execPath, [...preload, `${WORKER}`, JSON.stringify(settings)], {
      stdio: ["ignore", "ignore", log],
      env: { ...process.env, CHAOS_SKEW: String(skew) },
    });
    closeSync(log);
    this.#workers.add(worker);
    this.#ends.push(new Promise((resolve) => worker.once("exit", () => resolve(this.#onEnd(worker)))));
  }

  #onEnd(worker: ChildProcess): void {
    this.#workers.delete(worker);
    // A pill kills as we do, and a worker that has hardly started does not listen to a SIGTERM yet.
    const wanted = worker.exitCode === 0 || ["SIGKILL", "SIGTERM"].includes(worker.signalCode ?? "");
    if (!wanted) this.#lament(worker, "ended by itself");
    if (!this.#closing) this.#start();
  }

  #lament({ spawnargs, exitCode, signalCode }: ChildProcess, what: string): void {
    this.#accidents.push(`${spawnargs.at(-1)} ${what}: exit code ${exitCode}, signal ${signalCode}`);
  }
}
