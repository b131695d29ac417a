import { d1Storage } from "omniq/d1";
import { createEntrypoint } from "omniq/rpc";
import { createWorker } from "omniq/worker";
import { tasks } from "./tasks.ts";

interface Env {
  readonly DB: D1Database;
}

const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks });

/** What other Workers are bound to. */
export class Jobs extends createEntrypoint(worker) {}
export default worker;
