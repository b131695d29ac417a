/** The databases that the chaos is let loose on, each with a way to it that faults may befall. */
import { createClient } from "@libsql/client";
import { LibsqlDriver } from "../../src/storage/libsql.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { chaoticClient } from "./client.ts";
import { LIBSQL_FAULTS } from "./faults.ts";
import type { ChaosDatabase } from "./simulation.ts";

/** Close it when done. */
export interface OpenedDatabase extends ChaosDatabase {
  close(): Promise<void>;
}

export async function openFile(): Promise<OpenedDatabase> {
  const folder = await temporaryFolder();
  const url = `file:${folder.path}/chaos.db`;
  return libsqlDatabase(url, url, () => folder.remove());
}

/** One for the tasks, another for their results. */
export async function openTwoFiles(): Promise<OpenedDatabase> {
  const [tasks, results] = [await openFile(), await openFile()];
  const close = async () => {
    await tasks.close();
    await results.close();
  };
  return { ...tasks, results, close };
}

export async function openServer(): Promise<OpenedDatabase> {
  const server = await startSqld();
  return libsqlDatabase(server.url, server.url, () => server.close());
}

/** Workers reach the server through a read replica of it. */
export async function openReplica(): Promise<OpenedDatabase> {
  const primary = await startSqld();
  await openLibsql({ url: primary.url });
  const replica = await startSqld(primary);
  return libsqlDatabase(replica.url, primary.url, async () => {
    await replica.close();
    await primary.close();
  });
}

async function libsqlDatabase(
  url: string,
  primaryUrl: string,
  close: () => Promise<void>,
): Promise<OpenedDatabase> {
  const database = await openLibsql({ url: primaryUrl });
  const file = url.startsWith("file:") ? { timeout: 5_000, concurrency: 1 } : {};
  return {
    faults: LIBSQL_FAULTS,
    connect: (chaos) => {
      const open = () => chaoticClient(createClient({ url, ...file, intMode: "number" }), chaos);
      return new LibsqlDriver(open, { url, migrate: false });
    },
    database,
    close,
  };
}
