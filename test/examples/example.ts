import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Call, caller } from "../support/http.ts";
import { type NewApp, newApp } from "../support/new-app.ts";
import { ROOT, runWell, SHELL } from "../support/package.ts";
import { freePort } from "../support/sqld.ts";

/** A project of `examples/`, copied into a folder of its own with the built package installed. */
export interface Example extends NewApp {
  /** Runs one of its scripts to its end. @throws where it fails */
  run(script: string, env?: Readonly<Record<string, string>>): string;
  /** Runs its `start`, until `stop`. */
  start(env?: Readonly<Record<string, string>>): Promise<Running>;
}

export interface Running {
  readonly call: Call;
  /** What it has written so far. */
  readonly output: () => string;
  until(condition: () => Promise<boolean> | boolean): Promise<void>;
  stop(): Promise<void>;
}

/** @param name its folder; one below it may have a manifest of its own */
export async function openExample(name: string): Promise<Example> {
  const folder = join(ROOT, "examples", name);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const names = Object.keys({ ...dependencies, ...devDependencies }).filter((each) => each !== "omniq");
  const app = await newApp(names, folder);
  return {
    ...app,
    run: (script, env) => runWell("npm", ["run", "--silent", script], app.path, env),
    start: (env) => startExample(app.path, env),
  };
}

async function startExample(cwd: string, env?: Readonly<Record<string, string>>): Promise<Running> {
  const port = await freePort();
  // A Worker's script hands what comes after `--` to wrangler; a Node one does not look at it.
  const argv = ["start", "--silent", "--", "--port", String(port), "--ip", "127.0.0.1"];
  // A group of its own, so that what npm started ends with it.
  const child = spawn("npm", argv, { cwd, env: { ...SHELL, ...env }, detached: true });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data) => {
      output += data;
    });
  return {
    call: caller((request) => {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(`http://127.0.0.1:${port}${pathname}${search}`, request));
    }),
    output: () => output,
    async until(condition) {
      for (let tries = 0; tries < 300; tries++) {
        if (await condition()) return;
        if (child.exitCode !== null) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      throw new Error(`expected a condition to be met, and it was not:\n${output}`);
    },
    stop: () => endGroup(child),
  };
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGTERM");
  await ended;
}
