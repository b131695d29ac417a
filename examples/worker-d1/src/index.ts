import { d1Storage } from "omniq/d1";
import { createWorker } from "omniq/worker";
import { schedules, tasks } from "./tasks.ts";

interface Env {
  readonly DB: D1Database;
}

/** The HTTP API, the dashboard at `/`, the kick after each enqueue, and the cron tick that does the rest. */
export default createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks, schedules });
