import type { D1Database } from "@cloudflare/workers-types";
import { ConfigError } from "./core/errors.ts";
import type { Config, OmniqEnv } from "./runtime/config.ts";
import { d1Storage } from "./storage/d1.ts";
import { libsqlDriver, libsqlStorage } from "./storage/libsql.ts";
import type { SqliteStorage } from "./storage/sqlite.ts";
import { schedules, tasks } from "./tasks.ts";
import { createWorker } from "./worker/worker.ts";

interface Env extends OmniqEnv {
  readonly DB?: D1Database;
}

/** The Worker we deploy: the sample tasks and their schedule, on D1 or on libSQL by its environment. */
export default createWorker<Env, unknown>({ storage: openStorage, tasks, schedules });

function openStorage(env: Env, { backend, results }: Config): SqliteStorage {
  // A Worker has no file system to read migrations from: `npm run deploy` and `npm run migrate` apply them.
  const openResults = () => (results === null ? undefined : libsqlDriver({ ...results, migrate: false }));
  const options = { results: usable("OMNIQ_RESULTS_DB_URL", openResults), migrate: false };
  if (backend.kind === "libsql") {
    return usable("OMNIQ_DB_URL", () => libsqlStorage({ ...backend, ...options }));
  }
  if (env.DB === undefined)
    throw new ConfigError("DB", "a D1 binding, or OMNIQ_BACKEND to be libsql", "nothing");
  return d1Storage(env.DB, options);
}

/** The client's own message would name the URL, and a URL may hold a token. */
function usable<T>(variable: string, open: () => T): T {
  try {
    return open();
  } catch {
    throw new ConfigError(variable, "a URL that libSQL's client takes on this platform", "another");
  }
}
