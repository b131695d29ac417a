import { createEntrypoint } from "../../../src/rpc/index.ts";
import { d1Storage } from "../../../src/storage/d1.ts";
import { createWorker } from "../../../src/worker/worker.ts";
import { add, login } from "./tasks.ts";

interface Env {
  readonly DB: D1Database;
}

export const tasks = [add, login];

const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks });

/** What other Workers are bound to. */
export class Jobs extends createEntrypoint(worker) {}
export default worker;
