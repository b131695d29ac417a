/** The Worker that the bench runs: OmniQ's own routes, and the steps of the bench under `/bench`. */
import type { D1Database } from "@cloudflare/workers-types";
import type { ExecutionContext } from "hono";
import type { OmniqEnv } from "../src/runtime/config.ts";
import { d1Driver, d1Storage } from "../src/storage/d1.ts";
import type { Row } from "../src/storage/driver.ts";
import { WORKER_DEFAULTS } from "../src/worker/defaults.ts";
import { createWorker } from "../src/worker/worker.ts";
import { measureCost } from "./cost.ts";
import { CountedD1 } from "./counted.ts";
import type { Bare } from "./floor.ts";
import { clear } from "./seed.ts";
import { Steps } from "./steps.ts";
import { noop, stamp } from "./tasks.ts";

interface Env extends OmniqEnv {
  readonly DB: D1Database;
}

const worker = createWorker({ storage: (env: Env) => d1Storage(env.DB), tasks: [noop, stamp] });

function bareD1(db: D1Database): Bare {
  return {
    all: async ({ sql, parameters }) =>
      (
        await db
          .prepare(sql)
          .bind(...parameters)
          .all<Row>()
      ).results,
    batch: async (statements) => {
      const natives = statements.map(({ sql, parameters }) => db.prepare(sql).bind(...parameters));
      return (await db.batch<Row>(natives)).map(({ results }) => results);
    },
  };
}

/** Kept from one step to the next: the floor repeats what the step before it sent. */
let kept: { readonly steps: Steps; readonly counted: CountedD1 } | undefined;

function open({ DB }: Env) {
  const counted = new CountedD1(DB);
  kept ??= { steps: new Steps(d1Driver(counted), bareD1(DB), WORKER_DEFAULTS.concurrency), counted };
  return kept;
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/bench/cost") {
      await clear(bareD1(env.DB));
      return Response.json(await measureCost(new CountedD1(env.DB)));
    }
    if (pathname === "/bench/step") {
      const { steps, counted } = open(env);
      counted.rows = { read: 0, written: 0 };
      const answer = await steps.run(JSON.parse(await request.text()));
      return Response.json({ ...answer, rows: counted.rows });
    }
    return worker.fetch(request, env, context);
  },
};
