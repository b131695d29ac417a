/** Dead letters of a libSQL file are replayed over HTTP, with a runner beside the server. By hand: `node test/node/replay.ts 100000`. */
import { SILENT } from "../../src/core/log.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { createApi } from "../../src/http/index.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { TestDatabase } from "../support/database.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { serve } from "../support/serve.ts";

/** What a replay was seen to do. */
export interface Replay {
  /** What each call answered. */
  readonly calls: readonly Readonly<Record<string, unknown>>[];
  /** How long each of them took, in milliseconds. */
  readonly durations: readonly number[];
  /** From the enqueue to the result of the tasks that came in between the calls, in milliseconds. */
  readonly others: readonly number[];
  /** From the first call until nothing waits or runs, in milliseconds. */
  readonly total: number;
  /** Tasks by status and attempts, at the end. */
  readonly tasks: readonly Readonly<Record<string, unknown>>[];
  readonly results: unknown;
}

const work = defineTask("test.work", { run: () => "done" });

/** Puts so many FAILED tasks there, each with its result. */
async function fillDeadLetters(database: TestDatabase, count: number, now: number): Promise<void> {
  const error = JSON.stringify({ type: "Error", message: "boom", at: now, attempt: 1, retryable: true });
  await database.sql(
    `WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?1 - 1)
    INSERT INTO tasks (id, func_path, eta, status, attempts, failures, errors, last_attempt_at, created_at, updated_at)
    SELECT printf('018f0000-06bb-7e37-a6ed-%012x', i), 'test.work', ?2, 'FAILED', 1, 4, json_array(json(?3)), ?2, ?2, ?2 FROM numbers`,
    count,
    now,
    error,
  );
  await database.sql(
    `INSERT INTO results (task_id, status, error, finished_at, attempts)
    SELECT id, 'FAILED', errors -> 0, updated_at, attempts FROM tasks`,
  );
}

/** @param interrupt after so many calls the one who replays goes away, and another takes it up by the cursor */
export async function replay(count: number, interrupt: number): Promise<Replay> {
  const folder = await temporaryFolder();
  const url = `file:${folder.path}/queue.db`;
  const queue = createQueue({ storage: libsqlStorage({ url }), tasks: [work] });
  await queue.storage.initialize();
  const database = new TestDatabase(libsqlDriver({ url }));
  await fillDeadLetters(database, count, Date.now());
  const runner = createRunner({
    storage: libsqlStorage({ url }),
    tasks: [work],
    signals: false,
    log: SILENT,
  });
  const running = runner.run();
  const api = createApi(() => ({ queue, keys: null }));
  const calls: Replay["calls"][number][] = [];
  const [durations, others]: [number[], number[]] = [[], []];
  const start = performance.now();
  let cursor: unknown = null;
  do {
    const server = await serve((request) => api.fetch(request));
    for (let left = interrupt; left > 0; left--) {
      const before = performance.now();
      const body = { action: "retry", filter: { status: "FAILED" }, cursor };
      const { body: report } = await server.call("POST", "/v1/tasks/bulk", { json: body });
      durations.push(performance.now() - before);
      calls.push(report);
      ({ cursor } = report);
      if (cursor === null || cursor === undefined) break;
      const enqueued = performance.now();
      const { id } = await queue.enqueue(work, {}, { priority: 0 });
      await queue.result(id, { wait: "30s" });
      others.push(performance.now() - enqueued);
    }
    await server.close();
  } while (cursor !== null && cursor !== undefined);
  await queue.drained();
  const total = performance.now() - start;
  await runner.stop();
  await running;
  const tasks = await database.sql(
    "SELECT status, attempts, count(*) AS count FROM tasks GROUP BY status, attempts ORDER BY attempts",
  );
  const [results] = await database.sql("SELECT count(*) AS count FROM results WHERE status = 'SUCCESS'");
  await folder.remove();
  return { calls, durations, others, total, tasks, results: results?.count };
}

if (import.meta.main) {
  const { calls, durations, others, total, tasks, results } = await replay(Number(process.argv[2]), 7);
  const span = (values: readonly number[]) =>
    [Math.min(...values), Math.max(...values)].map(Math.round).join(" to ");
  console.log({
    calls: calls.length,
    durations: span(durations),
    others: span(others),
    total: Math.round(total),
  });
  console.log(tasks, results);
}
