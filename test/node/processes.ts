import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../core/engine/context.ts";
import type { WorkerSettings } from "./worker.ts";

/** A line that the worker wrote: its own, or one of its log. */
interface Line {
  readonly event?: string;
  readonly id?: string;
  readonly level?: string;
  readonly message?: string;
  readonly error?: string;
  readonly maxRss?: number;
  readonly timers?: number;
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly lines: readonly Line[];
  /** What it wrote to its error output. */
  readonly errors: readonly string[];
  kill(signal: NodeJS.Signals): void;
  /** Waits for its end: its exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
  /** Waits until it has written so many lines of its own about this. */
  told(event: string, times?: number): Promise<void>;
}

const children = new Set<ChildProcess>();

/** @param script of another release, by its path. Defaults to the one at hand */
export function startWorker(settings: WorkerSettings, script = "worker.ts"): WorkerProcess {
  const child = run(script, JSON.stringify(settings));
  const lines: Line[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    // The native client writes lines of its own, and a process that is killed may leave half a line.
    if (line.startsWith("{") && line.endsWith("}")) lines.push(JSON.parse(line));
  });
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const end = once(child, "close");
  return {
    lines,
    errors,
    kill: (signal) => void child.kill(signal),
    ended: async () => {
      await end;
      return child.signalCode ?? child.exitCode;
    },
    told: (event, times = 1) =>
      until(() => {
        if (child.exitCode !== null) throw new Error(`the worker ended: ${errors.join("\n")}`);
        return lines.filter((line) => line.event === event).length >= times;
      }),
  };
}

/** Enqueues from another process, and waits until that has ended. */
export async function enqueueElsewhere(
  url: string,
  name: string,
  count = 1,
  payload: object = {},
): Promise<void> {
  const child = run("enqueue.ts", url, name, String(count), JSON.stringify(payload));
  child.stderr.pipe(process.stderr);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`the enqueue ended with ${code}`);
}

/** Ends what a test has left running. */
export function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
}

function run(script: string, ...args: string[]) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}
