/** The databases that processes share, each with what befalls it. */
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@libsql/client";
import type { Driver } from "../../../src/storage/driver.ts";
import { LibsqlDriver } from "../../../src/storage/libsql.ts";
import type { TestDatabase } from "../../support/database.ts";
import { openLibsql } from "../../support/libsql.ts";
import { type SqldServer, startSqld } from "../../support/sqld.ts";
import { openDisk } from "./disk.ts";
import type { ProcessFault } from "./faults.ts";
import { startTcpProxy } from "./proxy.ts";

/** An empty, migrated database. */
export interface ProcessDatabase {
  readonly faults: readonly ProcessFault[];
  /** Its address for the worker of this number. */
  urlOf(number: number): string;
  /** The way of those who enqueue and operate. */
  connect(): Driver;
  /** A way to look at it once all is calm. */
  readonly database: TestDatabase;
  close(): Promise<void>;
}

export async function openFile(): Promise<ProcessDatabase> {
  const disk = await openDisk();
  const { fill } = disk;
  const url = `file:${disk.path}/chaos.db`;
  const database = await openLibsql({ url });
  // A worker may be suspended while it holds the lock, and this process is the one to let it go on.
  const open = () => createClient({ url, timeout: 200, concurrency: 1, intMode: "number" });
  const full = async (milliseconds: number) => {
    await fill?.();
    await pause(milliseconds);
    await disk.free();
  };
  return {
    faults: fill === null ? [] : [{ name: "disk full", weight: 2, befall: full }],
    urlOf: () => url,
    connect: () => new LibsqlDriver(open, { url, migrate: false }),
    database,
    close: disk.close,
  };
}

/** Every other worker reaches the server through a read replica of it, the others through a proxy that breaks replies off. */
export async function openServer(): Promise<ProcessDatabase> {
  const primary = await startSqld();
  const { url } = primary;
  const database = await openLibsql({ url });
  const [replica, proxy] = [await startSqld(primary), await startTcpProxy(url)];
  const open = () => {
    const impatient = (request: Request) => fetch(request, { signal: AbortSignal.timeout(1_000) });
    return createClient({ url, fetch: impatient, intMode: "number" });
  };
  return {
    faults: [
      { name: "connection cut in the middle of a reply", weight: 6, befall: async () => proxy.cutReply() },
      ...outages("server", primary),
      ...outages("replica", replica),
    ],
    urlOf: (number) => (number % 2 === 0 ? replica.url : proxy.url),
    connect: () => new LibsqlDriver(open, { url, migrate: false }),
    database,
    close: async () => {
      await proxy.close();
      await replica.close();
      await primary.close();
    },
  };
}

function outages(what: string, server: SqldServer): ProcessFault[] {
  let passed = Promise.resolve();
  /** One at a time: what is down cannot be suspended. */
  const inTurn = (outage: () => Promise<void>) => {
    passed = passed.then(outage);
    return passed;
  };
  const die = async (milliseconds: number) => {
    await server.kill();
    await pause(milliseconds);
    await server.start();
  };
  const hang = async (milliseconds: number) => {
    server.suspend();
    await pause(milliseconds);
    server.resume();
  };
  return [
    { name: `${what} killed, and started again`, weight: 1, befall: (ms) => inTurn(() => die(ms / 2)) },
    { name: `${what} suspended`, weight: 1, befall: (ms) => inTurn(() => hang(ms)) },
  ];
}
