import { env } from "cloudflare:workers";
import { forgetKick } from "../../src/core/kick.ts";
import type { TaskDefinition } from "../../src/core/registry.ts";
import type { OmniqEnv } from "../../src/runtime/config.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { createWorker, type OmniqWorker, type WorkerOptions } from "../../src/worker/worker.ts";
import { type Call, caller } from "./http.ts";
import { Invocation, type InvocationOptions } from "./invocation.ts";
import { LIMITS } from "./production.ts";

type Env = OmniqEnv & { readonly DB: D1Database; readonly RESULTS_DB?: D1Database };

/** A Worker as the platform would run it, held to the limits of production. */
export interface TestWorker<E = Env> {
  /** Sends a request; its `waitUntil` goes on behind it. */
  readonly call: Call;
  /** One cron tick, to its end or to that of its isolate. */
  tick(): Promise<void>;
  /** Code of an app's own, in an invocation like that of a request. */
  invoke<T>(run: (env: E, context: Invocation["context"]) => Promise<T> | T): Promise<T>;
  /** Waits for what the requests so far have left to `waitUntil`. */
  settled(): Promise<void>;
  /** Ends the isolate in the middle of whatever it does. */
  evict(): void;
  /** Queries of each invocation so far. */
  queries(): number[];
}

export function startWorker(
  tasks: readonly TaskDefinition<never, Env>[],
  options: Partial<WorkerOptions<Env, unknown>> = {},
  variables: Partial<Env> = {},
  limits: InvocationOptions = {},
): TestWorker {
  const bindings: Env = { DB: env.DB, OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none", ...variables };
  const worker = createWorker<Env, unknown>({
    storage: ({ DB }) => d1Storage(DB),
    tasks,
    ...options,
  });
  return runWorker(worker, bindings, limits);
}

/** Runs a Worker with these bindings. */
export function runWorker<E extends object>(
  worker: Pick<OmniqWorker<E, unknown>, "fetch" | "scheduled">,
  bindings: E,
  limits: InvocationOptions = {},
): TestWorker<E> {
  // The platform would run it in an isolate of its own, where no kick was yet.
  forgetKick();
  const { waitUntil, tick } = { ...LIMITS, ...limits };
  const all: Invocation[] = [];
  const start = () => {
    const invocation = new Invocation(limits);
    all.push(invocation);
    return invocation;
  };
  const invoke: TestWorker<E>["invoke"] = async (run) => {
    const invocation = start();
    const evicted = invocation.gone.then(() => Promise.reject(new Error("the isolate was evicted")));
    const answer = await Promise.race([run(invocation.env(bindings), invocation.context), evicted]);
    invocation.closeIn(waitUntil);
    return answer;
  };
  return {
    invoke,
    call: caller((request) => invoke((own, context) => worker.fetch(request, own, context))),
    async tick() {
      const invocation = start();
      invocation.context.waitUntil(worker.scheduled({}, invocation.env(bindings)));
      invocation.closeIn(tick);
      await invocation.finished();
    },
    async settled() {
      for (const invocation of all) await invocation.finished();
    },
    evict() {
      for (const invocation of all) invocation.end();
      forgetKick();
    },
    queries: () => all.map(({ queries }) => queries),
  };
}
