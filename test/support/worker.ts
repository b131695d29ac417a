import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { forgetKick } from "../../src/core/kick.ts";
import type { TaskDefinition } from "../../src/core/registry.ts";
import type { OmniqEnv } from "../../src/runtime/config.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { createWorker, type OmniqWorker, type WorkerOptions } from "../../src/worker/worker.ts";
import { type Call, caller } from "./http.ts";

type Env = OmniqEnv & { readonly DB: D1Database };

/** A Worker over D1 with tasks of the test's own, as the platform would run it. */
export interface TestWorker {
  readonly worker: OmniqWorker<Env, unknown>;
  readonly env: Env;
  /** Sends a request; its `waitUntil` goes on behind it. */
  readonly call: Call;
  /** One cron tick. */
  tick(): Promise<void>;
  /** Waits for what the requests so far have left to `waitUntil`. */
  settled(): Promise<void>;
}

export function startWorker(
  tasks: readonly TaskDefinition<never, Env>[],
  options: Partial<WorkerOptions<Env, unknown>> = {},
  variables: Partial<Env> = {},
): TestWorker {
  // The platform would run it in an isolate of its own, where no kick was yet.
  forgetKick();
  const bindings: Env = { DB: env.DB, OMNIQ_AUTH: "none", OMNIQ_LOG_LEVEL: "none", ...variables };
  const worker = createWorker<Env, unknown>({
    storage: ({ DB }) => d1Storage(DB),
    tasks,
    ...options,
  });
  const contexts: ExecutionContext[] = [];
  const send = (request: Request) => {
    const context = createExecutionContext();
    contexts.push(context);
    return worker.fetch(request, bindings, context);
  };
  return {
    worker,
    env: bindings,
    call: caller(send),
    tick: () => worker.scheduled({}, bindings),
    settled: async () => {
      for (const context of contexts.splice(0)) await waitOnExecutionContext(context);
    },
  };
}
