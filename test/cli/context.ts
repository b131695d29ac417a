import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, vi } from "vitest";
import { parseJson } from "../../src/core/json.ts";
import { SILENT } from "../../src/core/log.ts";
import type { Queue } from "../../src/core/queue.ts";
import { createApi } from "../../src/http/api.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { KEY, KEYS, tasks } from "../client/context.ts";
import { CLI } from "../support/app.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { serve } from "../support/serve.ts";

// What is printed is compared as text: vitest would have it in colour.
process.env.NO_COLOR = "1";
const { main } = await import("../../src/cli/main.ts");

/** What a command wrote, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The documents on stdout, one a line. */
  readonly json: readonly ReturnType<typeof parseJson>[];
}

export type Omniq = (...argv: string[]) => Promise<Ended>;

const VARIABLES = [
  "OMNIQ_URL",
  "OMNIQ_KEY",
  "OMNIQ_DB_URL",
  "OMNIQ_DB_TOKEN",
  "OMNIQ_RESULTS_DB_URL",
] as const;

/** The command in this process, with these variables and no others of ours. */
export function omniqWith(env: Readonly<Record<string, string>>): Omniq {
  return async (...argv) => {
    for (const name of VARIABLES) vi.stubEnv(name, env[name]);
    const written = { stdout: "", stderr: "" };
    const spies = (["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        written[name] += text;
        return true;
      }),
    );
    const before = process.exitCode;
    process.exitCode = undefined;
    try {
      const code = await main(argv);
      return ended(code, written.stdout, written.stderr);
    } finally {
      process.exitCode = before;
      for (const spy of spies) spy.mockRestore();
      vi.unstubAllEnvs();
    }
  };
}

function ended(code: number, stdout: string, stderr: string): Ended {
  const lines = () => stdout.split("\n").filter((line) => line !== "");
  return {
    code,
    stdout,
    stderr,
    get json() {
      return lines().map((line) => parseJson(line));
    },
  };
}

/** The command in a process of its own, which a test may signal. */
export function spawnOmniq(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(process.execPath, [CLI, ...argv], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (data) => {
      written[name] += data;
    });
  }
  const end = new Promise<Ended>((resolve) => {
    child.once("close", (code) => resolve(ended(code ?? -1, written.stdout, written.stderr)));
  });
  return { child, end, written };
}

/** Where the queue of a test file is, once its tests run. */
export interface Site {
  queue(): Queue;
  /** Of the API. */
  origin(): string;
  /** Of the database. */
  database(): string;
  folder(): string;
}

/** A server over a libSQL file, for the tests of a file. It runs what is in the queue "work"; all else waits. */
export function startQueue(): Site {
  let site: Awaited<ReturnType<typeof openSite>>;
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site.close());
  return {
    queue: () => site.queue,
    origin: () => site.origin,
    database: () => site.database,
    folder: () => site.folder,
  };
}

async function openSite() {
  const folder = await temporaryFolder();
  const database = `file:${folder.path}/queue.db`;
  const storage = libsqlStorage({ url: database });
  await storage.initialize();
  const runner = createRunner({
    storage,
    tasks,
    signals: false,
    log: SILENT,
    history: true,
    queues: ["work"],
  });
  const running = runner.run();
  const api = createApi(() => ({ queue: runner.queue, keys: KEYS }));
  const server = await serve((request) => api.fetch(request));
  const close = async () => {
    await server.close();
    await runner.stop();
    await running;
    await folder.remove();
  };
  return { queue: runner.queue, origin: server.origin, database, folder: folder.path, close };
}

/** Every command is to do the same by each of them. */
export function waysTo(site: Site) {
  return [
    ["over HTTP", () => omniqWith({ OMNIQ_URL: site.origin(), OMNIQ_KEY: KEY })],
    ["on a libSQL file", () => omniqWith({ OMNIQ_DB_URL: site.database() })],
  ] as const;
}
