/** What D1 bills for a task, by its own `meta`. Runs inside workerd. */
import type { EnqueueOptions } from "../src/core/options.ts";
import { enqueueRequest } from "../src/core/prepare.ts";
import { createQueue } from "../src/core/queue.ts";
import { serialize } from "../src/core/serialize.ts";
import type { ClaimedTask } from "../src/core/task.ts";
import { d1Storage } from "../src/storage/d1.ts";
import type { CountedD1 } from "./counted.ts";
import type { Cost, Costs } from "./figures.ts";
import { noop } from "./tasks.ts";

/** Tasks of each batch. */
const COUNT = 100;
/** Tasks that go through the whole engine. */
const TOTAL = 1_000;

/** @param counted an empty database */
export async function measureCost(counted: CountedD1): Promise<Costs> {
  const storage = d1Storage(counted);
  const queue = createQueue({ storage, tasks: [noop] });
  const now = Date.now();
  const leaseExpiresAt = now + 120_000;

  const perTask = async (count: number, work: () => Promise<unknown>): Promise<Cost> => {
    counted.rows = { read: 0, written: 0 };
    await work();
    return { rowsRead: counted.rows.read / count, rowsWritten: counted.rows.written / count };
  };
  const enqueue = (count: number, options: EnqueueOptions = {}) =>
    queue.enqueueMany(Array.from({ length: count }, (_, n) => enqueueRequest(noop, { n }, options)));
  let claimed: readonly ClaimedTask[] = [];
  const claim = async () => {
    claimed = await storage.claimMany({ now: leaseExpiresAt, limit: COUNT, leaseExpiresAt });
    if (claimed.length !== COUNT) throw new Error(`claimed ${claimed.length} tasks of ${COUNT}`);
  };
  const settle = async (kind: "done" | "retry") => {
    const result = serialize(null, "result", { maxBytes: 4, maxDepth: 1 });
    const error = { type: "Error", message: "", at: now, attempt: 1, retryable: true };
    const settlements = claimed.map(({ id, attempts, claimToken }) =>
      kind === "done"
        ? ({ id, attempts, claimToken, kind, result } as const)
        : ({ id, attempts, claimToken, kind, error, retryAt: now } as const),
    );
    const { lost } = await storage.settleMany(settlements, now);
    if (lost.length > 0) throw new Error(`lost ${lost.length} of ${COUNT}`);
  };

  const enqueueCost = await perTask(COUNT, () => enqueue(COUNT));
  const claimCost = await perTask(COUNT, claim);
  const heartbeat = await perTask(COUNT, () => storage.renewMany(claimed, leaseExpiresAt));
  // A retry is the failure that is recorded, and the claim that follows.
  const retry = await perTask(COUNT, () => settle("retry").then(claim));
  const complete = await perTask(COUNT, () => settle("done"));
  const later = leaseExpiresAt + 1;
  const purge = await perTask(COUNT, () =>
    storage.purgeResults({ olderThan: later, failedOlderThan: later, cursor: null }),
  );
  // The dearer of the two ways to look: a claim that finds nothing, while other tasks wait for their time.
  await enqueue(COUNT, { delay: "1h" });
  const idlePoll = await perTask(1, () => storage.claimMany({ now, limit: COUNT, leaseExpiresAt }));
  const total = await perTask(TOTAL, async () => {
    await enqueue(TOTAL);
    await queue.drain({ concurrency: 5 });
  });
  return { enqueue: enqueueCost, claim: claimCost, complete, total, idlePoll, heartbeat, retry, purge };
}
