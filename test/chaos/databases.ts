/** The databases that the chaos is let loose on, each with a way to it that faults may befall. */
import { createClient } from "@libsql/client";
import type { Driver } from "../../src/storage/driver.ts";
import { LibsqlDriver } from "../../src/storage/libsql.ts";
import type { TestDatabase } from "../support/database.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { chaoticClient } from "./client.ts";
import { type Chaos, LIBSQL_FAULTS, type NamedFault } from "./faults.ts";

/** An empty, migrated database. */
export interface ChaosDatabase {
  readonly faults: readonly NamedFault[];
  /** A worker's own way to it. */
  connect(chaos: Chaos): Driver;
  /** A way without faults. */
  readonly database: TestDatabase;
  close(): Promise<void>;
}

export async function openFile(): Promise<ChaosDatabase> {
  const folder = await temporaryFolder();
  const url = `file:${folder.path}/chaos.db`;
  return libsqlDatabase(url, url, () => folder.remove());
}

export async function openServer(): Promise<ChaosDatabase> {
  const server = await startSqld();
  return libsqlDatabase(server.url, server.url, () => server.close());
}

/** Workers reach the server through a read replica of it. */
export async function openReplica(): Promise<ChaosDatabase> {
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
): Promise<ChaosDatabase> {
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
