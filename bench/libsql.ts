/** libSQL on a file, in this process. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { NODE_DEFAULTS } from "../src/node/defaults.ts";
import { libsqlDriver } from "../src/storage/libsql.ts";
import { SqliteStorage } from "../src/storage/sqlite.ts";
import type { Bare } from "./floor.ts";
import { Steps } from "./steps.ts";
import type { Target } from "./target.ts";

/** A migrated file in a folder of its own, which `remove` deletes. */
export async function openFile(): Promise<{ readonly url: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "omniq-bench-"));
  const url = `file:${join(folder, "queue.db")}`;
  await new SqliteStorage(libsqlDriver({ url })).initialize();
  return { url, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The client alone, with the busy timeout and the integers of our driver. */
export function bareLibsql(url: string): Bare {
  const client = createClient({ url, timeout: 5_000, intMode: "number" });
  return {
    all: async ({ sql, parameters }) => (await client.execute({ sql, args: [...parameters] })).rows,
    batch: async (statements) => {
      const natives = statements.map(({ sql, parameters }) => ({ sql, args: [...parameters] }));
      return (await client.batch(natives, "write")).map(({ rows }) => rows);
    },
  };
}

export async function openLibsql(): Promise<Target> {
  const { url, remove } = await openFile();
  const steps = new Steps(libsqlDriver({ url }), bareLibsql(url), NODE_DEFAULTS.concurrency);
  return {
    name: "libsql-file",
    async step(step) {
      const start = performance.now();
      const answer = await steps.run(step);
      return { ...answer, milliseconds: performance.now() - start };
    },
    close: remove,
  };
}
