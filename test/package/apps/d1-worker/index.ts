import { defineTask } from "omniq";
import { d1Storage } from "omniq/d1";
import { createWorker } from "omniq/worker";

interface Env {
  readonly DB: D1Database;
  readonly GREETING: string;
}

export const greet = defineTask("greet", {
  run: ({ name }: { name: string }, ctx: { env: Env }) => `${ctx.env.GREETING} ${name}`,
});

export default createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks: [greet] });
