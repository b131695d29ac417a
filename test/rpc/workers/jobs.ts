import * as v from "valibot";
import { defineTask } from "../../../src/core/registry.ts";
import { createEntrypoint } from "../../../src/rpc/index.ts";
import { d1Storage } from "../../../src/storage/d1.ts";
import { createWorker } from "../../../src/worker/worker.ts";

interface Env {
  readonly DB: D1Database;
}

const add = defineTask("math.add", {
  input: v.object({ a: v.number(), b: v.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
const login = defineTask("user.login", {
  input: v.object({ word: v.string() }),
  redact: ["kwargs.word"],
  run: () => {},
});
export const tasks = [add, login];

const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks });

/** What other Workers are bound to. */
export class Jobs extends createEntrypoint(worker) {}
export default worker;
