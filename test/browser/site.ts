import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/core/digest.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { ServerProcess } from "../support/server.ts";
import { freePort } from "../support/sqld.ts";
import { seedTown } from "../support/town.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/start.ts", import.meta.url));

export const TASKS = 100_000;

/** Keys that may sign in. */
export const KEYS = { admin: "an-admin-key", reader: "a-readers-key" } as const;

/** The real Worker with a database that holds {@link TASKS} tasks. */
export interface Site {
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts it as `npm start` does, in a folder that goes with it. `SITE` names one that stands already, of this function's making. */
export async function openSite(): Promise<Site> {
  const { SITE } = process.env;
  if (SITE !== undefined) return { origin: SITE, close: async () => {} };
  const folder = await temporaryFolder();
  const port = await freePort();
  const keys = [`ada:admin:${await sha256(KEYS.admin)}`, `rob:read:${await sha256(KEYS.reader)}`].join(",");
  const env = {
    ...process.env,
    PORT: String(port),
    OMNIQ_STATE_DIR: folder.path,
    OMNIQ_AUTH: "keys",
    OMNIQ_KEYS: keys,
  };
  const server = new ServerProcess([SCRIPT], port, { env });
  try {
    await server.until(() => server.output.includes("OmniQ is ready on") || server.ended);
    await fill(folder.path);
  } catch (error) {
    await server.end("SIGKILL");
    throw error;
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      await server.end("SIGTERM");
      await folder.remove();
    },
  };
}

/** Writes into the file of the local D1: through the Worker it would take minutes. */
async function fill(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(folder, file), { timeout: 30_000 });
    try {
      const found = database
        .prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'tasks'")
        .get();
      if (found?.count !== 1) continue;
      database.exec("BEGIN");
      for (const { sql, parameters } of seedTown(TASKS, Date.now())) database.prepare(sql).run(...parameters);
      database.exec("COMMIT");
      return;
    } finally {
      database.close();
    }
  }
  throw new Error(`expected the file of the local D1 in ${folder}, got ${files.join(", ")}`);
}

/** Enqueues by the API. */
export async function enqueueTask(origin: string, task: object): Promise<{ id: string }> {
  const headers = { authorization: `Bearer ${KEYS.admin}`, "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(task) };
  return JSON.parse(await (await fetch(`${origin}/v1/tasks`, request)).text());
}
