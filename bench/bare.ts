/** A worker without the engine: what the claims and the completions of a whole drain take by themselves. */
import { firstIdAt } from "../src/core/id.ts";
import { DRAIN_DEFAULTS } from "../src/core/options.ts";
import { NODE_DEFAULTS } from "../src/node/defaults.ts";
import type { Row } from "../src/storage/driver.ts";
import { statementsFor } from "../src/storage/statements.ts";
import type { Bare } from "./floor.ts";
import { stamp } from "./tasks.ts";

const sql = statementsFor("");

/** As many as the engine claims at its full pace. */
const BATCH = NODE_DEFAULTS.concurrency + DRAIN_DEFAULTS.prefetchCount;

function claim(bare: Bare, now: number, limit: number): Promise<readonly (readonly Row[])[]> {
  const lease = { token: crypto.randomUUID(), leaseExpiresAt: now + DRAIN_DEFAULTS.lease };
  return bare.batch([sql.claimAny({ now, limit, longestTimeout: Number.MAX_SAFE_INTEGER, ...lease })]);
}

/** Claims and completes tasks until there is none. @param onRun called with the `n` of each */
export async function bareDrain(bare: Bare, onRun: (n: number) => void): Promise<void> {
  for (;;) {
    const now = Date.now();
    const [rows = []] = await claim(bare, now, BATCH);
    if (rows.length === 0) return;
    for (const row of rows) onRun(JSON.parse(String(row.kwargs)).n);
    const done = rows.map(({ id, attempts }) => ({ id, attempts, kind: "done", result: null }));
    const list = { settlements: JSON.stringify(done), now };
    await bare.batch([sql.settleResults(list), sql.settleTasks(list)]);
  }
}

/** Inserts a task and claims it: the least that lies between an enqueue and the start of its handler. */
export async function bareStart(bare: Bare): Promise<void> {
  const now = Date.now();
  const id = firstIdAt(now).slice(0, 24) + crypto.randomUUID().slice(24);
  const task = { id, queue: "default", priority: 5, funcPath: stamp.name, args: [], kwargs: {} };
  const rest = { eta: now, interval: null, maxRetries: 3, timeout: 25_000, uniqueKey: null };
  await bare.batch([sql.enqueue({ tasks: JSON.stringify([{ ...task, ...rest }]), now })]);
  const [rows = []] = await claim(bare, now, 1);
  if (rows.length !== 1) throw new Error(`claimed ${rows.length} tasks of 1`);
}
