import { libsqlStorage } from "omniq/libsql";
import { createWorker } from "omniq/worker";
import { tasks } from "./tasks.ts";

interface Env {
  /** `libsql://...` of `turso db show --url`, or `http://127.0.0.1:8080` of `turso dev`. */
  readonly OMNIQ_DB_URL: string;
  readonly OMNIQ_DB_TOKEN?: string;
}

/** Migrated by `omniq migrate`, never from inside a Worker. */
export default createWorker({
  storage: (env: Env) =>
    libsqlStorage({ url: env.OMNIQ_DB_URL, authToken: env.OMNIQ_DB_TOKEN, migrate: false }),
  tasks,
});
